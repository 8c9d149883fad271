/* parse.c - walks over argv: which argument is an option, which belongs to one, which is a path.
 *
 * Short options may be clustered (-vvn), take their argument attached (-j4) or next (-j 4); long
 * ones take it as --jobs=4 or --jobs 4. Long names can't be shortened: a script that relied on
 * --pre for --preserve would break when another option of that beginning came. The last of several
 * equal options counts. Options may follow paths; "--" ends them.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/hints.h"
#include "cli/parse.h"
#include "base/suggest.h"

/* As the option table says. */
#define WATCH_INTERVAL_MS 30000
#define CLAIM_MS          60000

struct walk {
	struct parse parse;
	int argc;
	char **argv;
	int next; /* index into argv of what is read next */
};

enum cli_option_id parse_find(const char *name, size_t length)
{
	enum cli_option_id id = 0;

	while (id < OPTIONS && (strncmp(cli_option(id)->name, name, length) != 0 ||
	                        cli_option(id)->name[length] != '\0'))
		id++;
	return id;
}

/* OPTIONS: there is none of that letter. */
static enum cli_option_id find_short(char letter)
{
	enum cli_option_id id = 0;

	while (id < OPTIONS && cli_option(id)->letter != letter)
		id++;
	return id;
}

const char *parse_meant(const char *name)
{
	struct suggest suggest = suggest_start(name);

	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (option->group != GROUP_HIDDEN)
			suggest_consider(&suggest, option->name);
	}
	return suggest.best;
}

/* `name` without its dashes, `typed` with them. */
static int unknown_option(struct br_error *error, const char *name, const char *typed)
{
	const char *hint = hint_of_option(name, strlen(name));
	const char *meant = parse_meant(name);

	if (hint)
		return br_error_set(error, BR_ERROR_USAGE, "unknown option '%.40s': %s", typed,
		                    hint);
	if (meant)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "unknown option '%.40s': did you mean '--%s'?", typed, meant);
	return br_error_set(error, BR_ERROR_USAGE,
	                    "unknown option '%.40s': 'batchresize --help' lists them all", typed);
}

int parse_lacks_argument(struct br_error *error, const struct cli_option *option,
                         const char *spelled)
{
	char words[160];

	if (option->words)
		return br_error_set(error, BR_ERROR_USAGE, "%s needs an argument: %s", spelled,
		                    value_words(option, words, sizeof(words)));
	return br_error_set(error, BR_ERROR_USAGE, "%s needs an argument: %s", spelled,
	                    option->argument);
}

/* --- what is gathered ------------------------------------------------------------------------- */

/* Room for one more of `count` things of that size, or NULL. */
static void *grow(void *things, size_t count, size_t *allocated, size_t size)
{
	size_t larger = *allocated ? *allocated * 2 : 16;
	void *grown;

	if (count < *allocated)
		return things;
	grown = larger <= SIZE_MAX / size ? realloc(things, larger * size) : NULL;
	if (grown)
		*allocated = larger;
	return grown;
}

static int no_memory(struct br_error *error)
{
	return br_error_set(error, BR_ERROR_MEMORY, "no memory for the command line");
}

int parse_list(struct parse *parse, enum cli_list list, const char *string)
{
	struct strings *strings = &parse->storage->list[list];
	const char **grown =
	    grow(strings->string, strings->count, &strings->allocated, sizeof(*grown));

	if (!grown)
		return no_memory(parse->error);
	strings->string = grown;
	strings->string[strings->count++] = string;
	return 0;
}

int parse_note(struct settings *settings, struct setting setting, struct br_error *error)
{
	struct setting *grown =
	    grow(settings->setting, settings->count, &settings->allocated, sizeof(*grown));

	if (!grown)
		return no_memory(error);
	settings->setting = grown;
	settings->setting[settings->count++] = setting;
	return 0;
}

int parse_store(struct parse *parse, const struct setting *setting, const char *spelled)
{
	int status = value_store(parse, cli_option(setting->id), spelled, setting->value);

	return status ? status : parse_note(&parse->storage->settings, *setting, parse->error);
}

/* --- the walk --------------------------------------------------------------------------------- */

/* Stores an option found; `attached` is what stands behind it in the same argument, or NULL. */
static int take(struct walk *walk, enum cli_option_id id, const char *spelled, const char *attached)
{
	const struct cli_option *option = cli_option(id);
	struct br_error *error = walk->parse.error;

	if (option->argument && !attached) {
		if (walk->next >= walk->argc)
			return parse_lacks_argument(error, option, spelled);
		attached = walk->argv[walk->next++];
	}
	walk->parse.given[id] = true;
	return parse_store(&walk->parse, &(struct setting){.id = id, .value = attached}, spelled);
}

static int read_long(struct walk *walk, const char *argument)
{
	const char *name = argument + 2;
	size_t length = strcspn(name, "=");
	enum cli_option_id id = parse_find(name, length);
	const char *attached = name[length] == '=' ? name + length + 1 : NULL;
	char spelled[SPELLED_MAX], typed[SPELLED_MAX];
	int shown = (int)(length < SPELLED_MAX ? length : SPELLED_MAX);

	if (id == OPTIONS) {
		(void)snprintf(typed, sizeof(typed), "--%.*s", shown, name);
		return unknown_option(walk->parse.error, typed + 2, typed);
	}
	(void)snprintf(spelled, sizeof(spelled), "--%s", cli_option(id)->name);
	if (attached && cli_option(id)->kind == KIND_ACTION)
		return br_error_set(walk->parse.error, BR_ERROR_USAGE,
		                    "%s takes no argument: leave '=%.40s' out", spelled, attached);
	return take(walk, id, spelled, attached);
}

/* The letter at `letter` of an argument is no option. */
static int unknown_letter(struct br_error *error, const char *argument, const char *letter)
{
	char spelled[] = {'-', *letter, '\0'};

	if (argument[2] && meant_file(argument))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'%.80s' is read as options: for the file of that name say "
		                    "'./%.80s'",
		                    argument, argument);
	if (letter > argument + 1 || hint_of_option(letter, 1))
		return unknown_option(error, spelled + 1, spelled);
	return unknown_option(error, argument + 1, argument);
}

static int read_cluster(struct walk *walk, const char *argument)
{
	/* As convert and its like have them; -scale would be read as -s cale. */
	if (strlen(argument) > 2 && hint_of_option(argument + 1, strlen(argument + 1)))
		return unknown_option(walk->parse.error, argument + 1, argument);
	/* -output would be read as -o utput and write to a directory nobody meant. */
	if (strlen(argument) > 2 && parse_find(argument + 1, strlen(argument + 1)) != OPTIONS)
		return br_error_set(
		    walk->parse.error, BR_ERROR_USAGE,
		    "'%s': did you mean '-%s'? (for -%c with the argument '%s', put a "
		    "space between)",
		    argument, argument, argument[1], argument + 2);
	for (const char *letter = argument + 1; *letter; letter++) {
		enum cli_option_id id = find_short(*letter);
		char spelled[] = {'-', *letter, '\0'};

		if (id == OPTIONS)
			return unknown_letter(walk->parse.error, argument, letter);
		bool argument_taken = cli_option(id)->argument != NULL;
		bool attached = argument_taken && letter[1];
		int status = take(walk, id, spelled, attached ? letter + 1 : NULL);

		if (status || argument_taken)
			return status;
	}
	return 0;
}

static int read_path(struct walk *walk, const char *path)
{
	struct parse *parse = &walk->parse;

	if (*path == '\0')
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "an empty path names nothing: leave it out, or check the variable "
		    "it came from");
	return parse_list(parse, LIST_PATHS, path);
}

static int walk_arguments(struct walk *walk)
{
	bool options = true;
	int status = 0;

	while (status == 0 && walk->next < walk->argc) {
		const char *argument = walk->argv[walk->next++];

		if (!options || argument[0] != '-' || argument[1] == '\0')
			status = read_path(walk, argument);
		else if (strcmp(argument, "--") == 0)
			options = false;
		else if (argument[1] == '-')
			status = read_long(walk, argument);
		else
			status = read_cluster(walk, argument);
		if (walk->parse.cli->action == CLI_HELP)
			break;
	}
	return status;
}

/* Begins anew, with an empty command line. */
static void clear(struct walk *walk)
{
	struct parse *parse = &walk->parse;

	*parse->cli = (struct cli){.batch = br_batch_options_default(),
	                           .watch_interval_ms = WATCH_INTERVAL_MS,
	                           .queue = {.group = "batchresize", .claim_ms = CLAIM_MS},
	                           .storage = parse->storage};
	for (size_t i = 0; i < LISTS; i++)
		parse->storage->list[i].count = 0;
	parse->storage->settings.count = 0;
	memset(parse->given, 0, sizeof(parse->given));
	walk->next = 1;
}

/* The command line says which files there are, and has the last word all the same: so it is walked
 * over again behind them. */
static int walk_twice(struct walk *walk)
{
	const struct cli *cli = walk->parse.cli;
	struct settings defaults = {0};
	int status = walk_arguments(walk);

	if (status || cli->document ||
	    (cli->action != CLI_RUN && cli->action != CLI_SHOW_CONFIG &&
	     cli->action != CLI_LIST_POISON && cli->action != CLI_LAB))
		return status;
	status = defaults_find(&walk->parse, &defaults);
	if (status == 0 && defaults.count > 0) {
		clear(walk);
		status = defaults_store(&walk->parse, &defaults);
		if (status == 0)
			status = walk_arguments(walk);
	}
	free(defaults.setting);
	return status;
}

/* Hands over what was gathered aside. */
static void finish(struct parse *parse)
{
	struct cli *cli = parse->cli;
	const struct strings *list = parse->storage->list;

	cli->batch.paths = list[LIST_PATHS].string;
	cli->batch.path_count = list[LIST_PATHS].count;
	cli->batch.include = list[LIST_INCLUDE].string;
	cli->batch.include_count = list[LIST_INCLUDE].count;
	cli->batch.exclude = list[LIST_EXCLUDE].string;
	cli->batch.exclude_count = list[LIST_EXCLUDE].count;
	cli->batch.headers = list[LIST_HEADERS].string;
	cli->batch.header_count = list[LIST_HEADERS].count;
	cli->batch.null_separated = cli->report.null_separated;
	if (cli->document != CLI_DOCUMENT_NONE)
		cli->action = CLI_DOCUMENT;
}

/* The verb is an option without its dashes. */
static void take_verb(int argc, char **argv)
{
	static char lab[] = "--lab";

	if (argc > 1 && strcmp(argv[1], "lab") == 0)
		argv[1] = lab;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct br_error *error)
{
	struct walk walk = {.parse = {.cli = cli, .error = error}, .argc = argc, .argv = argv};
	int status;

	*cli = (struct cli){0};
	walk.parse.storage = calloc(1, sizeof(*walk.parse.storage));
	if (!walk.parse.storage)
		return no_memory(error);
	take_verb(argc, argv);
	clear(&walk);
	status = walk_twice(&walk);
	if (status)
		return status;
	finish(&walk.parse);
	if (cli->action == CLI_RUN)
		status = check_command(&walk.parse);
	else if (cli->action == CLI_LIST_POISON)
		status = check_listing(&walk.parse);
	else if (cli->action == CLI_LAB)
		status = check_lab(&walk.parse);
	if (status == 0 && cli->report.html)
		status = given_list(&walk.parse);
	cli->batch.tell_existing = cli->report.srcset != NULL;
	cli->batch.by_times = walk.parse.given[OPTION_EXISTING];
	return status;
}

void cli_release(struct cli *cli)
{
	struct cli_storage *storage = cli->storage;

	for (size_t i = 0; storage && i < LISTS; i++)
		free(storage->list[i].string);
	for (size_t i = 0; storage && i < CONFIGS_MAX; i++)
		config_release(&storage->config[i]);
	if (storage) {
		free(storage->settings.setting);
		free(storage->given);
	}
	free(storage);
	*cli = (struct cli){0};
}
