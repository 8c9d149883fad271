/* value_picture.c - arguments that say how a picture is to be: sizes, colours, qualities. */
#include <string.h>
#include <strings.h>

#include "base/scan.h"
#include "cli/colour.h"
#include "cli/values.h"

static bool same_size(const struct br_image_size *a, const struct br_image_size *b)
{
	return a->width == b->width && a->height == b->height && a->percent == b->percent;
}

/* Bytes of a size as it is typed, NUL included; what is cut there is none. */
#define TYPED_MAX 48

/* One size of a list, `typed`, as the next one of `image`. */
static int add_size(struct parse *parse, const char *spelled, const char typed[TYPED_MAX],
                    struct br_image_options *image)
{
	struct br_image_size size;

	if (strlen(typed) == TYPED_MAX - 1 || !br_image_size_parse(typed, &size))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "%s: '%.40s' is no size: write WxH (800x600), W (800), xH (x600) "
		    "or P%% (50%%, at most %d%%); sides are 1 to %llu pixels",
		    spelled, typed, BR_IMAGE_PERCENT_MAX, (unsigned long long)BR_IMAGE_SIDE_MAX);
	for (unsigned i = 0; i < image->sizes; i++)
		if (same_size(&image->size[i], &size))
			return br_error_set(parse->error, BR_ERROR_USAGE,
			                    "%s: '%.40s' is there twice: leave one out", spelled,
			                    typed);
	if (image->sizes == BR_IMAGE_SIZES_MAX)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: more than %d sizes: run once more for '%.40s' and what "
		                    "follows",
		                    spelled, BR_IMAGE_SIZES_MAX, typed);
	image->size[image->sizes++] = size;
	return 0;
}

int value_store_sizes(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	struct br_image_options *image = value_target(parse, option);
	int status = 0;

	memset(image->size, 0, sizeof(image->size));
	image->sizes = 0;
	while (status == 0) {
		size_t length = strcspn(value, ",");
		char typed[TYPED_MAX];

		(void)snprintf(typed, sizeof(typed), "%.*s",
		               (int)(length < sizeof(typed) ? length : sizeof(typed)), value);
		status = add_size(parse, spelled, typed, image);
		if (value[length] == '\0')
			break;
		value += length + 1;
	}
	return status;
}

int value_store_colour(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value)
{
	struct br_image_options *image = &parse->cli->batch.image;
	const char *near;

	image->transparent = strcasecmp(value, COLOUR_TRANSPARENT) == 0;
	if (image->transparent)
		value = option->standard;
	if (colour_parse(value, value_target(parse, option)))
		return 0;
	near = colour_near(value);
	if (near)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: unknown colour '%.40s': did you mean '%s'?", spelled,
		                    value, near);
	return br_error_set(parse->error, BR_ERROR_USAGE,
	                    "%s: '%.40s' is no colour: write a CSS name (white), #rgb or #rrggbb",
	                    spelled, value);
}

/* The format of a name that ends at `end`, if it has a quality. */
static enum br_image_format lossy_format(const char *name, const char *end)
{
	const enum br_image_format format =
	    br_image_format_of_extension(name, (size_t)(end - name));

	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
	case BR_IMAGE_FORMAT_WEBP:
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
	case BR_IMAGE_FORMAT_JXL:
		return format;
	default:
		return BR_IMAGE_FORMAT_UNKNOWN;
	}
}

/* One N or FORMAT=N; *text is moved behind it. */
static bool scan_quality(const char **text, const struct cli_option *option,
                         struct br_image_options *image)
{
	const char *equals = *text + strcspn(*text, "=,");
	enum br_image_format format = BR_IMAGE_FORMAT_UNKNOWN;
	uint64_t quality;

	if (*equals == '=') {
		format = lossy_format(*text, equals);
		if (format == BR_IMAGE_FORMAT_UNKNOWN)
			return false;
		*text = equals + 1;
	}
	if (!scan_number(text, option->maximum, &quality) || quality < option->minimum)
		return false;
	if (format == BR_IMAGE_FORMAT_UNKNOWN)
		image->quality = (unsigned)quality;
	else
		image->format_quality[format] = (uint8_t)quality;
	return **text == ',' || **text == '\0';
}

/* The whole argument replaces that of an earlier option, as with every other. */
int value_store_quality(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value)
{
	struct br_image_options *image = value_target(parse, option);
	const char *next = value;

	image->quality = br_image_options_default().quality;
	memset(image->format_quality, 0, sizeof(image->format_quality));
	while (scan_quality(&next, option, image)) {
		if (*next == '\0')
			return 0;
		next++;
	}
	return br_error_set(parse->error, BR_ERROR_USAGE,
	                    "%s: '%.40s' is no quality: write %llu to %llu, or FORMAT=N by comma "
	                    "(jpeg=85,avif=50) for jpeg, webp, avif, heic and jxl",
	                    spelled, value, (unsigned long long)option->minimum,
	                    (unsigned long long)option->maximum);
}
