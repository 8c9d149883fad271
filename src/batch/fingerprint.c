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
	(void)fprintf(text, "metadata=%d\nprofile=%d\nfail-on=%d\n", image->metadata,
	              image->profile, image->fail_on);
}

char *fingerprint_text(const struct br_batch_options *options, enum br_image_format output)
{
	char *bytes = NULL;
	size_t size;
	FILE *text = open_memstream(&bytes, &size);

	if (!text)
		return NULL;
	write_geometry(text, &options->image);
	write_encoding(text, &options->image, output);
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
