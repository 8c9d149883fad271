/* view.c - a source opened and decoded by the image library. */
#include "pipeline/view.h"

#include <stdlib.h>

#include "libvips/codec_vips.h"
#include "picture/cost.h"
#include "metadata/exif.h"
#include "libvips/fields.h"
#include "libvips/libjxl.h"
#include "pipeline/library.h"
#include "libvips/png_image.h"
#include "picture/shortage.h"
#include "picture/words.h"

/* What a damaged PNG lacks, the loader leaves as the memory was; if it is asked to stop instead,
 * those lines become zeros (see struct pull). */
static enum br_image_fail_on loader_fail_on(const struct source *source)
{
	const enum br_image_fail_on level = source->options->fail_on;

	if (source->info.format == BR_IMAGE_FORMAT_PNG && level == BR_IMAGE_FAIL_ON_NONE)
		return BR_IMAGE_FAIL_ON_TRUNCATED;
	return level;
}

/* The frame that scan_rewrite() put first is not the picture. */
static unsigned page_of(const struct source *source)
{
	if (source->info.format == BR_IMAGE_FORMAT_WEBP && source->rewritten.data)
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
	return source->info.format == BR_IMAGE_FORMAT_JXL && source->scan.pages > 1 &&
	       libjxl_is_needed();
}

/* --- the header ----------------------------------------------------------------------- */

/* Opens the header. Returns 0 or a code. */
static int view_new(struct source *source, const struct load_options *options)
{
	struct view *view = calloc(1, sizeof *view);
	int status;

	if (!view)
		return BR_ERROR_MEMORY;
	status = codec_vips_load(source->info.format, source_file(source), options, &view->header);
	if (status)
		free(view);
	else
		source->view = view;
	return status;
}

int library_open(struct source *source, struct br_error *error)
{
	const struct load_options options = load_options(source);
	int status;

	if (source->view)
		return 0;
	source->asked = true;
	source->words = libvips_words;
	source->is_cut = source->info.format == BR_IMAGE_FORMAT_JXL ? libjxl_is_cut : NULL;
	if (!source->options->alone && !source->shared) {
		words_share();
		source->shared = true;
	}
	/* libvips looks for warnings before each line: those of the last it never sees */
	if (source->jpeg && source->options->fail_on >= BR_IMAGE_FAIL_ON_WARNING) {
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
	status = view_new(source, &options);
	return status ? source_fault(source, status, error) : 0;
}

static uint32_t count_pages(const struct source *source)
{
	int pages = 1;

	/* libvips counts the blank frame, and smaller versions of a picture; of animated PNG only
	 * the scan knows */
	if (source->info.format == BR_IMAGE_FORMAT_WEBP ||
	    source->info.format == BR_IMAGE_FORMAT_PNG ||
	    source->info.format == BR_IMAGE_FORMAT_TIFF)
		return source->scan.pages;
	/* libvips' GIF decoder leaves off after SCAN_GIF_FRAMES_READ frames without a word, and
	 * vips_image_get_n_pages() takes 10,000 and more for one */
	if (source->info.format == BR_IMAGE_FORMAT_GIF && source->scan.pages > SCAN_GIF_FRAMES_READ)
		return source->scan.pages;
	/* of a sequence it knows the first frame alone */
	if ((source->info.format == BR_IMAGE_FORMAT_AVIF ||
	     source->info.format == BR_IMAGE_FORMAT_HEIC || takes_first_frame(source)) &&
	    source->scan.pages > 1)
		return source->scan.pages;
	if (vips_image_get_typeof(source->view->header, VIPS_META_N_PAGES))
		(void)vips_image_get_int(source->view->header, VIPS_META_N_PAGES, &pages);
	return pages > 1 ? (uint32_t)pages : 1;
}

static uint32_t read_orientation(const struct source *source)
{
	int orientation;

	/* libvips 8.14 knows nothing of what stands behind the picture when it has read the
	 * header */
	if (source->info.format == BR_IMAGE_FORMAT_PNG)
		return exif_orientation(exif_of_png(source->bytes));
	orientation = vips_image_get_orientation(source->view->header);
	return orientation >= 1 && orientation <= 8 ? (uint32_t)orientation : 1;
}

void library_describe(struct source *source)
{
	const VipsImage *header = source->view->header;
	struct br_image_info *info = &source->info;

	info->width = (uint32_t)header->Xsize;
	info->height = (uint32_t)header->Ysize;
	info->orientation = read_orientation(source);
	info->bands = (uint32_t)header->Bands;
	info->bits = 8 * (uint32_t)vips_format_sizeof(header->BandFmt);
	info->pages = count_pages(source);
	info->alpha = vips_image_hasalpha(source->view->header);
}

bool library_fields(const struct source *source, struct metadata_fields *fields)
{
	if (!source->view)
		return false;
	*fields = fields_read(source->view->header);
	return true;
}

void library_close(struct source *source)
{
	if (source->view)
		VIPS_UNREF(source->view->header);
	free(source->view);
	source->view = NULL;
	if (source->options->alone)
		libvips_forget_words();
	if (source->shared)
		words_unshare();
	source->shared = false;
}

/* --- the pixels ----------------------------------------------------------------------- */

/* How to open the picture for a size. Returns by how much it is shrunk then. */
static unsigned plan_load(const struct source *source, uint32_t width, uint32_t height,
                          struct load_options *options)
{
	const struct br_image_info *info = &source->info;
	const unsigned shrink = source_shrink(source, width, height);

	*options = load_options(source);
	if (info->format == BR_IMAGE_FORMAT_JPEG)
		options->shrink = shrink;
	if (info->format == BR_IMAGE_FORMAT_WEBP && shrink > 1) {
		options->scale = VIPS_MAX(2.0 * width / info->width, 2.0 * height / info->height);
		options->scale = VIPS_MIN(options->scale, 1);
	}
	return shrink;
}

double view_end_across(const struct source *source, const VipsImage *image)
{
	return source->view->shrink > 1 ? (double)source->info.width / source->view->shrink
	                                : image->Xsize;
}

double view_end_down(const struct source *source, const VipsImage *image)
{
	return source->view->shrink > 1 ? (double)source->info.height / source->view->shrink
	                                : image->Ysize;
}

/* What says it is an animation may be one of a single frame. */
static int load_first_frame(struct source *source, VipsImage **image, struct br_error *error)
{
	bool only = false;
	const int status =
	    libjxl_first_frame(source_file(source), source->view->header, image, &only);

	if (only)
		source->info.pages = 1;
	if (status == BR_ERROR_UNSUPPORTED)
		return br_error_set(
		    error, BR_ERROR_UNSUPPORTED,
		    "the first frame of an animated JPEG XL cannot be had with this "
		    "libvips: install 8.16 or later, or convert the file to GIF");
	return status ? source_fault(source, status, error) : 0;
}

/* By png_reader, unless that cannot read it within so much memory. */
static VipsImage *load_png(struct source *source, uint64_t memory)
{
	struct png_info *info = &source->png_info;
	struct png_reader *reader = source->png;

	if (!info->memory || info->memory > memory)
		return NULL;
	source->png = NULL;
	if (!reader) { /* somebody took it over */
		reader = png_reader_new();
		if (!reader || png_reader_open(reader, source_file(source), memory, info)) {
			png_reader_free(reader);
			return NULL;
		}
	}
	return png_image_load(reader, info, source->view->header);
}

int view_load(struct source *source, uint32_t width, uint32_t height, VipsImage **image,
              struct br_error *error)
{
	const struct br_image_info *info = &source->info;
	struct load_options options;
	const unsigned shrink = plan_load(source, width, height, &options);
	uint64_t memory;
	int status =
	    cost_check_decode(info, &source->scan, source->options, shrink, width, height, error);

	source->view->shrink = options.shrink;
	if (status)
		return status;
	memory = cost_png(info, &source->scan, source->options, width, height);
	if (memory) {
		*image = load_png(source, memory);
		source->view->ours = *image != NULL;
		if (*image)
			return 0;
	}
	if (takes_first_frame(source))
		return load_first_frame(source, image, error);
	if (shrink == 1 && !source->view->spent) {
		source->view->spent = true;
		g_object_ref(source->view->header);
		*image = source->view->header;
		return 0;
	}
	status = codec_vips_load(info->format, source_file(source), &options, image);
	return status ? source_fault(source, status, error) : 0;
}

int view_load_frames(struct source *source, VipsImage **image, struct br_error *error)
{
	struct load_options options = load_options(source);
	int status;

	options.all = true;
	status = codec_vips_load(source->info.format, source_file(source), &options, image);
	return status ? source_fault(source, status, error) : 0;
}
