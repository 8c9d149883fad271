/* palette_reduce.c - fewer colours by libvips' quantiser.
 *
 * When is a picture in 256 colours as good? Both pictures are blurred as the eye does it, and each
 * pixel's difference is measured as CIEDE2000 (CIE 142-2001), of which 1 is about what a trained
 * eye just sees side by side in large patches. The blur is a Gaussian with a sigma of one pixel:
 * less than the narrowest kernel of S-CIELAB (Zhang and Wandell 1997: 0.0283 degrees for luma,
 * 0.039 and more for colour) for the reference pixel of CSS (0.0213 degrees). Taken is what has a
 * mean of at most 0.5, one pixel in a thousand over 2.3, and none over 12; for a picture with alpha
 * on white and on black. Drawings of 16 colours with lettering come to 0.06, 1.3 to 2.1, and 5 to
 * 11, and could not be told apart at three times their size. Nothing is dithered: what needs
 * dithering is not the same picture.
 */
#include "libvips/palette_reduce.h"

#include <stdlib.h>

#define EYE_SIGMA        1.0 /* pixels */
#define DIFFERENCE_MEAN  0.5
#define DIFFERENCE_MOST  2.3F
#define DIFFERENCE_LIMIT 12.0F
/* Larger pictures stay as they are: 4 megapixels take some 100 MB and 2 seconds. */
#define REDUCED_PIXELS_MAX (UINT64_C(4) << 20)

#define PIXELS_OVER_MOST 1000 /* one of so many may be */

/* As it is seen on a background. */
static VipsImage *as_seen(VipsImage *image, double background)
{
	VipsImage *flat = image, *blurred = NULL;
	VipsArrayDouble *ink = vips_array_double_newv(1, background);

	g_object_ref(flat);
	if (vips_image_hasalpha(image)) {
		VipsImage *next = NULL;

		(void)vips_flatten(image, &next, "background", ink, NULL);
		pixels_step(&flat, next);
	}
	vips_area_unref(VIPS_AREA(ink));
	if (flat)
		(void)vips_gaussblur(flat, &blurred, EYE_SIGMA, "precision", VIPS_PRECISION_FLOAT,
		                     NULL);
	VIPS_UNREF(flat);
	return blurred;
}

/* Whether differences, one float a pixel, are small enough. */
static bool are_small(const VipsImage *differences)
{
	const size_t pixels = (size_t)differences->Xsize * (size_t)differences->Ysize;
	const float *p = (const float *)(const void *)differences->data;
	size_t over = 0;
	double sum = 0;

	for (size_t i = 0; i < pixels; i++) {
		sum += p[i];
		over += p[i] > DIFFERENCE_MOST;
		if (!(p[i] <= DIFFERENCE_LIMIT))
			return false;
	}
	return over <= pixels / PIXELS_OVER_MOST && sum <= DIFFERENCE_MEAN * (double)pixels;
}

static bool look_same(VipsImage *image, VipsImage *reduced, double background, struct pull *pull)
{
	VipsImage *a = as_seen(image, background), *b = as_seen(reduced, background);
	VipsImage *differences = NULL;
	bool same = false;

	if (a && b && !vips_dE00(a, b, &differences, NULL) && !pixels_settle(&differences, pull))
		same = differences->BandFmt == VIPS_FORMAT_FLOAT && are_small(differences);
	VIPS_UNREF(a);
	VIPS_UNREF(b);
	VIPS_UNREF(differences);
	return same;
}

/* By way of a PNG: libvips offers its quantiser only to its savers. */
static VipsImage *quantise(VipsImage *image, struct pull *pull)
{
	VipsImage *reduced = NULL;
	void *data;
	size_t size;

	if (vips_pngsave_buffer(image, &data, &size, "palette", TRUE, "Q", 100, "dither", 0.0,
	                        "compression", 1, "strip", TRUE, NULL))
		return NULL;
	if (!vips_pngload_buffer(data, size, &reduced, "access", VIPS_ACCESS_SEQUENTIAL, NULL) &&
	    pixels_settle(&reduced, pull))
		VIPS_UNREF(reduced);
	g_free(data);
	return reduced;
}

VipsImage *palette_reduce(VipsImage *image, struct pull *pull)
{
	const uint64_t pixels = (uint64_t)image->Xsize * (uint64_t)image->Ysize;
	VipsImage *reduced = pixels <= REDUCED_PIXELS_MAX ? quantise(image, pull) : NULL;

	if (reduced && (!look_same(image, reduced, UINT8_MAX, pull) ||
	                (vips_image_hasalpha(image) && !look_same(image, reduced, 0, pull))))
		VIPS_UNREF(reduced);
	return reduced;
}
