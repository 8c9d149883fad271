/* parse.h - what the parts of reading a command line share: parse.c walks over argv, defaults.c
 * adds what files say, values.c stores arguments (see values.h), check.c judges the whole, meant.c
 * looks at files where only they tell what was meant, show.c prints what came of it, given.c lists
 * what was given.
 */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"
#include "cli/config.h"
#include "cli/table.h"

/* Bytes of an option as people know it ("--max-pixels"), NUL included. */
#define SPELLED_MAX 64

/* The user's and that among the sources, or one that was named. */
#define CONFIGS_MAX 2

/* Somebody said that an option has a value. */
struct setting {
	enum cli_option_id id;
	const char *value;                /* NULL: the option alone */
	const struct config *config;      /* NULL: the command line */
	const struct config_entry *entry; /* of the config */
};

struct settings {
	struct setting *setting;
	size_t count, allocated;
};

/* cli.storage: what the options point to, and where they are from. */
struct cli_storage {
	struct strings {
		const char **string;
		size_t count, allocated;
	} list[LISTS];
	struct config config[CONFIGS_MAX];
	unsigned configs;
	struct settings settings;     /* all that were stored, in that order */
	struct report_setting *given; /* see given_list() */
};

struct parse {
	struct cli *cli;
	struct cli_storage *storage;
	bool given[OPTIONS]; /* on the command line */
	struct br_error *error;
};

/* The option of that name (without dashes), OPTIONS if there is none. And the name that was
 * probably meant: a hint, or NULL. */
enum cli_option_id parse_find(const char *name, size_t length);
const char *parse_meant(const char *name);

/* Appends to a list, or to settings. Each returns 0 or BR_ERROR_MEMORY. */
int parse_list(struct parse *parse, enum cli_list list, const char *string);
int parse_note(struct settings *settings, struct setting setting, struct br_error *error);

/* Stores what a setting says, and notes it. `spelled` as for value_store(). */
int parse_store(struct parse *parse, const struct setting *setting, const char *spelled);

/* Refuses an option that was named without the argument that it needs. Returns BR_ERROR_USAGE. */
int parse_lacks_argument(struct br_error *error, const struct cli_option *option,
                         const char *spelled);

/* Reads the files of defaults that belong to a command line which was walked over once: *settings
 * is what they say for it, in the order in which it is to be stored before the command line's own.
 * Returns 0, BR_ERROR_USAGE, BR_ERROR_MEMORY or a negative errno. */
int defaults_find(struct parse *parse, struct settings *settings);

/* Stores them. Returns 0, BR_ERROR_USAGE or BR_ERROR_MEMORY. */
int defaults_store(struct parse *parse, const struct settings *settings);

/* Fills in the list of cli->report: the options that were given, for the run's page. What it holds
 * is freed with the storage. Values that may hold secrets are not told. Returns 0 or
 * BR_ERROR_MEMORY. */
int given_list(struct parse *parse);

/* A value as it may be shown (NULL: "yes"): one that may hold a secret, or a password in an
 * address, is not. */
const char *given_told(const struct cli_option *option, const char *value);

/* Prints each option, its value and who said so; and as "# [preset NAME]" each preset that the
 * files have. */
void show_config(const struct cli *cli, FILE *stream);

/* Stores an option's argument (NULL for options without). `spelled` is the option as it was typed,
 * for errors. Returns 0 or BR_ERROR_USAGE. */
int value_store(struct parse *parse, const struct cli_option *option, const char *spelled,
                const char *value);

/* "one, two or three" of an option's words ("one, two, three" if several may be given) into buffer,
 * cut at its size. Returns buffer. */
const char *value_words(const struct cli_option *option, char *buffer, size_t size);

/* Puts the option's default back. */
void value_reset(struct parse *parse, enum cli_option_id id);

/* Whether standard input is the source. */
bool check_names_pipe(const struct br_batch_options *batch);

/* Whether the options and sources make sense together. Returns 0 or BR_ERROR_USAGE. */
int check_command(struct parse *parse);
/* The same for --list-poison. */
int check_lab(struct parse *parse);
int check_listing(struct parse *parse);

/* The part of that which is about files that options name to be written: each needs its own,
 * however it is spelt. Returns 0 or BR_ERROR_USAGE. */
int check_written(struct parse *parse);

/* The part of that for which files have to be looked at; also decides whether --output is a file.
 * Returns 0 or BR_ERROR_USAGE. */
int meant_paths(struct parse *parse);
/* Whether there is a file with the name of an argument that was read as options. */
bool meant_file(const char *argument);
/* No source was named. Returns BR_ERROR_USAGE. */
int meant_nothing(struct br_error *error);

#endif
