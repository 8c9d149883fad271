/* table_talk.c - the options that say what is told. */
#include "cli/table_rows.h"
#include "report/entry.h"

#define ROW(option) (OPTION_##option - FIRST_TALK)

static const struct cli_word bars[] = {
    {"auto", REPORT_BAR_AUTO, "a bar when standard error is a terminal"},
    {"always", REPORT_BAR_ALWAYS, "plain lines if there is no terminal"},
    {"never", REPORT_BAR_NEVER, "none"},
    {0},
};

static const struct cli_word log_formats[] = {
    {"text", REPORT_LOG_TEXT, "lines for people"},
    {"json", REPORT_LOG_JSON, "a JSON object a line"},
    {"journal", REPORT_LOG_JOURNAL, "systemd's journal, in place of standard error"},
    {0},
};

static const struct cli_word log_levels[] = {
    {"error", LOG_LEVEL_ERROR, "what failed"},
    {"warning", LOG_LEVEL_WARNING, "and what is to be seen though nothing failed"},
    {"info", LOG_LEVEL_INFO, "and the run's beginning and summary"},
    {"debug", LOG_LEVEL_DEBUG, "and each image"},
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
    [ROW(EXPLAIN)] =
	{.name = "explain",
         .group = GROUP_TALK,
         .kind = KIND_FLAG,
         .target = TARGET(batch.explain),
         .not_for_pipe = true,
         .help = "say of each image why it is made, or not",
         .text = "A line on standard error, as \"a.jpg: made: --quality was 80, is 90\" or "
                 "\"a.jpg: not made: up to date\"; with --dry-run, which writes its plan to "
                 "standard output, \"to be made\". With --verbose it stands at the end of the "
                 "line that there is anyway. A failure has the line that it always has. A report "
                 "has the fields reason and explanation, and so has --log-format=json."},
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
    [ROW(HTML)] =
	{.name = "html",
         .argument = "FILE",
         .group = GROUP_TALK,
         .kind = KIND_FILE,
         .target = TARGET(report.html),
         .not_for_pipe = true,
         .help = "write a page to look at, of how the run went",
         .text =
             "One file, to be opened in a browser, which loads nothing and runs nothing: "
             "throughput "
             "over time, what each worker did and when it waited, time by stage and by format, "
             "the slowest images, what failed and why, some of the outputs as thumbnails, bytes "
             "saved, options and machine. Its figures are those of --report. However many images "
             "there are, it stays below 3 MB. FILE appears whole at the run's end, also when a "
             "signal ended it, with --watch now and then as well; an existing page is replaced, "
             "anything else is refused, also what has come into its place meanwhile, and no "
             "directory is made for it. It is left alone by a run that could not start. If it "
             "can't be written the exit status is 3."},
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
                    .help = "nothing unless something fails",
                    .text = "No progress; a line for each failure, and the summary if there was "
                            "one: mail from cron that is worth reading."},
    [ROW(VERBOSE)] = {.name = "verbose",
                      .letter = 'v',
                      .group = GROUP_TALK,
                      .kind = KIND_COUNT,
                      .target = TARGET(report.verbose),
                      .help = "a line for every image; -vv: with all times"},
    [ROW(JSON)] = {.name = "json",
                   .group = GROUP_TALK,
                   .kind = KIND_FLAG,
                   .reach = REACH_COMMAND,
                   .target = TARGET(json),
                   .help = "what lab measured as a JSON object"},
    [ROW(MARKDOWN)] = {.name = "markdown",
                       .group = GROUP_TALK,
                       .kind = KIND_FLAG,
                       .reach = REACH_COMMAND,
                       .target = TARGET(markdown),
                       .help = "what lab measured as tables of Markdown"},
    [ROW(LOG_FORMAT)] =
	{.name = "log-format",
         .argument = "FORMAT",
         .group = GROUP_TALK,
         .kind = KIND_WORD,
         .words = log_formats,
         .target = TARGET(report.log_format),
         .automatic = "text, or journal",
         .help = "how messages are written",
         .text =
             "Of standard error, or if there is one of --log-file. A JSON object has time, "
             "level, pid and message, and of an image source, output, status, code, signal and "
             "stage as in a report; the journal has SOURCE, OUTPUT, STATUS, CODE and SIGNAL. Where "
             "standard error is the journal, as of a service of systemd, that is the "
             "default. --quiet and --verbose say what is told in either."},
    [ROW(LOG_FILE)] =
	{.name = "log-file",
         .argument = "FILE",
         .group = GROUP_TALK,
         .kind = KIND_FILE,
         .target = TARGET(report.log_file),
         .help = "add messages to FILE as well",
         .text = "At its end, each with the time, the process and its level. With a log file "
                 "SIGHUP opens FILE anew, for programs that rotate logs, instead of ending the "
                 "run. A FILE that can't be written at the beginning ends the run; later that "
                 "is said once, and lines are lost until it can be written again."},
    [ROW(LOG_LEVEL)] = {.name = "log-level",
                        .argument = "LEVEL",
                        .group = GROUP_TALK,
                        .kind = KIND_WORD,
                        .words = log_levels,
                        .target = TARGET(report.log_level),
                        .automatic = "info",
                        .help = "what --log-file has",
                        .text = "Whatever --quiet and --verbose say of standard error."},
    [ROW(METRICS)] =
	{.name = "metrics",
         .argument = "FILE",
         .group = GROUP_TALK,
         .kind = KIND_FILE,
         .target = TARGET(report.metrics),
         .help = "write metrics for Prometheus at the end",
         .text = "In the text format that node_exporter collects from *.prom files: images, bytes, "
                 "seconds and runs as counters, which go on from run to run, and of the last run "
                 "when it ended, how long it took, its exit status and images; and when one last "
                 "ended with status 0. FILE is replaced as a whole. Each job is to have its own. "
                 "If it can't be written the exit status is 3, before anything is done if "
                 "that is known then."},
    [ROW(ON_FINISH)] =
	{.name = "on-finish",
         .argument = "COMMAND",
         .group = GROUP_TALK,
         .kind = KIND_COMMAND,
         .target = TARGET(report.on_finish),
         .secret = true,
         .help = "run COMMAND at the end, with the summary as JSON",
         .text = "By sh -c, when all files are written, also after a run that failed, could not "
                 "go on or was stopped by a signal. On its standard input is one object: "
                 "exit_status, images (ok, skipped, failed, crashed, timeout, cancelled), total, "
                 "left, bytes_in, bytes_out, seconds, mode, workers, signal and error; in auto "
                 "mode also as_hybrid and as_process, how many images went whose way, and "
                 "io_threads and io_reading, how many threads there were for I/O in the end "
                 "and how many of them read at a time. What it "
                 "prints goes to standard error. It may take as long as it likes (timeout 60 "
                 "COMMAND bounds it). That it fails is told, and the exit status is the run's."},
    [ROW(VERSION)] = {.name = "version",
                      .letter = 'V',
                      .group = GROUP_TALK,
                      .kind = KIND_ACTION,
                      .reach = REACH_COMMAND,
                      .value = CLI_VERSION,
                      .target = TARGET(action),
                      .help =
                          "print the version; with -v also the formats, and the sandbox's walls"},
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
