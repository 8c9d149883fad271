/* defaults.c - which files of defaults there are, and what they say for a command line.
 *
 * The command line counts more than a preset, that more than what stands before the presets; and
 * the file among the sources more than the user's own. Lists (--exclude) add up.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/suggest.h"
#include "cli/hints.h"
#include "cli/parse.h"

/* Below $XDG_CONFIG_HOME, and in the directory that is resized. */
#define USERS_NAME   "batchresize/config"
#define SOURCES_NAME ".batchresize.conf"

/* For --config: no file. */
#define NO_FILE "none"

/* Entries of a file, each of which is compared with those before it. */
#define ENTRIES_MAX 4096

/* --- where the files are ---------------------------------------------------------------------- */

static int read_config(struct parse *parse, const char *path, enum config_owner owner)
{
	struct cli_storage *storage = parse->storage;
	struct config *config = &storage->config[storage->configs++];
	int status = config_read(config, path, owner, parse->error);

	if (status == 0 && config->count > ENTRIES_MAX)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: more than %d keys are no defaults: is it the right file?",
		                    config_where(config, config->entry[ENTRIES_MAX].line).text,
		                    ENTRIES_MAX);
	return status;
}

/* The base directory specification has relative paths ignored; and there may be no home, as in an
 * empty environment. */
static int read_users(struct parse *parse)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];
	int length;

	if (base && base[0] == '/')
		length = snprintf(path, sizeof(path), "%s/" USERS_NAME, base);
	else if (home && home[0] == '/')
		length = snprintf(path, sizeof(path), "%s/.config/" USERS_NAME, home);
	else
		return 0;
	return length < PATH_MAX ? read_config(parse, path, CONFIG_USER) : 0;
}

/* The path of the file in a source that is a directory. False: there is none. */
static bool find_in_source(const char *source, char path[PATH_MAX])
{
	struct stat st;

	return snprintf(path, PATH_MAX, "%s/" SOURCES_NAME, source) < PATH_MAX &&
	       lstat(path, &st) == 0;
}

/* Options are those of the whole run, so that a file can't speak for one of several directories. */
static int read_sources(struct parse *parse)
{
	const struct strings *paths = &parse->storage->list[LIST_PATHS];
	char path[PATH_MAX];

	for (size_t i = 0; i < paths->count; i++) {
		if (!find_in_source(paths->string[i], path))
			continue;
		if (paths->count > 1)
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "'%s' is for its directory alone, and there are several "
			    "sources: run once for each, or say --config=none",
			    path_shown(path).text);
		return read_config(parse, path, CONFIG_SOURCE);
	}
	return 0;
}

static int read_files(struct parse *parse)
{
	const char *named = parse->cli->config;
	int status;

	if (named)
		return strcmp(named, NO_FILE) == 0 ? 0 : read_config(parse, named, CONFIG_TYPED);
	status = read_users(parse);
	return status ? status : read_sources(parse);
}

/* --- what may stand in them ------------------------------------------------------------------- */

static int unknown_key(struct br_error *error, const char *where, const char *key)
{
	const char *name = key + strspn(key, "-");
	const size_t word = strcspn(name, " \t:");
	const char *hint = hint_of_option(name, strlen(name));
	const char *meant = parse_meant(name);

	if (parse_find(name, strlen(name)) != OPTIONS)
		meant = name;
	else if (name[word] && parse_find(name, word) != OPTIONS)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "%s: '%.40s' has no value: a line is KEY = VALUE", where, key);
	else if (hint)
		return br_error_set(error, BR_ERROR_USAGE, "%s: unknown key '%.40s': %s", where,
		                    key, hint);
	if (meant)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "%s: unknown key '%.40s': did you mean '%s'?", where, key,
		                    meant);
	return br_error_set(error, BR_ERROR_USAGE,
	                    "%s: unknown key '%.40s': keys are the long options that "
	                    "'batchresize --help' lists",
	                    where, key);
}

static int check_reach(const struct parse *parse, const struct config *config, const char *where,
                       const struct cli_option *option)
{
	if (option->reach == REACH_COMMAND)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%s' is for the command line only", where, option->name);
	if (config->of_source && option->reach != REACH_SOURCE)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "%s: '%s' may not be set among sources, where others may write: "
		    "set it in your own file, or say --config=none",
		    where, option->name);
	return 0;
}

static bool same_preset(const struct config_entry *a, const struct config_entry *b)
{
	return a->preset && b->preset ? strcmp(a->preset, b->preset) == 0 : a->preset == b->preset;
}

/* The line that says the same before, 0 for none. */
static unsigned said_before(const struct config *config, size_t index)
{
	const struct config_entry *entry = &config->entry[index];

	for (size_t i = 0; i < index; i++)
		if (strcmp(config->entry[i].key, entry->key) == 0 &&
		    same_preset(&config->entry[i], entry))
			return config->entry[i].line;
	return 0;
}

static int check_entry(const struct parse *parse, const struct config *config, size_t index)
{
	const struct config_entry *entry = &config->entry[index];
	const struct path_shown where = config_where(config, entry->line);
	const enum cli_option_id id = parse_find(entry->key, strlen(entry->key));
	unsigned before;
	int status;

	if (id == OPTIONS || cli_option(id)->group == GROUP_HIDDEN)
		return unknown_key(parse->error, where.text, entry->key);
	status = check_reach(parse, config, where.text, cli_option(id));
	if (status || cli_option(id)->kind == KIND_PATTERN)
		return status;
	before = said_before(config, index);
	if (before)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%s' is there twice, in line %u too: leave one out",
		                    where.text, entry->key, before);
	return 0;
}

static int check_files(const struct parse *parse)
{
	const struct cli_storage *storage = parse->storage;
	int status = 0;

	for (unsigned file = 0; file < storage->configs; file++)
		for (size_t i = 0; i < storage->config[file].count && status == 0; i++)
			status = check_entry(parse, &storage->config[file], i);
	return status;
}

/* --- what they say ---------------------------------------------------------------------------- */

static bool is_in(const struct config_entry *entry, const char *preset)
{
	return entry->preset && preset ? strcmp(entry->preset, preset) == 0
	                               : entry->preset == preset;
}

/* Whether it counts for this command line: standard input as a picture has few options, and -v is
 * counted from nothing. */
static bool is_wanted(const struct parse *parse, enum cli_option_id id, bool pipe)
{
	const struct cli_option *option = cli_option(id);

	return !(pipe && option->not_for_pipe) && !(option->kind == KIND_COUNT && parse->given[id]);
}

/* *any: whether there are entries in that section. */
static int collect(struct parse *parse, const char *preset, struct settings *settings, bool *any)
{
	const struct cli_storage *storage = parse->storage;
	const struct strings *paths = &storage->list[LIST_PATHS];
	const bool pipe = paths->count == 1 && strcmp(paths->string[0], "-") == 0;
	int status = 0;

	*any = false;
	for (unsigned file = 0; file < storage->configs; file++) {
		const struct config *config = &storage->config[file];

		for (size_t i = 0; i < config->count && status == 0; i++) {
			const struct config_entry *entry = &config->entry[i];
			struct setting setting = {.id = parse_find(entry->key, strlen(entry->key)),
			                          .value = entry->value,
			                          .config = config,
			                          .entry = entry};

			if (!is_in(entry, preset))
				continue;
			*any = true;
			if (is_wanted(parse, setting.id, pipe))
				status = parse_note(settings, setting, parse->error);
		}
	}
	return status;
}

static int unknown_preset(const struct parse *parse, const char *preset)
{
	const struct cli_storage *storage = parse->storage;
	struct suggest suggest = suggest_start(preset);

	for (unsigned file = 0; file < storage->configs; file++)
		for (size_t i = 0; i < storage->config[file].count; i++)
			if (storage->config[file].entry[i].preset)
				suggest_consider(&suggest, storage->config[file].entry[i].preset);
	if (suggest.best)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--preset: unknown preset '%.40s': did you mean '%.40s'?",
		                    preset, suggest.best);
	return br_error_set(parse->error, BR_ERROR_USAGE,
	                    "--preset: no file of defaults has a section '[preset %.40s]': write "
	                    "one, or name the file by --config",
	                    preset);
}

int defaults_find(struct parse *parse, struct settings *settings)
{
	const struct strings *presets = &parse->storage->list[LIST_PRESETS];
	int status = read_files(parse);
	bool any;

	if (status == 0)
		status = check_files(parse);
	if (status == 0)
		status = collect(parse, NULL, settings, &any);
	for (size_t i = 0; i < presets->count && status == 0; i++) {
		status = collect(parse, presets->string[i], settings, &any);
		if (status == 0 && !any)
			status = unknown_preset(parse, presets->string[i]);
	}
	return status;
}

int defaults_store(struct parse *parse, const struct settings *settings)
{
	int status = 0;

	for (size_t i = 0; i < settings->count && status == 0; i++) {
		const struct setting *setting = &settings->setting[i];
		const struct cli_option *option = cli_option(setting->id);
		char spelled[PATH_SHOWN_MAX + SPELLED_MAX];

		(void)snprintf(spelled, sizeof(spelled), "%s: %s",
		               config_where(setting->config, setting->entry->line).text,
		               option->name);
		if (option->argument && !setting->value)
			return parse_lacks_argument(parse->error, option, spelled);
		status = parse_store(parse, setting, spelled);
	}
	return status;
}
