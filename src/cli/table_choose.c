/* table_choose.c - the options that say which files are taken. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_CHOOSE)

static const struct cli_word list_formats[] = {
    {"names", BR_BATCH_LIST_NAMES, "paths"},
    {"ndjson", BR_BATCH_LIST_NDJSON, "a JSON object each"},
    {0},
};

const struct cli_option table_choose[FIRST_FETCH - FIRST_CHOOSE] = {
    [ROW(INCLUDE)] = {.name = "include",
                      .argument = "GLOB",
                      .group = GROUP_CHOOSE,
                      .kind = KIND_PATTERN,
                      .reach = REACH_SOURCE,
                      .value = LIST_INCLUDE,
                      .not_for_pipe = true,
                      .help = "take only files that match; repeatable",
                      .text =
                          "A shell pattern, in quotes so that the shell leaves it alone. It is "
                          "tried on the name alone and on the path below the PATH named, where * "
                          "matches a slash too; upper and lower case count as one without "
                          "--match-case. What is named on the command line is taken in any case."},
    [ROW(EXCLUDE)] =
	{.name = "exclude",
         .argument = "GLOB",
         .group = GROUP_CHOOSE,
         .kind = KIND_PATTERN,
         .reach = REACH_SOURCE,
         .value = LIST_EXCLUDE,
         .not_for_pipe = true,
         .help = "pass over what matches; repeatable",
         .text = "Patterns as for --include, and stronger than it. A directory that matches is not "
                 "entered; a pattern that ends with a slash means directories only."},
    [ROW(MATCH_CASE)] = {.name = "match-case",
                         .group = GROUP_CHOOSE,
                         .kind = KIND_FLAG,
                         .reach = REACH_SOURCE,
                         .target = TARGET(batch.match_case),
                         .not_for_pipe = true,
                         .help = "patterns heed upper and lower case",
                         .text = "Otherwise *.jpg matches IMG_1.JPG as well."},
    [ROW(HIDDEN)] = {.name = "hidden",
                     .group = GROUP_CHOOSE,
                     .kind = KIND_FLAG,
                     .target = TARGET(batch.hidden),
                     .not_for_pipe = true,
                     .help = "also names that begin with a dot"},
    [ROW(FOLLOW)] = {.name = "follow",
                     .group = GROUP_CHOOSE,
                     .kind = KIND_FLAG,
                     .target = TARGET(batch.follow),
                     .not_for_pipe = true,
                     .help = "follow symbolic links below directories",
                     .text = "A loop of links is walked once. A link named as a PATH is always "
                             "followed."},
    [ROW(STRICT)] = {.name = "strict",
                     .group = GROUP_CHOOSE,
                     .kind = KIND_FLAG,
                     .target = TARGET(batch.strict),
                     .not_for_pipe = true,
                     .help = "fail on what can't be made, wherever it lies",
                     .text =
                         "Below a directory, files of a format that is not read (PDF, SVG, RAW, "
                         "video, ...) are passed over and counted in the summary; with "
                         "--strict each is a failure, as one that is named is. Text is "
                         "passed over in any case. A damaged picture is a failure, and so "
                         "is what is called one (.jpg) and is none."},
    [ROW(FILES_FROM)] =
	{.name = "files-from",
         .argument = "LIST",
         .group = GROUP_CHOOSE,
         .kind = KIND_FILE,
         .target = TARGET(batch.files_from),
         .help = "take paths from a file, one a line; - is stdin",
         .text = "In place of PATH arguments. Lines that end in CR LF, as on Windows, "
                 "are understood. With --null the paths end with a NUL byte instead of a "
                 "newline, as find -print0 writes them. A line that can't be a path is an error "
                 "with its number, and the rest goes on. A list that comes through a pipe is "
                 "taken as it comes, and may have no end: outputs appear before its last path is "
                 "read, a slow reader of --print slows down whoever writes it, and memory grows "
                 "by up to 55 bytes an image, by which it is known again: one that was named "
                 "before is passed over, and one whose output is that of an image before fails "
                 "alone, since that is made already. A source is not replaced once it was named."},
    [ROW(LIST_FORMAT)] =
	{.name = "list-format",
         .argument = "WHAT",
         .group = GROUP_CHOOSE,
         .kind = KIND_WORD,
         .words = list_formats,
         .target = TARGET(batch.list),
         .standard = "names",
         .not_for_pipe = true,
         .help = "what the lines of --files-from are",
         .text =
             "An object has a field source, and may say for that image alone, in place of the "
             "options, its output (a path below --output, or redis://HOST/KEY; its extension "
             "says the format unless that is said too), its size and its format: {\"source\": "
             "\"in/1.jpg\", "
             "\"output\": \"a/b.webp\", \"size\": \"800x600\"}. output and size are for runs "
             "of one --size. A line that is no such object, or asks for an output elsewhere, is "
             "an error with its number, and the rest goes on."},
    [ROW(NULL)] = {.name = "null",
                   .letter = '0',
                   .group = GROUP_CHOOSE,
                   .kind = KIND_FLAG,
                   .target = TARGET(report.null_separated),
                   .help = "NUL ends each path of -n, -p, --files-from",
                   .text = "The only way that is safe for every file name."},
};
