/* values.c - arguments of options: text -> value, strictly, or an error that shows how to write it.
 */
#include <string.h>
#include <strings.h>

#include "cli/colour.h"
#include "cli/hints.h"
#include "cli/parse.h"
#include "base/suggest.h"

/* Pixels of a side: what image_geometry_plan() allows. */
#define SIDE_MAX (UINT64_C(65535) * 16)

/* Over 100 only with --enlarge: see check.c. */
#define PERCENT_MAX 10000

/* Reads one or more digits and moves *text behind them. False: there are none, or the number is
 * over `maximum`. */
static bool scan_number(const char **text, uint64_t maximum, uint64_t *number)
{
	const char *next = *text;
	uint64_t value = 0;

	while (*next >= '0' && *next <= '9') {
		uint64_t digit = (uint64_t)(*next - '0');

		if (digit > maximum || value > (maximum - digit) / 10)
			return false;
		value = value * 10 + digit;
		next++;
	}
	if (next == *text)
		return false;
	*text = next;
	*number = value;
	return true;
}

/* The same with up to three decimals behind a point, in thousandths. */
static bool scan_thousandths(const char **text, uint64_t maximum, uint64_t *thousandths)
{
	uint64_t whole, part = 0;

	if (!scan_number(text, maximum, &whole))
		return false;
	if (**text == '.') {
		const char *digits = ++*text;

		if (!scan_number(text, 999, &part) || *text - digits > 3)
			return false;
		for (const char *digit = *text; digit - digits < 3; digit++)
			part *= 10;
	}
	*thousandths = whole * 1000 + part;
	return *thousandths <= maximum * 1000;
}

static void *target(struct parse *parse, const struct cli_option *option)
{
	return (char *)parse->cli + option->target;
}

static void store_unsigned(struct parse *parse, const struct cli_option *option, uint64_t value)
{
	unsigned narrow = (unsigned)value; /* every maximum in the table fits */

	memcpy(target(parse, option), &narrow, sizeof(narrow));
}

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
		return error_set(parse->error, ERROR_USAGE, "%s: unknown word '%.40s': %s", spelled,
		                 typed, hint);
	for (const struct cli_word *word = option->words; word->name; word++)
		suggest_consider(&suggest, word->name);
	if (suggest.best)
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: unknown word '%.40s': did you mean '%s'?", spelled, typed,
		                 suggest.best);
	return error_set(parse->error, ERROR_USAGE, "%s: unknown word '%.40s': use %s", spelled,
	                 typed, value_words(option, words, sizeof(words)));
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

static int store_word(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	const struct cli_word *word = find_word(option, value);

	if (!word)
		return unknown_word(parse, option, spelled, value);
	store_unsigned(parse, option, word->value);
	return 0;
}

static int store_words(struct parse *parse, const struct cli_option *option, const char *spelled,
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
	store_unsigned(parse, option, bits);
	return 0;
}

static int store_number(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value)
{
	const char *end = value;
	uint64_t number;

	if (!scan_number(&end, option->maximum, &number) || *end || number < option->minimum)
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: '%.40s' is not a whole number from %llu to %llu", spelled,
		                 value, (unsigned long long)option->minimum,
		                 (unsigned long long)option->maximum);
	store_unsigned(parse, option, number);
	return 0;
}

/* A number with K, M or G for powers of `base`. */
static bool scan_scaled(const char *value, const struct cli_option *option, uint64_t base,
                        uint64_t *number)
{
	static const char suffixes[] = "KMG";
	const char *end = value, *suffix;
	uint64_t factor = 1;

	if (!scan_number(&end, option->maximum, number))
		return false;
	if (*end) {
		suffix = strchr(suffixes, *end);
		if (!suffix || end[1])
			return false;
		for (const char *power = suffixes; power <= suffix; power++)
			factor *= base;
	}
	if (*number > option->maximum / factor)
		return false;
	*number *= factor;
	return *number >= option->minimum;
}

static int store_pixels(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value)
{
	uint64_t number;

	if (!scan_scaled(value, option, 1000, &number))
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: '%.40s' is no number of pixels: write %llu to %lluG, with K, "
		                 "M or G for thousands, millions or billions",
		                 spelled, value, (unsigned long long)option->minimum,
		                 (unsigned long long)(option->maximum / 1000000000));
	memcpy(target(parse, option), &number, sizeof(number));
	return 0;
}

static int store_bytes(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value)
{
	uint64_t number;

	if (!scan_scaled(value, option, 1024, &number))
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: '%.40s' is no amount of memory: write %lluM or more, as in "
		                 "500M or 2G",
		                 spelled, value, (unsigned long long)(option->minimum >> 20));
	memcpy(target(parse, option), &number, sizeof(number));
	return 0;
}

static int store_seconds(struct parse *parse, const struct cli_option *option, const char *spelled,
                         const char *value)
{
	const char *end = value;
	uint64_t milliseconds;

	if (!scan_thousandths(&end, option->maximum, &milliseconds) || *end)
		return error_set(
		    parse->error, ERROR_USAGE,
		    "%s: '%.40s' is no number of seconds: write 0 to %llu, as in 30 or "
		    "0.5 (three decimals at most)",
		    spelled, value, (unsigned long long)option->maximum);
	store_unsigned(parse, option, milliseconds);
	return 0;
}

/* Moves *text behind an x, X or the sign for times (U+00D7), if one stands there. */
static bool scan_times(const char **text)
{
	static const char *const signs[] = {"x", "X", "\xC3\x97"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (strncmp(*text, signs[i], strlen(signs[i])) == 0) {
			*text += strlen(signs[i]);
			return true;
		}
	}
	return false;
}

/* A side, as in 800 or 800px; moves *text behind it. */
static bool scan_side(const char **text, uint64_t *side)
{
	if (!scan_number(text, SIDE_MAX, side) || *side == 0)
		return false;
	if (strncasecmp(*text, "px", 2) == 0)
		*text += 2;
	return true;
}

/* WxH, W, xH or P%. */
static bool scan_size(const char *text, struct image_size *size)
{
	uint64_t width = 0, height = 0, percent = 0;
	const char *next = text;
	bool times;

	if (scan_thousandths(&next, PERCENT_MAX, &percent) && strcmp(next, "%") == 0) {
		*size = (struct image_size){.percent = (uint32_t)percent};
		return percent > 0;
	}
	next = text;
	times = scan_times(&next);
	if (!times && !scan_side(&next, &width))
		return false;
	if ((times || scan_times(&next)) && !scan_side(&next, &height))
		return false;
	*size = (struct image_size){.width = (uint32_t)width, .height = (uint32_t)height};
	return *next == '\0';
}

static bool same_size(const struct image_size *a, const struct image_size *b)
{
	return a->width == b->width && a->height == b->height && a->percent == b->percent;
}

/* One size of a list, `typed`, as the next one of `image`. */
static int add_size(struct parse *parse, const char *spelled, const char *typed,
                    struct image_options *image)
{
	struct image_size size;

	if (!scan_size(typed, &size))
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: '%.40s' is no size: write WxH (800x600), W (800), xH (x600) "
		                 "or P%% (50%%, at most %d%%); sides are 1 to %llu pixels",
		                 spelled, typed, PERCENT_MAX, (unsigned long long)SIDE_MAX);
	for (unsigned i = 0; i < image->sizes; i++)
		if (same_size(&image->size[i], &size))
			return error_set(parse->error, ERROR_USAGE,
			                 "%s: '%.40s' is there twice: leave one out", spelled,
			                 typed);
	if (image->sizes == IMAGE_SIZES_MAX)
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: more than %d sizes: run once more for '%.40s' and what "
		                 "follows",
		                 spelled, IMAGE_SIZES_MAX, typed);
	image->size[image->sizes++] = size;
	return 0;
}

static int store_sizes(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value)
{
	struct image_options *image = target(parse, option);
	int status = 0;

	memset(image->size, 0, sizeof(image->size));
	image->sizes = 0;
	while (status == 0) {
		size_t length = strcspn(value, ",");
		char typed[48];

		(void)snprintf(typed, sizeof(typed), "%.*s",
		               (int)(length < sizeof(typed) ? length : sizeof(typed)), value);
		status = add_size(parse, spelled, typed, image);
		if (value[length] == '\0')
			break;
		value += length + 1;
	}
	return status;
}

static int store_colour(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value)
{
	struct image_options *image = &parse->cli->batch.image;
	const char *near;

	image->transparent = strcasecmp(value, COLOUR_TRANSPARENT) == 0;
	if (image->transparent)
		value = option->standard;
	if (colour_parse(value, target(parse, option)))
		return 0;
	near = colour_near(value);
	if (near)
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: unknown colour '%.40s': did you mean '%s'?", spelled, value,
		                 near);
	return error_set(parse->error, ERROR_USAGE,
	                 "%s: '%.40s' is no colour: write a CSS name (white), #rgb or #rrggbb",
	                 spelled, value);
}

/* The format of a name that ends at `end`, if it has a quality. */
static enum image_format lossy_format(const char *name, const char *end)
{
	const enum image_format format = image_format_of_extension(name, (size_t)(end - name));

	switch (format) {
	case IMAGE_FORMAT_JPEG:
	case IMAGE_FORMAT_WEBP:
	case IMAGE_FORMAT_AVIF:
	case IMAGE_FORMAT_HEIC:
	case IMAGE_FORMAT_JXL:
		return format;
	default:
		return IMAGE_FORMAT_UNKNOWN;
	}
}

/* One N or FORMAT=N; *text is moved behind it. */
static bool scan_quality(const char **text, const struct cli_option *option,
                         struct image_options *image)
{
	const char *equals = *text + strcspn(*text, "=,");
	enum image_format format = IMAGE_FORMAT_UNKNOWN;
	uint64_t quality;

	if (*equals == '=') {
		format = lossy_format(*text, equals);
		if (format == IMAGE_FORMAT_UNKNOWN)
			return false;
		*text = equals + 1;
	}
	if (!scan_number(text, option->maximum, &quality) || quality < option->minimum)
		return false;
	if (format == IMAGE_FORMAT_UNKNOWN)
		image->quality = (unsigned)quality;
	else
		image->format_quality[format] = (uint8_t)quality;
	return **text == ',' || **text == '\0';
}

/* The whole argument replaces that of an earlier option, as with every other. */
static int store_quality(struct parse *parse, const struct cli_option *option, const char *spelled,
                         const char *value)
{
	struct image_options *image = target(parse, option);
	const char *next = value;

	image->quality = image_options_default().quality;
	memset(image->format_quality, 0, sizeof(image->format_quality));
	while (scan_quality(&next, option, image)) {
		if (*next == '\0')
			return 0;
		next++;
	}
	return error_set(parse->error, ERROR_USAGE,
	                 "%s: '%.40s' is no quality: write %llu to %llu, or FORMAT=N by comma "
	                 "(jpeg=85,avif=50) for jpeg, webp, avif, heic and jxl",
	                 spelled, value, (unsigned long long)option->minimum,
	                 (unsigned long long)option->maximum);
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
		return error_set(parse->error, ERROR_USAGE, "%s: an empty %s names nothing",
		                 spelled, option->argument);
	if ((option->kind == KIND_FILE || option->kind == KIND_DIRECTORY) && is_home(value))
		return error_set(parse->error, ERROR_USAGE,
		                 "%s: the shell has left the ~ in '%.80s' as it is: put a blank "
		                 "before it in place of =, or say $HOME (./~ is a name)",
		                 spelled, value);
	if (option->kind == KIND_PATTERN)
		parse->list[option->value][parse->count[option->value]++] = value;
	else
		memcpy(target(parse, option), &value, sizeof(const char *));
	return 0;
}

static void store_flag(struct parse *parse, const struct cli_option *option)
{
	unsigned count;

	if (option->kind == KIND_FLAG) {
		memcpy(target(parse, option), &(bool){true}, sizeof(bool));
		return;
	}
	memcpy(&count, target(parse, option), sizeof(count));
	store_unsigned(parse, option, option->kind == KIND_COUNT ? count + 1 : option->value);
}

int value_store(struct parse *parse, const struct cli_option *option, const char *spelled,
                const char *value)
{
	switch (option->kind) {
	case KIND_FLAG:
	case KIND_COUNT:
	case KIND_ACTION:
		store_flag(parse, option);
		return 0;
	case KIND_WORD:
		return store_word(parse, option, spelled, value);
	case KIND_WORDS:
		return store_words(parse, option, spelled, value);
	case KIND_NUMBER:
		return store_number(parse, option, spelled, value);
	case KIND_PIXELS:
		return store_pixels(parse, option, spelled, value);
	case KIND_BYTES:
		return store_bytes(parse, option, spelled, value);
	case KIND_SECONDS:
		return store_seconds(parse, option, spelled, value);
	case KIND_SIZE:
		return store_sizes(parse, option, spelled, value);
	case KIND_COLOUR:
		return store_colour(parse, option, spelled, value);
	case KIND_QUALITY:
		return store_quality(parse, option, spelled, value);
	case KIND_FILE:
	case KIND_DIRECTORY:
	case KIND_TEMPLATE:
	case KIND_PATTERN:
		return store_text(parse, option, spelled, value);
	}
	return error_set(parse->error, ERROR_INTERNAL, "%s: an option of no kind", spelled);
}
