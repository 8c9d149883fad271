/* table_talk.c - the options that say what is told. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_TALK)

static const struct cli_word bars[] = {
    {"auto", REPORT_BAR_AUTO, "a bar when standard error is a terminal"},
    {"always", REPORT_BAR_ALWAYS, "plain lines where there is no terminal"},
    {"never", REPORT_BAR_NEVER, "none"},
    {0},
};

static const struct cli_word documents[] = {
    {"man", CLI_DOCUMENT_MAN, "the man page"},
    {"bash", CLI_DOCUMENT_BASH, "completion for bash"},
    {"zsh", CLI_DOCUMENT_ZSH, "completion for zsh"},
    {"fish", CLI_DOCUMENT_FISH, "completion for fish"},
    {0},
};

const struct cli_option table_talk[FIRST_DEFAULTS - FIRST_TALK] = {
    [ROW(DRY_RUN)] = {.name = "dry-run",
                      .letter = 'n',
                      .group = GROUP_TALK,
                      .kind = KIND_FLAG,
                      .target = TARGET(batch.dry_run),
                      .not_for_pipe = true,
                      .help = "print the plan, touch nothing",
                      .text = "One line \"source -> output\" on standard output for each output, "
                              "with control characters escaped; with --null two exact paths, each "
                              "followed by NUL. {width} and {height} of --name are not known yet "
                              "and stand there as they are."},
    [ROW(PRINT)] = {.name = "print",
                    .letter = 'p',
                    .group = GROUP_TALK,
                    .kind = KIND_FLAG,
                    .target = TARGET(report.print),
                    .not_for_pipe = true,
                    .help = "print each output's path once it is there",
                    .text = "At once and on standard output, so that the next program of a "
                            "pipeline can begin. With --null each path ends with NUL."},
    [ROW(REPORT)] = {.name = "report",
                     .argument = "FILE",
                     .group = GROUP_TALK,
                     .kind = KIND_FILE,
                     .target = TARGET(report.ndjson),
                     .help = "write a JSON line for every image; - is stdout",
                     .text = "REPORT below lists the fields. An existing file is replaced if it "
                             "is empty or a report, and refused otherwise. A report that "
                             "another run is writing at that moment gets the lines of both, "
                             "each whole."},
    [ROW(FAILED_LIST)] =
	{.name = "failed-list",
         .argument = "FILE",
         .group = GROUP_TALK,
         .kind = KIND_FILE,
         .target = TARGET(report.failed_list),
         .not_for_pipe = true,
         .help = "write the paths of what failed, for --files-from",
         .text = "One a line, or with --null each ended by NUL; empty when nothing failed. What "
                 "was not begun is not in it: start the run again for that. FILE appears whole "
                 "at the run's end, also when a signal ended it, and is left alone by a run that "
                 "could not start. The path of a picture found below a directory has /./ "
                 "where that directory ends, as in photos/./a/b.jpg, by which --files-from gives "
                 "it the output that it would have had."},
    [ROW(SRCSET)] =
	{.name = "srcset",
         .argument = "FILE",
         .group = GROUP_TALK,
         .kind = KIND_FILE,
         .target = TARGET(report.srcset),
         .not_for_pipe = true,
         .help = "write JSON with an HTML img for every image",
         .text =
             "An array with an object for each image that has outputs: source; images, narrowest "
             "first, each with path, width, height, bytes and type; srcset, as for the "
             "attribute of that name; html, an <img> with srcset, sizes, width, height and "
             "an empty alt to be filled in. Paths are relative to FILE's directory, which is "
             "made if need be; in srcset and html they are URLs. FILE appears whole when the "
             "run has come to its end, and is left alone by one that was stopped or would "
             "empty it. Outputs "
             "of an earlier run that are there are listed like those that were made, also "
             "where an image was skipped (--existing) or failed this time."},
    [ROW(PROGRESS)] = {.name = "progress",
                       .argument = "WHEN",
                       .group = GROUP_TALK,
                       .kind = KIND_WORD,
                       .words = bars,
                       .target = TARGET(report.bar),
                       .standard = "auto",
                       .help = "show how far it is"},
    [ROW(QUIET)] = {.name = "quiet",
                    .group = GROUP_TALK,
                    .kind = KIND_FLAG,
                    .target = TARGET(report.quiet),
                    .help = "no progress, no summary; errors still"},
    [ROW(VERBOSE)] = {.name = "verbose",
                      .letter = 'v',
                      .group = GROUP_TALK,
                      .kind = KIND_COUNT,
                      .target = TARGET(report.verbose),
                      .help = "a line for every image; -vv: with all times"},
    [ROW(VERSION)] = {.name = "version",
                      .letter = 'V',
                      .group = GROUP_TALK,
                      .kind = KIND_ACTION,
                      .reach = REACH_COMMAND,
                      .value = CLI_VERSION,
                      .target = TARGET(action),
                      .help = "print the version; with -v also the formats"},
    [ROW(HELP)] = {.name = "help",
                   .letter = 'h',
                   .group = GROUP_TALK,
                   .kind = KIND_ACTION,
                   .reach = REACH_COMMAND,
                   .value = CLI_HELP,
                   .target = TARGET(action),
                   .help = "print this help"},
    [ROW(DOCUMENT)] = {.name = "document",
                       .argument = "KIND",
                       .group = GROUP_HIDDEN,
                       .kind = KIND_WORD,
                       .reach = REACH_COMMAND,
                       .words = documents,
                       .target = TARGET(document),
                       .help = "write a document"},
};
