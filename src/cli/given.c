/* given.c - the options that a run was given, for its page. */
#include <stdlib.h>
#include <string.h>

#include "cli/parse.h"

#define NOT_TOLD "(not told here)"

/* Whether an address has a name and a password in it: "https://me:secret@host/". */
static bool has_password(const char *value)
{
	const char *host = strstr(value, "://");

	return host && host[3 + strcspn(host + 3, "/@")] == '@';
}

const char *given_told(const struct cli_option *option, const char *value)
{
	if (!value)
		return "yes";
	return option->secret || has_password(value) ? NOT_TOLD : value;
}

/* Whether a later setting of the same option counts in its place. */
static bool is_replaced(const struct settings *settings, size_t at)
{
	const enum cli_option_id id = settings->setting[at].id;

	for (size_t i = at + 1; i < settings->count; i++)
		if (settings->setting[i].id == id)
			return cli_option(id)->kind != KIND_PATTERN;
	return false;
}

int given_list(struct parse *parse)
{
	struct cli_storage *storage = parse->storage;
	const struct settings *settings = &storage->settings;
	struct report_options *report = &parse->cli->report;

	storage->given = calloc(settings->count + 1, sizeof(*storage->given));
	if (!storage->given)
		return br_error_set(parse->error, BR_ERROR_MEMORY,
		                    "no memory for the command line");
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *setting = &settings->setting[i];
		const struct cli_option *option = cli_option(setting->id);

		if (is_replaced(settings, i))
			continue;
		storage->given[report->settings++] = (struct report_setting){
		    .name = option->name,
		    .value = given_told(option, setting->value),
		    .origin = setting->config ? setting->config->path : NULL};
	}
	report->setting = storage->given;
	return 0;
}
