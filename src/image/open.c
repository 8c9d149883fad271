/* open.c - from bytes to an open image, past every limit. */
#include "image/open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/formats.h"
#include "picture/cost.h"
#include "metadata/exif.h"
#include "pipeline/library.h"

/* Pixels of a side: libvips 8.14's limit. Later ones allow more, which a long line of a PNG would
 * use up our memory for. */
#define PNG_SIDE_MAX 10000000

static int check_pixels(const struct source *source, uint32_t width, uint32_t height,
                        struct br_error *error)
{
	if ((uint64_t)width * height <= source->options->max_pixels)
		return 0;
	return br_error_set(
	    error, BR_ERROR_TOO_MANY_PIXELS,
	    "picture of %ux%u pixels, more than the %llu allowed: raise --max-pixels "
	    "to have it resized",
	    width, height, (unsigned long long)source->options->max_pixels);
}

static void read_scan(struct source *source)
{
	source->info.width = source->scan.width;
	source->info.height = source->scan.height;
	source->info.bands = source->scan.bands;
	source->info.bits = source->scan.bits;
	source->info.pages = source->scan.pages;
	source->info.orientation = 1;
}

/* *read: whether libjpeg can read the header, and it is of a kind that the image library sees in
 * the same way; *source->info is filled in then. Otherwise the library is asked; but not for want
 * of memory, since the pixels that it makes of a JPEG are not quite the same. */
static int read_jpeg(struct source *source, bool *read)
{
	const struct br_image_options *options = source->options;
	const struct jpeg_limits limits = {
	    .fail_on = options->fail_on,
	    .max_pixels = options->max_pixels,
	    .max_memory = cost_limit(options),
	    .any_profile = options->profile == BR_IMAGE_PROFILE_KEEP,
	};
	struct br_image_info info;
	int status;

	if (source->info.format != BR_IMAGE_FORMAT_JPEG)
		return 0;
	status = jpeg_codec_open(source->worker->jpeg, source->bytes, &limits, &info,
	                         &source->decline, NULL);
	if (status || (info.bands != 1 && info.bands != 3 && info.bands != 4))
		return status == BR_ERROR_MEMORY ? status : 0;
	source->jpeg = source->worker->jpeg;
	source->info = info;
	*read = true;
	return 0;
}

/* *read: whether our own reader can read all of it except the pixels; *source->info is filled in
 * then. What libpng says against a chunk that is none of the picture is a warning, and stops
 * libvips at no level. */
static int read_png(struct source *source, bool *read)
{
	struct br_image_info *info = &source->info;
	struct png_info *png = &source->png_info;

	if (info->format != BR_IMAGE_FORMAT_PNG)
		return 0;
	source->png = png_reader_new();
	if (!source->png)
		return BR_ERROR_MEMORY;
	if (png_reader_open(source->png, source_file(source), UINT64_MAX, png) !=
	        PNG_DECLINE_NONE ||
	    png->width > PNG_SIDE_MAX || png->height > PNG_SIDE_MAX) {
		png_reader_free(source->png);
		source->png = NULL;
		*png = (struct png_info){0};
		return 0;
	}
	info->width = png->width;
	info->height = png->height;
	info->orientation = exif_orientation(exif_of_png(source->bytes));
	info->bands = png->bands;
	info->bits = png->bits;
	info->pages = source->scan.pages;
	info->alpha = png->bands % 2 == 0;
	*read = true;
	return 0;
}

static int read_profile(struct source *source)
{
	struct metadata_fields fields;
	const bool asked = library_fields(source, &fields);
	const int status =
	    profile_read(&source->profile, source->info.format, source->bytes, source->info.bands,
	                 source->options->max_metadata, asked ? &fields : NULL);

	source->info.profile = source->profile.embedded;
	return status;
}

static int read_by_ourselves(struct source *source, bool *read, struct br_error *error)
{
	int status = read_jpeg(source, read);

	if (!status)
		status = read_png(source, read);
	if (!status && *read)
		status = read_profile(source);
	if (status == BR_ERROR_MEMORY || status == -ENOMEM)
		return source_fault(source, BR_ERROR_MEMORY, error);
	*read = *read && !status;
	return 0;
}

static int read_by_library(struct source *source, struct br_error *error)
{
	const int status = library_open(source, error);

	if (status)
		return status;
	library_describe(source);
	return read_profile(source) ? source_fault(source, BR_ERROR_MEMORY, error) : 0;
}

/* The library behind libvips that reads PNGs is libpng here and libspng there: which of them it is
 * does not decide what counts as damaged, nor what is said of it. */
static int check_chunks(const struct source *source, struct br_error *error)
{
	const bool data = source->options->fail_on > BR_IMAGE_FAIL_ON_NONE;
	const char *wrong;
	char unknown[5];

	if (source->info.format != BR_IMAGE_FORMAT_PNG)
		return 0;
	wrong = png_wrong_crc(source->bytes, data);
	if (wrong)
		return br_error_set(error, BR_ERROR_CORRUPT,
		                    "PNG whose %s chunk is damaged (wrong CRC)", wrong);
	if (png_find_unknown(source->bytes, unknown))
		return br_error_set(
		    error, BR_ERROR_UNSUPPORTED,
		    "PNG with a chunk \"%s\", which must be understood and is of no "
		    "known kind: convert the file with the program that wrote it",
		    unknown);
	return 0;
}

static struct scan_limits limits_of(const struct br_image_options *options)
{
	return (struct scan_limits){.max_scans = options->max_scans,
	                            .max_pixels = options->max_pixels,
	                            .max_metadata = options->max_metadata};
}

/* The scan comes first: it may find that the library must not see the file. */
static int open_header(struct source *source, struct br_error *error)
{
	const struct scan_limits limits = limits_of(source->options);
	int status = scan_run(source->info.format, source->bytes, &limits, &source->scan, error);
	bool read = false;

	read_scan(source);
	if (!status)
		status = check_pixels(source, source->scan.width, source->scan.height, error);
	if (!status)
		status =
		    cost_check_header(source->info.format, &source->scan, source->options, error);
	if (!status && source->scan.missing && source->options->fail_on != BR_IMAGE_FAIL_ON_NONE)
		status = source_fault(source, BR_ERROR_TRUNCATED, error);
	if (!status && source->scan.rewrite)
		status =
		    scan_rewrite(source->info.format, source->bytes, &source->rewritten, error);
	if (!status)
		status = read_by_ourselves(source, &read, error);
	if (!status && !read && !source->png)
		status = check_chunks(source, error);
	if (!status && !read)
		status = read_by_library(source, error);
	if (status)
		return status;
	return check_pixels(source, source->info.width, source->info.height, error);
}

int source_open(struct source *source, struct br_image_worker *worker, const void *data,
                size_t size, const struct br_image_options *options, struct br_error *error)
{
	int status = 0;

	*source = (struct source){.options = options,
	                          .bytes = {data, size},
	                          .worker = worker,
	                          .profile.own = worker->profile};
	if (options->alone)
		library_forget_words();
	if (!size)
		return br_error_set(error, BR_ERROR_EMPTY, "the file is empty");
	source->info.format = br_image_sniff(data, size);
	if (source->info.format == BR_IMAGE_FORMAT_UNKNOWN)
		return br_error_set(error, BR_ERROR_NOT_IMAGE,
		                    "not an image: its first bytes are of no known format");
	/* of those behind it nothing is ever read */
	source->asked =
	    !format_is_ours(source->info.format) && source->info.format < BR_IMAGE_FORMAT_BMP;
	if (!format_is_ours(source->info.format))
		status = format_check_read(source->info.format, error);
	if (!format_is_ours(source->info.format) && !status)
		status = library_check_read(source->info.format, error);
	return status ? status : open_header(source, error);
}

void source_close(struct source *source)
{
	library_close(source);
	png_reader_free(source->png);
	source->png = NULL;
	source->worker->profile = source->profile.own; /* it may have grown, and moved */
	worker_trim(source->worker, source->options->keep);
	/* ours, from malloc() */
	free((void *)(uintptr_t)source->rewritten.data);
	source->rewritten = (struct bytes){0};
}
