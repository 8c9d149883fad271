/* fault.c - what a failure means, and whose words are quoted for it. */
#include <stdio.h>
#include <string.h>

#include "probe/formats.h"
#include "metadata/heif_colour.h"
#include "picture/source.h"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether the line begins with who says it, "heifload_buffer: ", as libvips' do: others belong to
 * the one before, which has a line break of its own. */
static bool begins_message(const char *line, const char *end)
{
	if (line == end || !is_alnum(*line))
		return false;
	while (line < end && (is_alnum(*line) || strchr("_- ", *line)))
		line++;
	return end - line > 2 && line[0] == ':' && line[1] == ' ';
}

/* The last message says why it was given up; those before it are warnings on the way, except one of
 * libtiff that holds the reason. */
static const char *find_message(const char *text, const char **end)
{
	static const char vague[] = "\ntiff2vips: read error";
	const char *last = text;

	while (*end > text && (*end)[-1] == '\n')
		--*end;
	if ((size_t)(*end - text) > sizeof vague - 1 &&
	    !strncmp(*end - (sizeof vague - 1), vague, sizeof vague - 1))
		*end -= sizeof vague - 1;
	for (const char *p = text; p < *end; p++)
		if (*p == '\n' && begins_message(p + 1, *end))
			last = p + 1;
	return last;
}

const char *source_quote(const struct source *source, char *buffer, size_t size)
{
	const char *text = source->words ? source->words() : "", *end = text + strlen(text);
	const char *message = find_message(text, &end);

	buffer[0] = '\0';
	if (source->options->alone && end > message)
		(void)snprintf(
		    buffer, size, ": %.*s",
		    (int)((size_t)(end - message) < size ? (size_t)(end - message) : size),
		    message);
	for (char *p = buffer; *(p += strcspn(p, "\n\r"));)
		*p = ' ';
	return buffer;
}

/* Whether the decoder's words say that it lacks something, and the file nothing: libheif's codes 3
 * (a type of file) and 4 (a feature; heif_error.h), which libvips adds as "(4.0)", and how the
 * others put it. */
static bool says_unsupported(const char *quote)
{
	static const char *const words[] = {"not supported", "nsupported", "not implemented",
	                                    "nimplemented", "not configured"};
	const char *code = strrchr(quote, '(');

	if (!strncmp(quote, ": heif: ", 8) && code)
		return !strncmp(code, "(3.", 3) || !strncmp(code, "(4.", 3);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(quote, words[i]))
			return true;
	return false;
}

static bool is_heif(enum br_image_format format)
{
	return format == BR_IMAGE_FORMAT_AVIF || format == BR_IMAGE_FORMAT_HEIC;
}

static bool is_cut(const struct source *source)
{
	return !source->scan.ended || source->scan.missing ||
	       (source->is_cut && source->is_cut(source_file(source)));
}

/* Whether the decoder makes nothing of a part, as those of some formats do; of zeros that are there
 * in its place they do. libtiff needs all numbers of a directory. */
static bool takes_whole(const struct source *source)
{
	switch (source->info.format) {
	case BR_IMAGE_FORMAT_JXL:
		return true;
	case BR_IMAGE_FORMAT_WEBP:
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return !source->scan.ended;
	case BR_IMAGE_FORMAT_TIFF:
		return !source->scan.missing;
	case BR_IMAGE_FORMAT_PNG:
		return source->scan.whole;
	default:
		return false;
	}
}

/* What to do if the data ends early. */
static const char *advice(const struct source *source)
{
	if (source->options->fail_on == BR_IMAGE_FAIL_ON_NONE)
		return ", before any of the picture";
	return takes_whole(source) ? ": get a whole copy"
	                           : " (--fail-on none takes what can be read)";
}

int source_fault(const struct source *source, int code, struct br_error *error)
{
	const char *name = br_image_format_name(source->info.format);
	char quote[160] = "", coding[5];

	if (!source->jpeg || source->view)
		(void)source_quote(source, quote, sizeof quote);
	else if (*jpeg_codec_words(source->jpeg))
		(void)snprintf(quote, sizeof quote, ": %s", jpeg_codec_words(source->jpeg));
	switch (code) {
	case BR_ERROR_MEMORY:
		return br_error_set(error, BR_ERROR_MEMORY,
		                    "no memory to decode %s of %ux%u pixels", name,
		                    source->info.width, source->info.height);
	case BR_ERROR_TIMEOUT:
		return br_error_set(error, BR_ERROR_TIMEOUT,
		                    "not done within %u ms: raise --timeout",
		                    source->options->timeout_ms);
	case BR_ERROR_UNSUPPORTED:
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "%s with colours that cannot be converted to sRGB%s", name,
		                    quote);
	default:
		if (is_cut(source))
			return br_error_set(error, BR_ERROR_TRUNCATED, "the %s data ends early%s%s",
			                    name, advice(source), quote);
		if (is_heif(source->info.format) && heif_is_coded_otherwise(source->bytes, coding))
			return br_error_set(
			    error, BR_ERROR_UNSUPPORTED,
			    "%s coded as \"%s\", which this system cannot decode%s: "
			    "convert the file to PNG or JPEG",
			    name, coding, quote);
		/* of a damaged JPEG libjpeg says so as well */
		if (!format_is_ours(source->info.format) && says_unsupported(quote))
			return br_error_set(
			    error, BR_ERROR_UNSUPPORTED,
			    "%s of a kind that this system cannot decode%s: convert "
			    "the file to PNG or JPEG",
			    name, quote);
		return br_error_set(error, BR_ERROR_CORRUPT, "the %s data is corrupt%s", name,
		                    quote);
	}
}
