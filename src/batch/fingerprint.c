/* fingerprint.c - see fingerprint.h. */
#include "batch/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static void write_sizes(FILE *text, const struct br_image_options *image)
{
	(void)fputs("size=", text);
	for (unsigned i = 0; i < image->sizes; i++) {
		const struct br_image_size *size = &image->size[i];

		(void)fputs(i > 0 ? "," : "", text);
		if (size->percent > 0)
			(void)fprintf(text, "%" PRIu32 ".%03" PRIu32 "%%", size->percent / 1000,
			              size->percent % 1000);
		else
			(void)fprintf(text, "%" PRIu32 "x%" PRIu32, size->width, size->height);
	}
	(void)fputc('\n', text);
}

static void write_geometry(FILE *text, const struct br_image_options *image)
{
	write_sizes(text, image);
	(void)fprintf(text, "fit=%d\n", image->fit);
	if (image->fit == BR_IMAGE_FIT_COVER || image->fit == BR_IMAGE_FIT_PAD)
		(void)fprintf(text, "gravity=%d\n", image->gravity);
	(void)fprintf(text, "enlarge=%d\nfilter=%d\nlinear=%d\n", image->enlarge, image->filter,
	              image->linear);
}

static bool is_any(enum br_image_format output, enum br_image_format format)
{
	return output == BR_IMAGE_FORMAT_UNKNOWN || output == format;
}

static bool is_lossy(enum br_image_format output)
{
	return output != BR_IMAGE_FORMAT_PNG && output != BR_IMAGE_FORMAT_GIF &&
	       output != BR_IMAGE_FORMAT_TIFF;
}

static void write_quality(FILE *text, const struct br_image_options *image,
                          enum br_image_format output)
{
	const unsigned own = image->format_quality[output];

	if (!is_lossy(output))
		return;
	(void)fprintf(text, "quality=%u", own ? own : image->quality);
	/* of a format that is not known yet, those of all */
	for (unsigned i = 1; output == BR_IMAGE_FORMAT_UNKNOWN && i < BR_IMAGE_FORMATS; i++)
		(void)fprintf(text, ",%u", image->format_quality[i]);
	(void)fputc('\n', text);
}

static void write_encoding(FILE *text, const struct br_image_options *image,
                           enum br_image_format output)
{
	(void)fprintf(text, "format=%s\n", br_image_format_name(image->format));
	write_quality(text, image, output);
	if (is_any(output, BR_IMAGE_FORMAT_WEBP) || is_any(output, BR_IMAGE_FORMAT_AVIF) ||
	    is_any(output, BR_IMAGE_FORMAT_JXL))
		(void)fprintf(text, "lossless=%d\n", image->lossless);
	if (is_any(output, BR_IMAGE_FORMAT_JPEG))
		(void)fprintf(text, "jpeg-progressive=%d\njpeg-subsampling=%d\n",
		              image->jpeg_progressive, image->jpeg_subsampling);
	if (is_any(output, BR_IMAGE_FORMAT_PNG))
		(void)fprintf(text, "png-effort=%u\n", image->png_effort);
	(void)fprintf(text, "background=#%02x%02x%02x\ntransparent=%d\n", image->background[0],
	              image->background[1], image->background[2], image->transparent);
	(void)fprintf(text, "metadata=%d\nmax-metadata=%" PRIu64 "\nprofile=%d\nfail-on=%d\n",
	              image->metadata, image->max_metadata, image->profile, image->fail_on);
}

char *fingerprint_text(const struct br_batch_options *options, uint64_t plugin,
                       enum br_image_format output)
{
	char *bytes = NULL;
	size_t size;
	FILE *text = open_memstream(&bytes, &size);

	if (!text)
		return NULL;
	write_geometry(text, &options->image);
	write_encoding(text, &options->image, output);
	/* not there without one, as in texts that earlier versions have left */
	if (plugin)
		(void)fprintf(text, "plugin=%016" PRIx64 "\n", plugin);
	(void)fprintf(text, "preserve=%u\nflat=%d\nname=%s\n", options->preserve, options->flat,
	              options->name ? options->name : "");
	if (fclose(text) != 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

/* Whether the name tells one size from another. */
static bool names_size(const struct br_batch_options *options)
{
	return options->image.sizes > 1 || (options->name && (strstr(options->name, "{size}") ||
	                                                      strstr(options->name, "{width}") ||
	                                                      strstr(options->name, "{height}")));
}

uint64_t fingerprint_names(const struct br_batch_options *options)
{
	const char *name = options->name ? options->name : "";
	uint64_t hash = hash_bytes(name, strlen(name), (uint64_t)options->image.format);

	for (unsigned i = 0; names_size(options) && i < options->image.sizes; i++) {
		const struct br_image_size *size = &options->image.size[i];
		const uint32_t sides[] = {size->width, size->height, size->percent};

		hash = hash_bytes(sides, sizeof(sides), hash);
	}
	return hash ? hash : 1;
}

/* --- what differs ------------------------------------------------------------------------------
 */

struct line {
	const char *key, *value; /* `length` bytes each */
	size_t key_length, value_length;
};

static bool is_word(const char *word, const char *bytes, size_t length)
{
	return strlen(word) == length && memcmp(word, bytes, length) == 0;
}

/* The name comes last, and may have a newline in it. */
static bool next_line(const char **text, struct line *line)
{
	const char *equals = strchr(*text, '=');
	const char *end;

	if (!equals)
		return false;
	line->key = *text;
	line->key_length = (size_t)(equals - *text);
	line->value = equals + 1;
	end = is_word("name", line->key, line->key_length) ? strrchr(line->value, '\n')
	                                                   : strchr(line->value, '\n');
	if (!end)
		return false;
	line->value_length = (size_t)(end - line->value);
	*text = end + 1;
	return true;
}

static bool find_line(const char *text, const struct line *like, struct line *found)
{
	while (next_line(&text, found))
		if (found->key_length == like->key_length &&
		    memcmp(found->key, like->key, like->key_length) == 0)
			return true;
	return false;
}

static bool is_any_of(const struct line *line, const char *const *words)
{
	while (*words && !is_word(*words, line->key, line->key_length))
		words++;
	return *words != NULL;
}

/* "800x0,0x600,50.000%" as people write it: 800, x600, 50%. */
static void write_sizes_short(FILE *text, const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const size_t left = length - i;
		const bool begins = i == 0 || value[i - 1] == ',';

		if (begins && left > 1 && memcmp(value + i, "0x", 2) == 0)
			continue;
		if (left > 1 && memcmp(value + i, "x0", 2) == 0 &&
		    (left == 2 || value[i + 2] == ','))
			i++;
		else if (left > 4 && memcmp(value + i, ".000%", 5) == 0)
			i += 3;
		else
			(void)fputc(value[i], text);
	}
}

static void write_value(FILE *text, const struct line *line)
{
	if (line->value_length == 0)
		(void)fputs("not given", text);
	else if (is_word("size", line->key, line->key_length))
		write_sizes_short(text, line->value, line->value_length);
	else if (is_word("unknown", line->value, line->value_length)) /* of format */
		(void)fputs("keep", text);
	else
		(void)fwrite(line->value, 1, line->value_length, text);
}

/* Numbers of words, which are the command line's, are not shown. */
static void write_change(FILE *text, const struct line *was, const struct line *is)
{
	static const char *const flags[] = {"enlarge",          "linear", "lossless",
	                                    "jpeg-progressive", "flat",   NULL};
	static const char *const shown[] = {"size",       "format", "quality", "png-effort",
	                                    "background", "name",   NULL};
	const char *const before = ftell(text) > 0 ? "; " : "";

	if (is_word("transparent", is->key, is->key_length))
		(void)fprintf(text, "%s--background is %s transparent", before,
		              is_word("1", is->value, is->value_length) ? "now" : "no longer");
	else if (is_any_of(is, flags))
		(void)fprintf(text, "%s--%.*s is %s", before, (int)is->key_length, is->key,
		              is_word("1", is->value, is->value_length) ? "new" : "gone");
	else if (is_any_of(is, shown)) {
		(void)fprintf(text, "%s--%.*s was ", before, (int)is->key_length, is->key);
		write_value(text, was);
		(void)fputs(", is ", text);
		write_value(text, is);
	} else {
		(void)fprintf(text, "%s--%.*s has another value", before, (int)is->key_length,
		              is->key);
	}
}

static bool is_same_value(const struct line *one, const struct line *other)
{
	return one->value_length == other->value_length &&
	       memcmp(one->value, other->value, one->value_length) == 0;
}

/* Of an option that is not there if it was not given. */
static void write_arrival(FILE *text, const char *was, const char *is)
{
	static const struct line plugin = {.key = "plugin", .key_length = sizeof("plugin") - 1};
	struct line found;
	const bool before = find_line(was, &plugin, &found), now = find_line(is, &plugin, &found);

	if (before != now)
		(void)fprintf(text, "%s--plugin is %s", ftell(text) > 0 ? "; " : "",
		              now ? "new" : "gone");
}

static void write_changes(FILE *text, const char *was, const char *is)
{
	struct line before, now;

	for (const char *at = is; next_line(&at, &now);)
		if (find_line(was, &now, &before) && !is_same_value(&before, &now))
			write_change(text, &before, &now);
	write_arrival(text, was, is);
}

void fingerprint_compare(const char *was, const char *is, char *text, size_t size)
{
	FILE *stream = fmemopen(text, size - 1, "w");

	*text = text[size - 1] = '\0';
	if (!stream)
		return;
	write_changes(stream, was, is);
	(void)fclose(stream); /* what finds no room is left out */
}

/* What else there is, and how it is called. */
static const char *const others[] = {"size", "name", "flat", NULL};

uint64_t fingerprint_kind(const struct br_batch_options *options, const char *text)
{
	const bool sized = names_size(options);
	struct line line;
	uint64_t kind = 0;

	while (next_line(&text, &line))
		if (!is_any_of(&line, others) || is_word("flat", line.key, line.key_length) ||
		    (!sized && is_word("size", line.key, line.key_length)))
			kind = hash_bytes(line.key, line.key_length + 1 + line.value_length, kind);
	return kind;
}

/* Of two lists with commas between. */
static bool has_one_of(const struct line *list, const struct line *other)
{
	for (size_t i = 0; i < list->value_length; i++) {
		const char *size = list->value + i;
		const size_t length = strcspn(size, ",\n");

		for (size_t k = 0; k < other->value_length; k++) {
			const char *found = other->value + k;

			if (strcspn(found, ",\n") == length && memcmp(found, size, length) == 0)
				return true;
			k += strcspn(found, ",\n");
		}
		i += length;
	}
	return false;
}

static bool find_pair(const char *was, const char *is, const char *key, struct line *before,
                      struct line *now)
{
	const struct line like = {.key = key, .key_length = strlen(key)};

	return find_line(was, &like, before) && find_line(is, &like, now);
}

bool fingerprint_follows(const char *was, const char *is)
{
	struct line before, now;

	if (!find_pair(was, is, "size", &before, &now) || !has_one_of(&before, &now) ||
	    !find_pair(was, is, "format", &before, &now) || !is_same_value(&before, &now) ||
	    !find_pair(was, is, "flat", &before, &now) || !is_same_value(&before, &now) ||
	    !find_pair(was, is, "name", &before, &now))
		return false;
	return before.value_length == 0 && now.value_length == 0;
}

bool fingerprint_is_alike(const char *one, const char *other)
{
	struct line line, found;

	while (next_line(&one, &line))
		if (!find_line(other, &line, &found) ||
		    (!is_any_of(&line, others) && !is_same_value(&line, &found)))
			return false;
	return true;
}
