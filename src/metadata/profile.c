/* profile.c - finds, puts together or makes the profile of a source. */
#include "metadata/profile.h"

#include <math.h>
#include <stdlib.h>

#include "colour/cms.h"
#include "metadata/heif_colour.h"
#include "metadata/jpeg_markers.h"
#include "metadata/jpeg_outline.h"
#include "metadata/jxl_colour.h"
#include "metadata/png_colour.h"
#include "metadata/png_profile.h"

/* Adobe RGB (1998), 4.3.1 and 4.3.4. */
static const struct colour_space adobe_rgb = {.white = {0.3127, 0.3290},
                                              .red = {0.64, 0.33},
                                              .green = {0.21, 0.71},
                                              .blue = {0.15, 0.06},
                                              .gamma = 563 / 256.0};

/* gAMA of those who mean sRGB's curve: 1 / 2.2 in 100,000ths, however it was rounded. */
#define SRGB_GAMMA           45455
#define SRGB_GAMMA_TOLERANCE 250

/* A gamma beyond these is a slip, and would make the picture black or white. */
#define GAMMA_MIN 5000
#define GAMMA_MAX 500000

#define PRIMARY_TOLERANCE 0.002

static bool same_point(const double a[2], const double b[2])
{
	return fabs(a[0] - b[0]) < PRIMARY_TOLERANCE && fabs(a[1] - b[1]) < PRIMARY_TOLERANCE;
}

static bool is_srgb(const struct colour_space *space)
{
	const struct colour_space *srgb = &colour_codes_srgb;

	return space->gamma == 0 && same_point(space->white, srgb->white) &&
	       same_point(space->red, srgb->red) && same_point(space->green, srgb->green) &&
	       same_point(space->blue, srgb->blue);
}

static bool space_of_chunks(const struct png_colour_chunks *colour, struct colour_space *space)
{
	*space = colour_codes_srgb;
	if (colour->has_primaries)
		*space = (struct colour_space){
		    .white = {colour->white[0], colour->white[1]},
		    .red = {colour->red[0], colour->red[1]},
		    .green = {colour->green[0], colour->green[1]},
		    .blue = {colour->blue[0], colour->blue[1]},
		};
	if (colour->gamma >= GAMMA_MIN && colour->gamma <= GAMMA_MAX &&
	    labs((long)colour->gamma - SRGB_GAMMA) > SRGB_GAMMA_TOLERANCE)
		space->gamma = 100000.0 / colour->gamma;
	return colour->has_primaries || colour->gamma;
}

/* Primaries that span no space. */
static bool is_degenerate(const struct colour_space *space)
{
	const double *r = space->red, *g = space->green, *b = space->blue;
	double area = (g[0] - r[0]) * (b[1] - r[1]) - (b[0] - r[0]) * (g[1] - r[1]);

	return !(fabs(area) > 0.001) || !(space->white[1] > 0.01) || !(r[1] > 0) || !(g[1] > 0) ||
	       !(b[1] > 0);
}

static void set_own(struct profile *profile)
{
	profile->bytes = (struct bytes){profile->own.data, profile->own.size};
}

/* Returns 0 or negative errno. */
static int make(struct profile *profile, const struct colour_space *space, bool gray)
{
	int status;

	if ((gray && space->gamma == 0) || is_srgb(space))
		return 0;
	status = !gray && is_degenerate(space) ? -1 : cms_make_profile(space, gray, &profile->own);
	set_own(profile);
	/* what cannot be a colour space is as good as nothing said */
	return status == -1 ? 0 : status;
}

/* A copy: the library puts others in the place of a header's fields once it reads pixels. */
static int take_header(struct profile *profile, const struct metadata_fields *fields)
{
	int status;

	if (!fields->profile.data)
		return 0;
	profile->embedded = true;
	status = br_buffer_append(&profile->own, fields->profile.data, fields->profile.size);
	set_own(profile);
	return status;
}

static int take_chunk(struct profile *profile, struct bytes file)
{
	const int status = png_profile_read(file, &profile->own);

	set_own(profile);
	return status;
}

/* What the numbers mean. Returns whether they are understood, and *status what became of it. */
static bool use_codes(struct profile *profile, const struct colour_codes *codes, bool gray,
                      int *status)
{
	struct colour_space space;

	switch (colour_codes_space(codes, &space)) {
	case COLOUR_CODES_SPACE:
		*status = make(profile, &space, gray);
		return true;
	case COLOUR_CODES_HDR:
		profile->hdr = *codes;
		return true;
	case COLOUR_CODES_UNKNOWN:
		profile->unknown = true;
		return false;
	case COLOUR_CODES_NONE:
	default:
		return false;
	}
}

/* cICP goes before all others, iCCP before sRGB, that before the other two (PNG, third edition,
 * 4.3). */
static int read_png(struct profile *profile, struct bytes file, bool gray,
                    const struct metadata_fields *fields)
{
	const struct png_colour_chunks colour = png_colour_read(file);
	struct colour_space space;
	int status = 0;

	profile->embedded = colour.profile;
	if (colour.narrow)
		profile->unknown = true;
	else if (use_codes(profile, &colour.codes, gray, &status))
		return status;
	if (fields)
		status = take_header(profile, fields);
	else if (colour.profile)
		status = take_chunk(profile, file);
	profile->broken = !status && colour.profile && !profile->bytes.size;
	if (colour.profile || colour.srgb || colour.gamma)
		profile->unknown = false;
	if (status || colour.profile || colour.srgb || !space_of_chunks(&colour, &space))
		return status;
	return make(profile, &space, gray);
}

static int read_jpeg(struct profile *profile, struct bytes file, uint32_t bands)
{
	struct jpeg_outline outline;
	int status = jpeg_markers_profile(file, &profile->own, &profile->embedded);

	set_own(profile);
	profile->broken = profile->embedded && !profile->bytes.size;
	if (status || profile->embedded || bands != 3)
		return status;
	jpeg_outline_header(file, &outline);
	return outline.adobe_rgb ? make(profile, &adobe_rgb, false) : 0;
}

static int read_heif(struct profile *profile, struct bytes file, bool gray,
                     const struct metadata_fields *fields)
{
	const struct colour_codes codes = heif_codes(file);
	int status = take_header(profile, fields);

	if (!status && !profile->bytes.size)
		(void)use_codes(profile, &codes, gray, &status);
	return status;
}

static int read_jxl(struct profile *profile, struct bytes file,
                    const struct metadata_fields *fields)
{
	const struct colour_codes codes = jxl_codes(file);
	struct colour_space space;

	if (colour_codes_space(&codes, &space) == COLOUR_CODES_HDR)
		profile->hdr = codes;
	return take_header(profile, fields);
}

static int read_any(struct profile *profile, enum br_image_format format, struct bytes file,
                    uint32_t bands, const struct metadata_fields *fields)
{
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		return read_jpeg(profile, file, bands);
	case BR_IMAGE_FORMAT_PNG:
		return read_png(profile, file, bands < 3, fields);
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return read_heif(profile, file, bands < 3, fields);
	case BR_IMAGE_FORMAT_JXL:
		return read_jxl(profile, file, fields);
	default:
		return take_header(profile, fields);
	}
}

int profile_read(struct profile *profile, enum br_image_format format, struct bytes file,
                 uint32_t bands, uint64_t max, const struct metadata_fields *fields)
{
	struct colour_codes codes;
	struct colour_space space;
	int status;

	*profile = (struct profile){.own = profile->own};
	profile->own.size = 0;
	status = read_any(profile, format, file, bands, fields);
	if (profile->bytes.size > max) {
		profile->bytes = (struct bytes){0};
		profile->broken = true;
	}
	codes = icc_codes(profile->bytes);
	if (!profile->hdr.told && colour_codes_space(&codes, &space) == COLOUR_CODES_HDR)
		profile->hdr = codes;
	profile->kind = icc_classify(profile->bytes, bands < 3 ? ICC_GRAY : ICC_RGB);
	return status;
}
