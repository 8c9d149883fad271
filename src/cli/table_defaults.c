/* table_defaults.c - the options that say where defaults come from. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_DEFAULTS)

const struct cli_option table_defaults[OPTIONS - FIRST_DEFAULTS] = {
    [ROW(
	CONFIG)] = {.name = "config",
                    .argument = "FILE",
                    .group = GROUP_DEFAULTS,
                    .kind = KIND_FILE,
                    .reach = REACH_COMMAND,
                    .target = TARGET(config),
                    .help = "take defaults from FILE alone; none: no defaults",
                    .text =
                        "In place of the files that are read otherwise: see FILES. For one that is "
                        "called none say ./none."},
    [ROW(PRESET)] = {.name = "preset",
                     .argument = "NAME",
                     .group = GROUP_DEFAULTS,
                     .kind = KIND_PATTERN,
                     .value = LIST_PRESETS,
                     .reach = REACH_COMMAND,
                     .help = "take what [preset NAME] says; repeatable",
                     .text = "A section of a file of defaults. It counts more than what stands "
                             "before the sections, and the last of several counts most."},
    [ROW(SHOW_CONFIG)] = {.name = "show-config",
                          .group = GROUP_DEFAULTS,
                          .kind = KIND_ACTION,
                          .value = CLI_SHOW_CONFIG,
                          .reach = REACH_COMMAND,
                          .target = TARGET(action),
                          .help = "print every option, its value, and who said so",
                          .text = "With the other options and PATH arguments as for the run in "
                                  "question; nothing is resized. What it prints is a file of "
                                  "defaults itself. The presets that may be asked for follow as "
                                  "comments."},
};
