/* parse.h - what the parts of reading a command line share: parse.c walks over argv, values.c
 * stores arguments (see values.h), check.c judges the whole, meant.c looks at files where only they
 * tell what was meant.
 */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"
#include "cli/table.h"

/* Bytes of an option as people know it ("--max-pixels"), NUL included. */
#define SPELLED_MAX 64

struct parse {
	struct cli *cli;
	const char **list[LISTS]; /* each with room for argc entries */
	size_t count[LISTS];
	bool given[OPTIONS];
	struct br_error *error;
};

/* Stores an option's argument (NULL for options without). `spelled` is the option as it was typed,
 * for errors. Returns 0 or BR_ERROR_USAGE. */
int value_store(struct parse *parse, const struct cli_option *option, const char *spelled,
                const char *value);

/* "one, two or three" of an option's words ("one, two, three" if several may be given) into buffer,
 * cut at its size. Returns buffer. */
const char *value_words(const struct cli_option *option, char *buffer, size_t size);

/* Whether the options and sources make sense together. Returns 0 or BR_ERROR_USAGE. */
int check_command(struct parse *parse);

/* The part of that for which files have to be looked at; also decides whether --output is a file.
 * Returns 0 or BR_ERROR_USAGE. */
int meant_paths(struct parse *parse);
/* Whether there is a file with the name of an argument that was read as options. */
bool meant_file(const char *argument);
/* No source was named. Returns BR_ERROR_USAGE. */
int meant_nothing(struct br_error *error);

#endif
