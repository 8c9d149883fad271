/* show.c - --show-config: what a run would be told, in the syntax of a file of defaults, and which
 * presets there are.
 */
#include <string.h>

#include "cli/parse.h"

/* The column at which it is said who said so. */
#define SHOW_COLUMN 32

/* Whether a value reads back as it is without quotes. */
static bool is_plain(const char *value)
{
	const size_t length = strlen(value);

	return length > 0 && strcmp(value, "#") != 0 && strncmp(value, "# ", 2) != 0 &&
	       !strchr(" \t\"'", value[0]) && !strchr(" \t", value[length - 1]) &&
	       !strstr(value, " #") && !strstr(value, "\t#");
}

/* What could move a terminal's cursor elsewhere becomes a blank. */
static void put_character(FILE *stream, char character)
{
	const bool moves = (unsigned char)character < 0x20 || character == 0x7F;

	(void)fputc(moves && character != '\t' ? ' ' : character, stream);
}

static void put_text(FILE *stream, const char *text)
{
	while (*text)
		put_character(stream, *text++);
}

/* A value that could not stand in a file, with a newline in it, is shown with blanks. */
static int put_value(FILE *stream, const char *value)
{
	const bool plain = is_plain(value);
	int width = plain ? 0 : 2;

	(void)fputs(plain ? "" : "\"", stream);
	for (; *value; value++, width++) {
		const bool escaped = !plain && (*value == '"' || *value == '\\');

		if (escaped)
			(void)fputc('\\', stream);
		put_character(stream, *value);
		width += escaped;
	}
	(void)fputs(plain ? "" : "\"", stream);
	return width;
}

static void put_origin(FILE *stream, int width, const struct setting *setting)
{
	(void)fprintf(stream, "%*s# ", width < SHOW_COLUMN ? SHOW_COLUMN - width : 1, "");
	if (!setting) {
		(void)fputs("default", stream);
	} else if (!setting->config) {
		(void)fputs("command line", stream);
	} else {
		put_text(stream, setting->config->path);
		(void)fprintf(stream, ":%u", setting->entry->line);
		if (setting->entry->preset) {
			(void)fputs(" [preset ", stream);
			put_text(stream, setting->entry->preset);
			(void)fputc(']', stream);
		}
	}
	(void)fputc('\n', stream);
}

static void put_setting(FILE *stream, const struct cli_option *option, const char *value,
                        const struct setting *setting)
{
	int width = fprintf(stream, "%s = ", option->name);

	put_origin(stream, width + put_value(stream, value), setting);
}

/* An option that nobody has said anything of. */
static void put_default(FILE *stream, const struct cli_option *option)
{
	if (option->standard)
		put_setting(stream, option, option->standard, NULL);
	else if (option->kind == KIND_FLAG)
		put_setting(stream, option, "no", NULL);
	else if (option->kind == KIND_COUNT)
		put_setting(stream, option, "0", NULL);
	else
		(void)fprintf(stream, "# %-*s# default: %s\n", SHOW_COLUMN - 2, option->name,
		              option->automatic ? option->automatic : "none");
}

/* What it came to, for options whose settings don't tell. */
static const char *counted(const struct cli *cli, const struct cli_option *option, char digits[12])
{
	const void *target = (const char *)cli + option->target;
	unsigned count;
	bool on;

	if (option->kind == KIND_FLAG) {
		memcpy(&on, target, sizeof(on));
		return on ? "yes" : "no";
	}
	memcpy(&count, target, sizeof(count));
	(void)snprintf(digits, 12, "%u", count);
	return digits;
}

static void show_option(const struct cli *cli, FILE *stream, enum cli_option_id id)
{
	const struct cli_option *option = cli_option(id);
	const struct settings *settings = &((const struct cli_storage *)cli->storage)->settings;
	const struct setting *last = NULL;
	char digits[12];

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *setting = &settings->setting[i];

		if (setting->id != id)
			continue;
		last = setting;
		if (option->kind == KIND_PATTERN)
			put_setting(stream, option, given_told(option, setting->value), setting);
	}
	if (!last)
		put_default(stream, option);
	else if (option->argument && option->kind != KIND_PATTERN)
		put_setting(stream, option, given_told(option, last->value), last);
	else if (!option->argument)
		put_setting(stream, option, counted(cli, option, digits), last);
}

/* Whether a file said something of that preset before. */
static bool is_repeated(const struct cli_storage *storage, unsigned file, size_t index)
{
	const char *preset = storage->config[file].entry[index].preset;

	for (unsigned i = 0; i <= file; i++) {
		const struct config *config = &storage->config[i];

		for (size_t k = 0; k < (i < file ? config->count : index); k++)
			if (config->entry[k].preset && strcmp(config->entry[k].preset, preset) == 0)
				return true;
	}
	return false;
}

/* As comments, which a file of defaults may have; completions read them. */
static void show_presets(const struct cli *cli, FILE *stream)
{
	const struct cli_storage *storage = cli->storage;

	for (unsigned file = 0; file < storage->configs; file++)
		for (size_t i = 0; i < storage->config[file].count; i++) {
			const char *preset = storage->config[file].entry[i].preset;

			if (!preset || is_repeated(storage, file, i))
				continue;
			(void)fputs("# [preset ", stream);
			put_text(stream, preset);
			(void)fputs("]\n", stream);
		}
}

void show_config(const struct cli *cli, FILE *stream)
{
	for (enum cli_option_id id = 0; id < OPTIONS; id++)
		if (cli_option(id)->reach != REACH_COMMAND && cli_option(id)->group != GROUP_HIDDEN)
			show_option(cli, stream, id);
	show_presets(cli, stream);
}
