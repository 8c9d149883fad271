/* source.c - what an open source says of itself. */
#include "picture/source.h"

#include "picture/cost.h"
#include "metadata/jpeg_markers.h"

struct bytes source_file(const struct source *source)
{
	return source->rewritten.data ? source->rewritten : source->bytes;
}

bool source_is_short(const struct source *source)
{
	return source->scan.missing && source->options->fail_on == BR_IMAGE_FAIL_ON_NONE;
}

uint32_t source_seen_width(const struct source *source)
{
	return source->info.orientation > 4 ? source->info.height : source->info.width;
}

uint32_t source_seen_height(const struct source *source)
{
	return source->info.orientation > 4 ? source->info.width : source->info.height;
}

/* libwebp makes what has no alpha smaller, and what is without loss: of a lossy picture it would
 * blend the colours behind transparent pixels into those beside them. A frame of an animation that
 * is smaller than its canvas would come to lie between pixels. */
static bool webp_can_shrink(const struct source *source)
{
	const struct br_image_info *info = &source->info;

	return info->pages == 1 && (!info->alpha || source->scan.lossless);
}

/* Shrinking on load blends pixels, and by their values instead of their light. */
unsigned source_shrink(const struct source *source, uint32_t width, uint32_t height)
{
	const struct br_image_info *info = &source->info;
	const bool webp = info->format == BR_IMAGE_FORMAT_WEBP && webp_can_shrink(source) &&
	                  (uint64_t)2 * width < info->width && (uint64_t)2 * height < info->height;

	if (source->options->filter == BR_IMAGE_FILTER_NEAREST || source->options->linear ||
	    (info->format != BR_IMAGE_FORMAT_JPEG && !webp))
		return 1;
	return br_image_geometry_shrink(info->width, info->height, width, height);
}

uint64_t source_cost(const struct source *source, uint32_t width, uint32_t height)
{
	const unsigned shrink = source_shrink(source, width, height);

	return cost_decode(&source->info, &source->scan, source->options, shrink, width, height);
}

struct placement source_placement(const struct source *source,
                                  const struct br_image_geometry *geometry)
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
	const bool alike = source->info.format == BR_IMAGE_FORMAT_PNG ||
	                   source->info.format == BR_IMAGE_FORMAT_GIF;

	return (struct codec_origin){
	    .bytes = alike ? source->bytes.size : UINT64_MAX,
	    .palette = source->scan.palette,
	    .gray = source->scan.palette || source->info.bands < 3,
	    .bilevel = source->info.format == BR_IMAGE_FORMAT_TIFF && source->scan.bits == 1 &&
	               source->scan.bands == 1 && source->info.bands == 1,
	    .fax = source->scan.fax,
	    .white_is_zero = source->scan.white_is_zero,
	    .width = source_seen_width(source),
	    .height = source_seen_height(source),
	};
}

uint32_t source_size_notes(const struct source *source, uint64_t size)
{
	return size > source->bytes.size ? BR_IMAGE_NOTE_GREW : 0;
}

bool source_keeps_profile(const struct source *source, enum br_image_format format)
{
	if (source->options->profile != BR_IMAGE_PROFILE_KEEP)
		return false;
	if (format == BR_IMAGE_FORMAT_JPEG)
		return source->profile.bytes.size <= JPEG_PROFILE_MAX;
	return format != BR_IMAGE_FORMAT_GIF;
}
