/* fuzz_values.c - arguments that are numbers, times, sizes, colours and words: what is taken is
 * printed as it was understood, and that is to be understood the same; and a number is what the C
 * library takes it for.
 *
 * An input is an option without its dashes, and its argument: "size=800x600".
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/parse.h"
#include "fuzz.h"
#include "plan/template.h"

#define TEXT_MAX 512

/* What is stored at an option's target; unused parts are zero. */
union stored {
	bool on;
	unsigned number;
	uint64_t large;
	int64_t time;
	double decimal;
	struct br_batch_share share;
	uint8_t colour[3];
};

static bool parse_value(struct cli *cli, const struct cli_option *option, const char *value)
{
	char argument[TEXT_MAX + 64];
	char program[] = "batchresize", none[] = "--config=none", show[] = "--show-config";
	char *argv[] = {program, none, show, argument, NULL};
	struct br_error error = {0};
	int status;

	(void)snprintf(argument, sizeof(argument), "--%s=%s", option->name, value);
	status = cli_parse(cli, 4, argv, &error);
	check(status == 0 || (status == BR_ERROR_USAGE && error.msg[0] != '\0'));
	return status == 0;
}

static union stored stored_at(const struct cli *cli, const struct cli_option *option)
{
	union stored stored;

	memset(&stored, 0, sizeof(stored));
	memcpy(&stored, (const char *)cli + option->target, sizeof(stored));
	return stored;
}

/* --- printing what was understood --------------------------------------------------------------
 */

static void print_words(const struct cli_option *option, unsigned value, char text[TEXT_MAX])
{
	const bool several = option->kind == KIND_WORDS;
	size_t length = 0;

	for (const struct cli_word *word = option->words; word->name; word++) {
		const bool has =
		    several ? word->value && (value & word->value) : word->value == value;

		if (has && (several || length == 0))
			length += (size_t)snprintf(text + length, TEXT_MAX - length, "%s%s",
			                           length > 0 ? "," : "", word->name);
	}
	text[length] = '\0';
}

static void print_sizes(const struct br_image_options *image, char text[TEXT_MAX])
{
	size_t length = 0;

	for (unsigned i = 0; i < image->sizes; i++) {
		if (i > 0)
			text[length++] = ',';
		length += template_size(&image->size[i], text + length);
	}
}

static void print_share(const struct br_batch_share *share, char text[TEXT_MAX])
{
	const unsigned long long amount = share->amount;

	if (share->kind == BR_BATCH_SHARE_PERCENT)
		(void)snprintf(text, TEXT_MAX, "%llu.%03llu%%", amount / 1000, amount % 1000);
	else
		(void)snprintf(text, TEXT_MAX, "%llu", amount);
}

/* False: it has no other way to be written. */
static bool print(const struct cli *cli, const struct cli_option *option, char text[TEXT_MAX])
{
	const union stored stored = stored_at(cli, option);

	switch (option->kind) {
	case KIND_WORD:
	case KIND_WORDS:
		print_words(option, stored.number, text);
		break;
	case KIND_NUMBER:
		(void)snprintf(text, TEXT_MAX, "%u", stored.number);
		break;
	case KIND_PIXELS:
	case KIND_BYTES:
		(void)snprintf(text, TEXT_MAX, "%llu", (unsigned long long)stored.large);
		break;
	case KIND_SHARE:
		print_share(&stored.share, text);
		break;
	case KIND_SECONDS:
	case KIND_DURATION:
		(void)snprintf(text, TEXT_MAX, "%u.%03u", stored.number / 1000,
		               stored.number % 1000);
		break;
	case KIND_DECIMAL:
		(void)snprintf(text, TEXT_MAX, "%.3f", stored.decimal);
		break;
	case KIND_COLOUR:
		(void)snprintf(text, TEXT_MAX, "#%02x%02x%02x", stored.colour[0], stored.colour[1],
		               stored.colour[2]);
		return !cli->batch.image.transparent;
	case KIND_SIZE:
		print_sizes(&cli->batch.image, text);
		break;
	default:
		return false;
	}
	return true;
}

static bool same(const struct cli *a, const struct cli *b, const struct cli_option *option)
{
	const union stored x = stored_at(a, option), y = stored_at(b, option);

	switch (option->kind) {
	case KIND_SIZE:
		return a->batch.image.sizes == b->batch.image.sizes &&
		       memcmp(a->batch.image.size, b->batch.image.size,
		              sizeof(a->batch.image.size)) == 0;
	case KIND_COLOUR:
		return memcmp(x.colour, y.colour, sizeof(x.colour)) == 0;
	case KIND_SHARE:
		return x.share.kind == y.share.kind && x.share.amount == y.share.amount;
	case KIND_PIXELS:
	case KIND_BYTES:
		return x.large == y.large;
	case KIND_DECIMAL:
		return x.decimal == y.decimal;
	default:
		return x.number == y.number;
	}
}

/* --- what the C library says -------------------------------------------------------------------
 */

/* The sum of numbers with units, larger ones first, in seconds. */
static long double duration_of(const char *value)
{
	static const char units[] = "smhd";
	static const long double seconds[] = {1, 60, 3600, 86400};
	long double sum = 0;
	char *end;

	while (*value != '\0') {
		const long double number = strtold(value, &end);
		const char *unit = *end ? strchr(units, *end) : units;

		check(end != value && unit);
		sum += number * seconds[unit - units];
		value = end + (*end != '\0');
	}
	return sum;
}

/* Bytes of the sign between width and height: "x", "X" or U+00D7. */
static size_t times_at(const char *text)
{
	return *text == 'x' || *text == 'X' ? 1 : strncmp(text, "\xC3\x97", 2) == 0 ? 2 : 0;
}

/* A side: 800 or 800px. */
static long double side_at(const char *text, char **end)
{
	const long double side = strtold(text, end);

	if (strncasecmp(*end, "px", 2) == 0)
		*end += 2;
	return side;
}

/* W, WxH, xH or P%, the first of several. */
static void check_size(const struct br_image_size *size, const char *value)
{
	char *end = (char *)(uintptr_t)value;
	const long double first = times_at(value) ? 0 : side_at(value, &end);
	const size_t times = times_at(end);

	if (*end == '%') {
		check(fabsl(first * 1000 - size->percent) < 0.001L);
		end++;
	} else {
		check(first == size->width && size->percent == 0);
		check((times ? side_at(end + times, &end) : 0) == size->height);
	}
	check(*end == ',' || *end == '\0');
}

static void check_sizes(const struct br_image_options *image, const char *value)
{
	for (unsigned i = 0; i < image->sizes; i++) {
		check_size(&image->size[i], value);
		value += strcspn(value, ",") + 1;
	}
}

static void check_number(const struct cli *cli, const struct cli_option *option, const char *value)
{
	static const char suffixes[] = "KMG";
	const union stored stored = stored_at(cli, option);
	const long double base = option->kind == KIND_BYTES ? 1024 : 1000;
	const char *suffix;
	char *end;
	long double number = strtold(value, &end);

	switch (option->kind) {
	case KIND_NUMBER:
		check(number == stored.number && number >= option->minimum);
		check(number <= option->maximum && *end == '\0');
		break;
	case KIND_PIXELS:
	case KIND_BYTES:
		suffix = *end ? strchr(suffixes, *end) : NULL;
		for (ptrdiff_t i = -1; suffix && i < suffix - suffixes; i++)
			number *= base;
		check(number == stored.large && number >= option->minimum);
		check(number <= option->maximum);
		break;
	case KIND_SECONDS:
		check(fabsl(number * 1000 - stored.number) < 0.001L);
		break;
	case KIND_DECIMAL:
		check(fabsl(number - stored.decimal) < 1e-9L && stored.decimal > 0);
		break;
	case KIND_SIZE:
		check_sizes(&cli->batch.image, value);
		break;
	case KIND_DURATION:
		check(fabsl(duration_of(value) * 1000 - stored.number) < 0.001L);
		check(stored.number > 0);
		break;
	default:
		break;
	}
}

/* The next time that the clock shows it after `before`, when the argument was not yet read; here it
 * is never put forward. */
static void check_time(const struct cli *cli, const struct cli_option *option, const char *value,
                       time_t before)
{
	const time_t when = (time_t)stored_at(cli, option).time;
	unsigned hour, minute, second = 0;
	struct tm shown;

	check(sscanf(value, "%u:%u:%u", &hour, &minute, &second) >= 2);
	check(when > before && when <= time(NULL) + 86400 && gmtime_r(&when, &shown));
	check(shown.tm_hour == (int)hour && shown.tm_min == (int)minute &&
	      shown.tm_sec == (int)second);
}

/* ---------------------------------------------------------------------------------------------- */

static void check_value(const struct cli_option *option, const char *value)
{
	char text[TEXT_MAX];
	struct cli once, twice;
	const time_t before = time(NULL);
	const bool taken = parse_value(&once, option, value);

	if (taken && option->kind == KIND_TIME)
		check_time(&once, option, value, before);
	if (taken)
		check_number(&once, option, value);
	if (taken && print(&once, option, text)) {
		check(parse_value(&twice, option, text) && same(&once, &twice, option));
		cli_release(&twice);
	}
	cli_release(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	char *typed = input_string(&input);
	const size_t length = strcspn(typed, "=");
	const enum cli_option_id id = parse_find(typed, length);
	const struct cli_option *option = id < OPTIONS ? cli_option(id) : NULL;

	check(setenv("TZ", "UTC", 1) == 0);
	/* others are no values, or name files */
	if (option && typed[length] == '=' && option->argument && option->group != GROUP_HIDDEN &&
	    option->kind < KIND_FILE && strlen(typed) < TEXT_MAX)
		check_value(option, typed + length + 1);
	free(typed);
	return 0;
}
