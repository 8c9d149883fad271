/* profile.c - finds, puts together or makes the profile of a source. */
#include "image/profile.h"

#include <math.h>
#include <stdlib.h>

#include "image/convert.h"
#include "image/jpeg_markers.h"
#include "image/png_chunks.h"
#include "image/png_profile.h"

/* CIE x, y: IEC 61966-2-1 (and ITU-R BT.709), SMPTE EG 432-1 with D65, ITU-R BT.2020. */
static const struct convert_space srgb = {
    .white = {0.3127, 0.3290}, .red = {0.64, 0.33}, .green = {0.30, 0.60}, .blue = {0.15, 0.06}};
static const struct convert_space display_p3 = {.white = {0.3127, 0.3290},
                                                .red = {0.680, 0.320},
                                                .green = {0.265, 0.690},
                                                .blue = {0.150, 0.060}};
static const struct convert_space bt2020 = {.white = {0.3127, 0.3290},
                                            .red = {0.708, 0.292},
                                            .green = {0.170, 0.797},
                                            .blue = {0.131, 0.046}};

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

static bool is_srgb(const struct convert_space *space)
{
	return space->gamma == 0 && same_point(space->white, srgb.white) &&
	       same_point(space->red, srgb.red) && same_point(space->green, srgb.green) &&
	       same_point(space->blue, srgb.blue);
}

/* ITU-T H.273, tables 2 and 3, as far as a matrix and a curve can say it. The brightness that PQ
 * and HLG (16, 18) mean is not known to a profile of that kind. */
static bool space_of_codes(const struct png_colour *colour, struct convert_space *space)
{
	switch (colour->code_primaries) {
	case 1:
		*space = srgb;
		break;
	case 9:
		*space = bt2020;
		break;
	case 12:
		*space = display_p3;
		break;
	default:
		return false;
	}
	switch (colour->code_transfer) {
	case 1: /* video: made for a display of 2.4, seen on one of sRGB */
	case 6:
	case 13:
	case 14:
	case 15:
		return true;
	case 4:
		space->gamma = 2.2;
		return true;
	case 5:
		space->gamma = 2.8;
		return true;
	case 8:
		space->gamma = 1;
		return true;
	default:
		return false;
	}
}

static bool space_of_chunks(const struct png_colour *colour, struct convert_space *space)
{
	*space = srgb;
	if (colour->has_primaries)
		*space = (struct convert_space){
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
static bool is_degenerate(const struct convert_space *space)
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
static int make(struct profile *profile, const struct convert_space *space, bool gray)
{
	int status;

	if ((gray && space->gamma == 0) || is_srgb(space))
		return 0;
	status =
	    !gray && is_degenerate(space) ? -1 : convert_make_profile(space, gray, &profile->own);
	set_own(profile);
	/* what cannot be a colour space is as good as nothing said */
	return status == -1 ? 0 : status;
}

/* A copy: the library puts others in the place of a header's fields once it reads pixels. */
static int take_header(struct profile *profile, const VipsImage *header)
{
	const void *data;
	size_t size;
	int status;

	if (!vips_image_get_typeof(header, VIPS_META_ICC_NAME) ||
	    vips_image_get_blob(header, VIPS_META_ICC_NAME, &data, &size))
		return 0;
	profile->embedded = true;
	status = buffer_append(&profile->own, data, size);
	set_own(profile);
	return status;
}

static int take_chunk(struct profile *profile, struct bytes file)
{
	const int status = png_profile_read(file, &profile->own);

	set_own(profile);
	return status;
}

static int read_png(struct profile *profile, struct bytes file, bool gray, const VipsImage *header)
{
	const struct png_colour colour = png_colour_read(file);
	struct convert_space space;
	int status = 0;

	profile->embedded = colour.profile;
	if (colour.coded && space_of_codes(&colour, &space))
		return make(profile, &space, gray);
	if (header)
		status = take_header(profile, header);
	else if (colour.profile)
		status = take_chunk(profile, file);
	profile->broken = !status && colour.profile && !profile->bytes.size;
	if (status || colour.profile || colour.srgb || !space_of_chunks(&colour, &space))
		return status;
	return make(profile, &space, gray);
}

static int read_jpeg(struct profile *profile, struct bytes file)
{
	int status = jpeg_markers_profile(file, &profile->own, &profile->embedded);

	set_own(profile);
	profile->broken = profile->embedded && !profile->bytes.size;
	return status;
}

int profile_read(struct profile *profile, enum image_format format, struct bytes file,
                 uint32_t bands, const VipsImage *header)
{
	*profile = (struct profile){.own = profile->own};
	profile->own.size = 0;
	if (format == IMAGE_FORMAT_JPEG)
		return read_jpeg(profile, file);
	if (format == IMAGE_FORMAT_PNG)
		return read_png(profile, file, bands < 3, header);
	return take_header(profile, header);
}
