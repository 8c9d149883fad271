/* value_words.c - arguments that are words of a list. */
#include <string.h>
#include <strings.h>

#include "base/scan.h"
#include "base/suggest.h"
#include "cli/hints.h"
#include "cli/values.h"

const char *value_words(const struct cli_option *option, char *buffer, size_t size)
{
	const char *last = option->kind == KIND_WORDS ? ", " : " or ";
	size_t length = 0;

	buffer[0] = '\0';
	for (const struct cli_word *word = option->words; word->name && length < size; word++) {
		const char *before = word == option->words ? "" : word[1].name ? ", " : last;
		int written = snprintf(buffer + length, size - length, "%s%s", before, word->name);

		if (written > 0)
			length += (size_t)written;
	}
	return buffer;
}

static int unknown_word(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *typed)
{
	struct suggest suggest = suggest_start(typed);
	const char *hint = hint_of_word(option->name, typed);
	char words[160];

	if (hint)
		return br_error_set(parse->error, BR_ERROR_USAGE, "%s: unknown word '%.40s': %s",
		                    spelled, typed, hint);
	for (const struct cli_word *word = option->words; word->name; word++)
		suggest_consider(&suggest, word->name);
	if (suggest.best)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: unknown word '%.40s': did you mean '%s'?", spelled, typed,
		                    suggest.best);
	return br_error_set(parse->error, BR_ERROR_USAGE, "%s: unknown word '%.40s': use %s",
	                    spelled, typed, value_words(option, words, sizeof(words)));
}

static const struct cli_word *find_among(const struct cli_word *word, const char *name)
{
	for (; word && word->name; word++) {
		if (strcasecmp(word->name, name) == 0)
			return word;
	}
	return NULL;
}

static const struct cli_word *find_word(const struct cli_option *option, const char *name)
{
	const struct cli_word *word = find_among(option->words, name);

	return word ? word : find_among(option->also, name);
}

int value_store_word(struct parse *parse, const struct cli_option *option, const char *spelled,
                     const char *value)
{
	const struct cli_word *word = find_word(option, value);

	if (!word)
		return unknown_word(parse, option, spelled, value);
	value_put(parse, option, word->value);
	return 0;
}

int value_store_lock(struct parse *parse, const struct cli_option *option, const char *spelled,
                     const char *value)
{
	static const char wait[] = "wait=";
	struct br_batch_options *batch = value_target(parse, option);
	const char *end = value + sizeof(wait) - 1;
	const struct cli_word *word;
	uint64_t milliseconds = 0;

	if (strncasecmp(value, wait, sizeof(wait) - 1) != 0) {
		word = find_word(option, value);
		if (!word)
			return unknown_word(parse, option, spelled, value);
		batch->lock = (enum br_batch_lock)word->value;
		batch->lock_ms = 0;
		return 0;
	}
	if (!scan_thousandths(&end, option->maximum, &milliseconds) ||
	    (*end && strcmp(end, "s") != 0))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%.40s' is no number of seconds: write 0 to %llu, as in "
		                    "wait=30",
		                    spelled, value + sizeof(wait) - 1,
		                    (unsigned long long)option->maximum);
	batch->lock = milliseconds ? BR_BATCH_LOCK_WAIT : BR_BATCH_LOCK_FAIL;
	batch->lock_ms = (unsigned)milliseconds;
	return 0;
}

int value_store_words(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	unsigned bits = 0;

	for (;;) {
		size_t length = strcspn(value, ",");
		char name[SUGGEST_MAX + 2];

		(void)snprintf(name, sizeof(name), "%.*s",
		               (int)(length < sizeof(name) ? length : sizeof(name)), value);
		const struct cli_word *word = find_word(option, name);

		if (!word)
			return unknown_word(parse, option, spelled, name);
		bits |= word->value;
		if (value[length] == '\0')
			break;
		value += length + 1;
	}
	value_put(parse, option, bits);
	return 0;
}
