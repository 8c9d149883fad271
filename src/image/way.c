/* way.c - see way.h. */
#include "image/way.h"

#include "colour/cms.h"
#include "colour/icc.h"
#include "geometry/geometry.h"
#include "image/rows.h"
#include "probe/formats.h"
#include "webp/codec_webp.h"

/* --- the reasons --------------------------------------------------------------------- */

/* Each as a script sees it and as a person does. */
static const struct {
	const char *word, *reason;
} detours[BR_IMAGE_DETOURS] = {
    [BR_IMAGE_DETOUR_NONE] = {"", ""},
    [BR_IMAGE_DETOUR_LINEAR] = {"general-way:linear", "--linear"},
    [BR_IMAGE_DETOUR_CROP] = {"general-way:crop", "content-aware crop"},
    [BR_IMAGE_DETOUR_BACKGROUND] = {"general-way:background", "gray on a background that is not"},
    [BR_IMAGE_DETOUR_COLOUR] = {"general-way:colour", "neither gray nor YCbCr"},
    [BR_IMAGE_DETOUR_PROFILE] = {"general-way:profile", "a profile that is not sRGB"},
    [BR_IMAGE_DETOUR_PROFILE_BROKEN] = {"general-way:profile-broken",
                                        "a profile that cannot be kept"},
    [BR_IMAGE_DETOUR_SAMPLING] = {"general-way:sampling", "unusual chroma subsampling"},
    [BR_IMAGE_DETOUR_HEADER] = {"general-way:header", "an unusual header"},
    [BR_IMAGE_DETOUR_MEMORY] = {"general-way:memory", "the memory that it takes"},
    [BR_IMAGE_DETOUR_PALETTE] = {"general-way:palette", "a palette to be found"},
    [BR_IMAGE_DETOUR_LOSSLESS] = {"general-way:lossless", "--lossless"},
    [BR_IMAGE_DETOUR_ALPHA] = {"general-way:alpha", "transparent margins"},
    [BR_IMAGE_DETOUR_DATA] = {"general-way:data",
                              "data that is damaged, or compressed in an unusual way"},
};

const char *br_image_detour_reason(enum br_image_detour detour)
{
	return (unsigned)detour < BR_IMAGE_DETOURS ? detours[detour].reason : "";
}

const char *br_image_detour_note(enum br_image_detour detour)
{
	return (unsigned)detour < BR_IMAGE_DETOURS ? detours[detour].word : "";
}

/* --- what both ways ask -------------------------------------------------------------- */

/* A picture, and the encoder that its way would end at. */
struct question {
	const struct picture *picture;
	const struct source *source;
	const struct row_sink *sink;
};

static bool becomes_jpeg(const struct question *q)
{
	return q->sink->format == BR_IMAGE_FORMAT_JPEG;
}

static enum icc_pixels pixels_of(const struct source *source)
{
	return source->info.bands < 3 ? ICC_GRAY : ICC_RGB;
}

static bool is_framed(const struct br_image_geometry *geometry)
{
	return geometry->canvas_width != geometry->crop_width ||
	       geometry->canvas_height != geometry->crop_height;
}

static bool is_gray(const uint8_t background[3])
{
	return background[0] == background[1] && background[1] == background[2];
}

/* --- in planes ----------------------------------------------------------------------- */

/* A gray picture can't have just any background: only a gray one, and if it keeps a curve of its
 * own, only black or white. */
static bool planes_paintable(const struct question *q, const struct br_image_geometry *geometry)
{
	const uint8_t *background = q->picture->options->background;
	const bool curve =
	    q->source->profile.bytes.size && source_keeps_profile(q->source, BR_IMAGE_FORMAT_JPEG);

	return q->source->info.bands != 1 || (is_gray(background) && !curve) ||
	       !is_framed(geometry) || icc_is_end(background);
}

/* Pixels, of all that are resampled. */
static bool planes_small(const struct question *q, const struct br_image_geometry *g)
{
	return becomes_jpeg(q) ||
	       (uint64_t)g->canvas_width * g->canvas_height * (q->source->info.bands + 1) <=
	           q->sink->bytes_max;
}

static enum br_image_detour planes_size(const struct question *q,
                                        const struct br_image_geometry *geometry)
{
	const struct br_image_options *options = q->picture->options;

	if (!planes_paintable(q, geometry))
		return BR_IMAGE_DETOUR_BACKGROUND;
	if (geometry_searches(geometry, options->gravity))
		return BR_IMAGE_DETOUR_CROP;
	if (q->sink->planes && options->transparent && is_framed(geometry))
		return BR_IMAGE_DETOUR_ALPHA;
	return planes_small(q, geometry) ? BR_IMAGE_DETOUR_NONE : BR_IMAGE_DETOUR_MEMORY;
}

/* What planes of Y, Cb and Cr don't show is light in proportion, and where the picture is worth
 * most. The general way has words for a header that libjpeg stumbles over. */
static enum br_image_detour planes_picture(const struct question *q)
{
	static const enum br_image_detour declined[JPEG_DECLINES] = {
	    [JPEG_DECLINE_NONE] = BR_IMAGE_DETOUR_NONE,
	    [JPEG_DECLINE_COLOUR] = BR_IMAGE_DETOUR_COLOUR,
	    [JPEG_DECLINE_PROFILE] = BR_IMAGE_DETOUR_PROFILE,
	    [JPEG_DECLINE_SAMPLING] = BR_IMAGE_DETOUR_SAMPLING,
	};
	const struct source *source = q->source;

	if (source->options->linear)
		return BR_IMAGE_DETOUR_LINEAR;
	if (!source->jpeg)
		return BR_IMAGE_DETOUR_HEADER;
	if (source->decline != JPEG_DECLINE_NONE)
		return declined[source->decline];
	if (q->sink->planes && source->options->lossless)
		return BR_IMAGE_DETOUR_LOSSLESS;
	/* a PNG may tell by numbers what a JPEG's profile says; WebP has none for gray */
	if ((source->profile.hdr.told && !becomes_jpeg(q)) ||
	    (q->sink->planes && source->info.bands == 1 && source->profile.bytes.size))
		return BR_IMAGE_DETOUR_PROFILE;
	/* the general way knows what to say of it */
	if (source_keeps_profile(source, BR_IMAGE_FORMAT_JPEG) && source->profile.embedded &&
	    !cms_usable(source->profile.bytes, pixels_of(source)))
		return BR_IMAGE_DETOUR_PROFILE_BROKEN;
	return BR_IMAGE_DETOUR_NONE;
}

/* Whether pixels of a size are the file's own, and not to be rounded in between. */
static bool has_whole(const struct question *q)
{
	const struct picture *picture = q->picture;
	const struct br_image_info *info = &q->source->info;
	bool whole = false;

	if (becomes_jpeg(q) || q->sink->planes)
		return false;
	for (unsigned i = 0; i < picture->options->sizes; i++)
		whole |= picture_wants(picture, i) &&
		         picture_stored_width(picture, &picture->geometry[i]) == info->width &&
		         picture_stored_height(picture, &picture->geometry[i]) == info->height;
	return whole;
}

/* --- by rows ------------------------------------------------------------------------- */

/* Whether the background will be seen. */
static bool rows_painted(const struct question *q)
{
	const struct picture *picture = q->picture;
	bool painted = q->source->info.alpha && !q->sink->alpha;

	for (unsigned i = 0; i < picture->options->sizes; i++)
		painted |= picture_wants(picture, i) && is_framed(&picture->geometry[i]);
	return painted;
}

/* Colours stay as they are, or it is not for us. */
static enum br_image_detour rows_colours(const struct question *q)
{
	const struct bytes profile = q->source->profile.bytes;
	const enum icc_pixels pixels = pixels_of(q->source);
	const uint8_t *background = q->picture->options->background;
	const bool kept = source_keeps_profile(q->source, q->sink->format);
	const bool painted = rows_painted(q);

	/* what is gray can be painted with gray alone */
	if (pixels == ICC_GRAY && painted && !is_gray(background))
		return BR_IMAGE_DETOUR_BACKGROUND;
	/* numbers go before a profile, as on the general way; JPEG has no place for them */
	if (q->source->profile.hdr.told)
		return kept && !painted && q->sink->format == BR_IMAGE_FORMAT_PNG
		           ? BR_IMAGE_DETOUR_NONE
		           : BR_IMAGE_DETOUR_PROFILE;
	if (!profile.size || q->source->profile.kind == ICC_SRGB)
		return BR_IMAGE_DETOUR_NONE;
	if (!cms_usable(profile, pixels))
		return BR_IMAGE_DETOUR_PROFILE_BROKEN;
	if (!kept)
		return BR_IMAGE_DETOUR_PROFILE;
	return pixels == ICC_GRAY && painted && !icc_is_end(background) ? BR_IMAGE_DETOUR_BACKGROUND
	                                                                : BR_IMAGE_DETOUR_NONE;
}

/* Pixels before they are finished, which are at least as many. */
static bool rows_small(const struct question *q, const struct br_image_geometry *g)
{
	const struct br_image_info *info = &q->source->info;
	const uint64_t pixel = (uint64_t)(info->bands + 1) * (info->bits / 8);

	return (uint64_t)g->canvas_width * g->canvas_height * pixel <= q->sink->bytes_max &&
	       (uint64_t)g->scaled_width * g->scaled_height * pixel <= q->sink->bytes_max;
}

static enum br_image_detour rows_size(const struct question *q,
                                      const struct br_image_geometry *geometry)
{
	if (geometry_searches(geometry, q->picture->options->gravity))
		return BR_IMAGE_DETOUR_CROP;
	return rows_small(q, geometry) ? BR_IMAGE_DETOUR_NONE : BR_IMAGE_DETOUR_MEMORY;
}

static enum br_image_detour rows_picture(const struct question *q)
{
	if (q->source->options->linear)
		return BR_IMAGE_DETOUR_LINEAR;
	return q->source->png || q->source->jpeg ? BR_IMAGE_DETOUR_NONE : BR_IMAGE_DETOUR_HEADER;
}

/* --- the choice ---------------------------------------------------------------------- */

static enum br_image_detour ask_sizes(const struct question *q,
                                      enum br_image_detour (*ask)(const struct question *q,
                                                                  const struct br_image_geometry *))
{
	const struct picture *picture = q->picture;
	enum br_image_detour detour = BR_IMAGE_DETOUR_NONE;

	for (unsigned i = 0; i < picture->options->sizes && !detour; i++)
		if (picture_wants(picture, i))
			detour = ask(q, &picture->geometry[i]);
	return detour;
}

static enum br_image_detour detour_from_planes(const struct question *q)
{
	const enum br_image_detour detour = planes_picture(q);

	return detour ? detour : ask_sizes(q, planes_size);
}

static enum br_image_detour detour_from_rows(const struct question *q)
{
	enum br_image_detour detour = rows_picture(q);

	if (!detour)
		detour = ask_sizes(q, rows_size);
	return detour ? detour : rows_colours(q);
}

enum picture_way way_choose(const struct picture *picture, enum br_image_detour *why)
{
	const struct question q = {.picture = picture,
	                           .source = &picture->source,
	                           .sink = row_sink_of(picture->result->out_format)};
	const enum br_image_format format = picture->source.info.format;
	const bool jpeg = format == BR_IMAGE_FORMAT_JPEG, png = format == BR_IMAGE_FORMAT_PNG;

	*why = BR_IMAGE_DETOUR_NONE;
	if (picture->animated || !q.sink || !(jpeg || png) ||
	    (q.sink->planes && (png || !codec_webp_exists())))
		return WAY_GENERAL;
	if (jpeg)
		*why = detour_from_planes(&q);
	if (jpeg && !*why && !has_whole(&q))
		return WAY_PLANES;
	if (!*why)
		*why = detour_from_rows(&q);
	return *why ? WAY_GENERAL : WAY_ROWS;
}

/* By what is known before there is a picture. */
bool br_image_needs_library(enum br_image_format source, const struct br_image_options *options)
{
	const bool searches =
	    options->fit == BR_IMAGE_FIT_COVER && options->gravity >= BR_IMAGE_GRAVITY_ATTENTION;

	return options->linear || searches || !format_is_ours(source) ||
	       (options->format && !format_is_ours(options->format));
}
