/* values.c - the arguments of options, each stored as its kind wants it. */
#include <string.h>
#include <strings.h>

#include "cli/values.h"

void *value_target(struct parse *parse, const struct cli_option *option)
{
	return (char *)parse->cli + option->target;
}

void value_put(struct parse *parse, const struct cli_option *option, uint64_t value)
{
	unsigned narrow = (unsigned)value;

	memcpy(value_target(parse, option), &narrow, sizeof(narrow));
}

/* What a shell makes the home directory of, but only at the beginning of a word. */
static bool is_home(const char *path)
{
	return path[0] == '~' && (path[1] == '/' || path[1] == '\0');
}

static int store_text(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	if (*value == '\0')
		return br_error_set(parse->error, BR_ERROR_USAGE, "%s: an empty %s names nothing",
		                    spelled, option->argument);
	if ((option->kind == KIND_FILE || option->kind == KIND_DIRECTORY) && is_home(value))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: the shell has left the ~ in '%.80s' as it is: put a blank "
		                    "before it in place of =, or say $HOME (./~ is a name)",
		                    spelled, value);
	if (option->kind == KIND_PATTERN)
		return parse_list(parse, option->value, value);
	memcpy(value_target(parse, option), &value, sizeof(const char *));
	return 0;
}

/* Whether the text is a yes or a no; *on is which. */
static bool scan_switch(const char *text, bool *on)
{
	static const char *const words[][2] = {{"no", "yes"}, {"off", "on"}, {"false", "true"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*on = strcasecmp(text, words[i][1]) == 0;
		if (*on || strcasecmp(text, words[i][0]) == 0)
			return true;
	}
	return false;
}

static int store_flag(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	bool on = true;

	if (value && !scan_switch(value, &on))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s takes no argument, or yes or no: leave '=%.40s' out",
		                    spelled, value);
	memcpy(value_target(parse, option), &on, sizeof(on));
	return 0;
}

static int store_count(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value)
{
	unsigned count;

	if (value && (value[0] < '0' || value[0] > '9' || value[1]))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s takes no argument, or a digit: leave '=%.40s' out", spelled,
		                    value);
	memcpy(&count, value_target(parse, option), sizeof(count));
	if (value)
		count = (unsigned)(value[0] - '0');
	else if (count < 9)
		count++; /* so that it can be written as a digit */
	value_put(parse, option, count);
	return 0;
}

/* Bytes of what is stored at an option's target; 0: several fields, or none, see value_reset(). */
static size_t target_size(enum cli_kind kind)
{
	switch (kind) {
	case KIND_FLAG:
		return sizeof(bool);
	case KIND_COUNT:
	case KIND_ACTION:
	case KIND_WORD:
	case KIND_WORDS:
	case KIND_NUMBER:
	case KIND_SECONDS:
	case KIND_DURATION:
		return sizeof(unsigned);
	case KIND_PIXELS:
	case KIND_BYTES:
		return sizeof(uint64_t);
	case KIND_SHARE:
		return sizeof(struct br_batch_share);
	case KIND_DECIMAL:
		return sizeof(double);
	case KIND_TIME:
		return sizeof(int64_t);
	case KIND_FILE:
	case KIND_DIRECTORY:
	case KIND_TEMPLATE:
	case KIND_COMMAND:
		return sizeof(const char *);
	case KIND_SIZE:
	case KIND_COLOUR:
	case KIND_QUALITY:
	case KIND_LOCK:    /* these four have a default that can be typed; */
	case KIND_PATTERN: /* and this is a list */
		break;
	}
	return 0;
}

void value_reset(struct parse *parse, enum cli_option_id id)
{
	const struct cli_option *option = cli_option(id);

	if (option->standard)
		(void)value_store(parse, option, option->name, option->standard); /* it is sound */
	else
		/* none is no bits set: false, 0, no text, no share */
		memset(value_target(parse, option), 0, target_size(option->kind));
}

int value_store(struct parse *parse, const struct cli_option *option, const char *spelled,
                const char *value)
{
	switch (option->kind) {
	case KIND_FLAG:
		return store_flag(parse, option, spelled, value);
	case KIND_COUNT:
		return store_count(parse, option, spelled, value);
	case KIND_ACTION:
		value_put(parse, option, option->value);
		return 0;
	case KIND_WORD:
		return value_store_word(parse, option, spelled, value);
	case KIND_WORDS:
		return value_store_words(parse, option, spelled, value);
	case KIND_NUMBER:
		return value_store_number(parse, option, spelled, value);
	case KIND_PIXELS:
		return value_store_pixels(parse, option, spelled, value);
	case KIND_BYTES:
		return value_store_bytes(parse, option, spelled, value);
	case KIND_SHARE:
		return value_store_share(parse, option, spelled, value);
	case KIND_LOCK:
		return value_store_lock(parse, option, spelled, value);
	case KIND_SECONDS:
		return value_store_seconds(parse, option, spelled, value);
	case KIND_DECIMAL:
		return value_store_decimal(parse, option, spelled, value);
	case KIND_DURATION:
		return value_store_duration(parse, option, spelled, value);
	case KIND_TIME:
		return value_store_time(parse, option, spelled, value);
	case KIND_SIZE:
		return value_store_sizes(parse, option, spelled, value);
	case KIND_COLOUR:
		return value_store_colour(parse, option, spelled, value);
	case KIND_QUALITY:
		return value_store_quality(parse, option, spelled, value);
	case KIND_FILE:
	case KIND_DIRECTORY:
	case KIND_TEMPLATE:
	case KIND_COMMAND:
	case KIND_PATTERN:
		return store_text(parse, option, spelled, value);
	}
	return br_error_set(parse->error, BR_ERROR_INTERNAL, "%s: an option of no kind", spelled);
}
