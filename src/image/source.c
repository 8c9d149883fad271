/* source.c - from bytes to an open image, past every limit. */
#include "image/source.h"

#include <stdlib.h>
#include <string.h>

#include "image/codec_vips.h"
#include "image/cost.h"
#include "image/exif.h"
#include "image/fields.h"
#include "image/libjxl.h"
#include "image/png_chunks.h"
#include "image/png_image.h"
#include "image/shortage.h"

/* Pixels of a side: libvips 8.14's limit. Later ones allow more, which a long line of a PNG would
 * use up our memory for. */
#define PNG_SIDE_MAX 10000000

static int check_pixels(const struct source *source, uint32_t width, uint32_t height,
                        struct error *error)
{
	if ((uint64_t)width * height <= source->options->max_pixels)
		return 0;
	return error_set(error, ERROR_TOO_MANY_PIXELS,
	                 "picture of %ux%u pixels, more than the %llu allowed: raise --max-pixels "
	                 "to have it resized",
	                 width, height, (unsigned long long)source->options->max_pixels);
}

static struct bytes readable(const struct source *source)
{
	return source->rewritten.data ? source->rewritten : source->bytes;
}

/* What a damaged PNG lacks, the loader leaves as the memory was; where it is asked to stop instead,
 * those lines become zeros (see struct pull). */
static enum image_fail_on loader_fail_on(const struct source *source)
{
	const enum image_fail_on level = source->options->fail_on;

	if (source->info.format == IMAGE_FORMAT_PNG && level == IMAGE_FAIL_ON_NONE)
		return IMAGE_FAIL_ON_TRUNCATED;
	return level;
}

/* The frame that scan_rewrite() put first is not the picture. */
static unsigned page_of(const struct source *source)
{
	if (source->info.format == IMAGE_FORMAT_WEBP && source->rewritten.data)
		return 1;
	return source->scan.page;
}

static struct load_options load_options(const struct source *source)
{
	return (struct load_options){
	    .fail_on = loader_fail_on(source),
	    .shrink = 1,
	    .scale = 1,
	    .page = page_of(source),
	    .child = source->scan.child,
	};
}

/* Whether libvips would decode a JPEG XL's last frame instead of its first. */
static bool takes_first_frame(const struct source *source)
{
	return source->info.format == IMAGE_FORMAT_JXL && source->scan.pages > 1 &&
	       libjxl_is_needed();
}

static uint32_t count_pages(const struct source *source)
{
	int pages = 1;

	/* libvips counts the blank frame, and smaller versions of a picture; of animated PNG only
	 * the scan knows */
	if (source->info.format == IMAGE_FORMAT_WEBP || source->info.format == IMAGE_FORMAT_PNG ||
	    source->info.format == IMAGE_FORMAT_TIFF)
		return source->scan.pages;
	/* libvips' GIF decoder leaves off after SCAN_GIF_FRAMES_READ frames without a word, and
	 * vips_image_get_n_pages() takes 10,000 and more for one */
	if (source->info.format == IMAGE_FORMAT_GIF && source->scan.pages > SCAN_GIF_FRAMES_READ)
		return source->scan.pages;
	/* of a sequence it knows the first frame alone */
	if ((source->info.format == IMAGE_FORMAT_AVIF || source->info.format == IMAGE_FORMAT_HEIC ||
	     takes_first_frame(source)) &&
	    source->scan.pages > 1)
		return source->scan.pages;
	if (vips_image_get_typeof(source->header, VIPS_META_N_PAGES))
		(void)vips_image_get_int(source->header, VIPS_META_N_PAGES, &pages);
	return pages > 1 ? (uint32_t)pages : 1;
}

/* libvips 8.14 knows nothing of what stands behind the picture when it has read the header. */
static uint32_t png_orientation(const struct source *source)
{
	return exif_orientation(png_exif(source->bytes));
}

static uint32_t read_orientation(const struct source *source)
{
	int orientation;

	if (source->info.format == IMAGE_FORMAT_PNG)
		return png_orientation(source);
	orientation = vips_image_get_orientation(source->header);
	return orientation >= 1 && orientation <= 8 ? (uint32_t)orientation : 1;
}

static void read_header(struct source *source)
{
	const VipsImage *header = source->header;
	struct image_info *info = &source->info;

	info->width = (uint32_t)header->Xsize;
	info->height = (uint32_t)header->Ysize;
	info->orientation = read_orientation(source);
	info->bands = (uint32_t)header->Bands;
	info->bits = 8 * (uint32_t)vips_format_sizeof(header->BandFmt);
	info->pages = count_pages(source);
	info->alpha = vips_image_hasalpha(source->header);
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

/* Whether libjpeg can read the header, and it is of a kind that the image library sees in the same
 * way: *source->info is filled in then. */
static bool read_jpeg(struct source *source)
{
	const struct image_options *options = source->options;
	const struct jpeg_limits limits = {
	    .fail_on = options->fail_on,
	    .max_pixels = options->max_pixels,
	    .max_memory = cost_limit(options),
	    .any_profile = options->profile == IMAGE_PROFILE_KEEP,
	};
	struct image_info info;

	if (source->info.format != IMAGE_FORMAT_JPEG)
		return false;
	if (jpeg_codec_open(source->worker->jpeg, source->bytes, &limits, &info, &source->decline,
	                    NULL) ||
	    (info.bands != 1 && info.bands != 3 && info.bands != 4))
		return false;
	source->jpeg = source->worker->jpeg;
	source->info = info;
	return true;
}

/* Whether our own reader can read all of it but the pixels: *source->info is filled in then. What
 * libpng says against a chunk that is none of the picture is a warning, and stops libvips at no
 * level. */
static bool read_png(struct source *source)
{
	struct image_info *info = &source->info;
	struct png_info *png = &source->png_info;

	if (info->format != IMAGE_FORMAT_PNG)
		return false;
	source->png = png_reader_new();
	if (!source->png ||
	    png_reader_open(source->png, readable(source), UINT64_MAX, png) != PNG_DECLINE_NONE ||
	    png->width > PNG_SIDE_MAX || png->height > PNG_SIDE_MAX) {
		png_reader_free(source->png);
		source->png = NULL;
		return false;
	}
	info->width = png->width;
	info->height = png->height;
	info->orientation = png_orientation(source);
	info->bands = png->bands;
	info->bits = png->bits;
	info->pages = source->scan.pages;
	info->alpha = png->bands % 2 == 0;
	return true;
}

bool source_fields(const struct source *source, struct metadata_fields *fields)
{
	if (!source->header)
		return false;
	*fields = fields_read(source->header);
	return true;
}

static int read_profile(struct source *source)
{
	struct metadata_fields fields;
	const bool asked = source_fields(source, &fields);
	const int status = profile_read(&source->profile, source->info.format, source->bytes,
	                                source->info.bands, asked ? &fields : NULL);

	source->info.profile = source->profile.embedded;
	return status;
}

int source_open_library(struct source *source, struct error *error)
{
	const struct load_options options = load_options(source);
	int status;

	if (source->header)
		return 0;
	source->asked = true;
	source->words = libvips_words;
	if (!source->options->alone && !source->shared) {
		libvips_share();
		source->shared = true;
	}
	/* libvips looks for warnings before each line: those of the last it never sees */
	if (source->jpeg && source->options->fail_on >= IMAGE_FAIL_ON_WARNING) {
		status = jpeg_codec_check(source->jpeg);
		if (status)
			return source_fault(source, status, error);
	}
	status = codec_vips_check_read(source->info.format, error);
	if (!status)
		status = shortage_refuse(error);
	if (!status)
		status = worker_check_threads(source->worker, error);
	if (status)
		return status;
	status = codec_vips_load(source->info.format, readable(source), &options, &source->header);
	return status ? source_fault(source, status, error) : 0;
}

static int read_by_library(struct source *source, struct error *error)
{
	const int status = source_open_library(source, error);

	if (status)
		return status;
	read_header(source);
	return read_profile(source) ? source_fault(source, ERROR_MEMORY, error) : 0;
}

/* The library behind libvips that reads PNGs is libpng here and libspng there: which of them it is
 * does not decide what counts as damaged. */
static int check_crcs(const struct source *source, struct error *error)
{
	const bool data = source->options->fail_on > IMAGE_FAIL_ON_NONE;
	const char *wrong =
	    source->info.format == IMAGE_FORMAT_PNG ? png_wrong_crc(source->bytes, data) : NULL;

	return wrong ? error_set(error, ERROR_CORRUPT, "PNG whose %s chunk is damaged (wrong CRC)",
	                         wrong)
	             : 0;
}

/* The scan comes first: it may find that the library must not see the file. */
static int open_header(struct source *source, struct error *error)
{
	int status = scan_run(source->info.format, source->bytes, &source->scan, error);

	read_scan(source);
	if (!status)
		status = check_pixels(source, source->scan.width, source->scan.height, error);
	if (!status)
		status =
		    cost_check_header(source->info.format, &source->scan, source->options, error);
	if (!status && source->scan.missing && source->options->fail_on != IMAGE_FAIL_ON_NONE)
		status = source_fault(source, ERROR_TRUNCATED, error);
	if (!status && source->scan.rewrite)
		status =
		    scan_rewrite(source->info.format, source->bytes, &source->rewritten, error);
	if (status)
		return status;
	if ((!read_jpeg(source) && !read_png(source)) || read_profile(source)) {
		status = source->png ? 0 : check_crcs(source, error);
		if (!status)
			status = read_by_library(source, error);
	}
	if (status)
		return status;
	return check_pixels(source, source->info.width, source->info.height, error);
}

int source_open(struct source *source, struct image_worker *worker, const void *data, size_t size,
                const struct image_options *options, struct error *error)
{
	int status = 0;

	*source = (struct source){.options = options,
	                          .bytes = {data, size},
	                          .worker = worker,
	                          .profile.own = worker->profile};
	if (options->alone)
		libvips_forget_words();
	if (!size)
		return error_set(error, ERROR_EMPTY, "the file is empty");
	source->info.format = image_sniff(data, size);
	if (source->info.format == IMAGE_FORMAT_UNKNOWN)
		return error_set(error, ERROR_NOT_IMAGE,
		                 "not an image: its first bytes are of no known format");
	/* of those behind it nothing is ever read */
	source->asked =
	    !codec_is_ours(source->info.format) && source->info.format < IMAGE_FORMAT_BMP;
	if (!codec_is_ours(source->info.format))
		status = codec_vips_check_read(source->info.format, error);
	return status ? status : open_header(source, error);
}

void source_close(struct source *source)
{
	VIPS_UNREF(source->header);
	if (source->options->alone)
		libvips_forget_words();
	if (source->shared)
		libvips_unshare();
	source->shared = false;
	png_reader_free(source->png);
	source->png = NULL;
	source->worker->profile = source->profile.own; /* it may have grown, and moved */
	worker_trim(source->worker, source->options->keep);
	/* ours, from malloc() */
	free((void *)(uintptr_t)source->rewritten.data);
	source->rewritten = (struct bytes){0};
}

bool source_is_short(const struct source *source)
{
	return source->scan.missing && source->options->fail_on == IMAGE_FAIL_ON_NONE;
}

uint32_t source_seen_width(const struct source *source)
{
	return source->info.orientation > 4 ? source->info.height : source->info.width;
}

uint32_t source_seen_height(const struct source *source)
{
	return source->info.orientation > 4 ? source->info.width : source->info.height;
}

/* Shrinking on load blends pixels, and by their values instead of their light. */
static unsigned load_shrink(const struct source *source, uint32_t width, uint32_t height)
{
	if (source->options->filter == IMAGE_FILTER_NEAREST || source->options->linear)
		return 1;
	return image_geometry_shrink(source->info.width, source->info.height, width, height);
}

/* How to open the picture for a size. Returns by how much it is shrunk then. */
static unsigned plan_load(const struct source *source, uint32_t width, uint32_t height,
                          struct load_options *options)
{
	const struct image_info *info = &source->info;
	const unsigned shrink = load_shrink(source, width, height);

	*options = load_options(source);
	if (info->format == IMAGE_FORMAT_JPEG)
		options->shrink = shrink;
	/* a frame that is smaller than its canvas would come to lie between pixels */
	if (info->format == IMAGE_FORMAT_WEBP && shrink > 1 && info->pages == 1) {
		options->scale = VIPS_MAX(2.0 * width / info->width, 2.0 * height / info->height);
		options->scale = VIPS_MIN(options->scale, 1);
	}
	return options->shrink > 1 || options->scale < 1 ? shrink : 1;
}

uint64_t source_cost(const struct source *source, uint32_t width, uint32_t height)
{
	struct load_options options;
	const unsigned shrink = plan_load(source, width, height, &options);

	return cost_decode(&source->info, &source->scan, source->options, shrink, width, height);
}

double source_end_across(const struct source *source, const VipsImage *image)
{
	return source->shrink > 1 ? (double)source->info.width / source->shrink : image->Xsize;
}

double source_end_down(const struct source *source, const VipsImage *image)
{
	return source->shrink > 1 ? (double)source->info.height / source->shrink : image->Ysize;
}

/* What says it is an animation may be one of a single frame. */
static int load_first_frame(struct source *source, VipsImage **image, struct error *error)
{
	bool only = false;
	const int status = libjxl_first_frame(readable(source), source->header, image, &only);

	if (only)
		source->info.pages = 1;
	if (status == ERROR_UNSUPPORTED)
		return error_set(error, ERROR_UNSUPPORTED,
		                 "the first frame of an animated JPEG XL cannot be had with this "
		                 "libvips: install 8.16 or later, or convert the file to GIF");
	return status ? source_fault(source, status, error) : 0;
}

int source_load(struct source *source, uint32_t width, uint32_t height, VipsImage **image,
                struct error *error)
{
	const struct image_info *info = &source->info;
	struct load_options options;
	const unsigned shrink = plan_load(source, width, height, &options);
	uint64_t memory;
	int status =
	    cost_check_decode(info, &source->scan, source->options, shrink, width, height, error);

	source->shrink = options.shrink;
	if (status)
		return status;
	memory = cost_png(info, &source->scan, source->options, width, height);
	if (memory) {
		*image = png_image_load(readable(source), source->header, memory);
		source->ours = *image != NULL;
		if (*image)
			return 0;
	}
	if (takes_first_frame(source))
		return load_first_frame(source, image, error);
	if (shrink == 1 && !source->spent) {
		source->spent = true;
		g_object_ref(source->header);
		*image = source->header;
		return 0;
	}
	status = codec_vips_load(info->format, readable(source), &options, image);
	return status ? source_fault(source, status, error) : 0;
}

int source_load_frames(struct source *source, VipsImage **image, struct error *error)
{
	struct load_options options = load_options(source);
	int status;

	options.all = true;
	status = codec_vips_load(source->info.format, readable(source), &options, image);
	return status ? source_fault(source, status, error) : 0;
}

struct placement source_placement(const struct source *source,
                                  const struct image_geometry *geometry)
{
	return (struct placement){
	    .width = source->info.width,
	    .height = source->info.height,
	    .orientation = source->info.orientation,
	    .geometry = *geometry,
	};
}

struct codec_origin source_origin(const struct source *source)
{
	const bool alike =
	    source->info.format == IMAGE_FORMAT_PNG || source->info.format == IMAGE_FORMAT_GIF;

	return (struct codec_origin){
	    .bytes = alike ? source->bytes.size : UINT64_MAX,
	    .palette = source->scan.palette,
	    .gray = source->scan.palette || source->info.bands < 3,
	    .bilevel = source->info.format == IMAGE_FORMAT_TIFF && source->scan.bits == 1 &&
	               source->scan.bands == 1 && source->info.bands == 1,
	    .fax = source->scan.fax,
	    .white_is_zero = source->scan.white_is_zero,
	    .width = source_seen_width(source),
	    .height = source_seen_height(source),
	};
}

struct bytes source_file(const struct source *source)
{
	return readable(source);
}
