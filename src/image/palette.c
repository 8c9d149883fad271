/* palette.c - colours counted by a small hash table, and fewer colours by libvips' quantiser.
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
#include "image/palette.h"

#include <stdlib.h>
#include <string.h>

#define EYE_SIGMA        1.0 /* pixels */
#define DIFFERENCE_MEAN  0.5
#define DIFFERENCE_MOST  2.3F
#define DIFFERENCE_LIMIT 12.0F
/* Larger pictures stay as they are: 4 megapixels take some 100 MB and 2 seconds. */
#define REDUCED_PIXELS_MAX (UINT64_C(4) << 20)

#define PIXELS_OVER_MOST 1000 /* one of so many may be */

/* --- counting -------------------------------------------------------------------------------- */

/* A pixel of 1 to 4 bands as R, G, B, A. */
static void read_pixel(const uint8_t *p, int bands, uint8_t rgba[4])
{
	rgba[0] = p[0];
	rgba[1] = p[bands < 3 ? 0 : 1];
	rgba[2] = p[bands < 3 ? 0 : 2];
	rgba[3] = bands % 2 ? UINT8_MAX : p[bands - 1];
	if (!rgba[3])
		memset(rgba, 0, 4);
}

/* The slot in which the colour is, or into which it belongs. */
static unsigned find_slot(const struct palette *palette, const uint8_t rgba[4])
{
	uint32_t key;
	unsigned slot;

	memcpy(&key, rgba, sizeof key);
	/* Knuth's multiplicative hash */
	slot = key * UINT32_C(2654435761) >> 22;
	while (palette->slot[slot] >= 0 && memcmp(palette->rgba[palette->slot[slot]], rgba, 4) != 0)
		slot = (slot + 1) % PALETTE_SLOTS;
	return slot;
}

static bool add_line(struct palette *palette, const uint8_t *line, int width, int bands)
{
	const uint8_t *last = NULL;

	for (const uint8_t *p = line; p < line + (size_t)width * (size_t)bands; p += bands) {
		uint8_t rgba[4];
		unsigned slot;

		/* neighbours are often equal */
		if (last && !memcmp(last, p, (size_t)bands))
			continue;
		last = p;
		read_pixel(p, bands, rgba);
		slot = find_slot(palette, rgba);
		if (palette->slot[slot] >= 0)
			continue;
		if (palette->colours == PALETTE_MAX)
			return false;
		memcpy(palette->rgba[palette->colours], rgba, 4);
		palette->slot[slot] = (int16_t)palette->colours++;
	}
	return true;
}

/* Luma in 1/256 (ITU-R BT.601). */
static int luma(const uint8_t rgba[4])
{
	return 77 * rgba[0] + 150 * rgba[1] + 29 * rgba[2];
}

/* Those that are not opaque first, so that the list of alphas is short; then dark to light, so that
 * neighbours in the picture have neighbouring numbers. */
static int compare_colours(const void *a, const void *b)
{
	const uint8_t *p = a, *q = b;

	if ((p[3] == UINT8_MAX) != (q[3] == UINT8_MAX))
		return p[3] == UINT8_MAX ? 1 : -1;
	if (luma(p) != luma(q))
		return luma(p) < luma(q) ? -1 : 1;
	return memcmp(p, q, 4);
}

static unsigned bits_for(unsigned colours)
{
	return colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
}

/* The fewest bits in which all grays can be written exactly; 0 where a colour is none. */
static unsigned gray_bits(const struct palette *palette)
{
	unsigned bits = 1;

	for (unsigned i = 0; i < palette->colours; i++) {
		const uint8_t *rgba = palette->rgba[i];

		if (rgba[0] != rgba[1] || rgba[0] != rgba[2] || rgba[3] != UINT8_MAX)
			return 0;
		while (rgba[0] % (UINT8_MAX / ((1U << bits) - 1)))
			bits *= 2;
	}
	return bits;
}

static void clear_slots(struct palette *palette)
{
	for (unsigned i = 0; i < PALETTE_SLOTS; i++)
		palette->slot[i] = -1;
}

bool palette_find(const VipsImage *image, struct palette *palette)
{
	palette->colours = palette->translucent = 0;
	clear_slots(palette);
	for (int y = 0; y < image->Ysize; y++)
		if (!add_line(palette, pixels_line(image, (uint32_t)y), image->Xsize, image->Bands))
			return false;
	qsort(palette->rgba, palette->colours, sizeof *palette->rgba, compare_colours);
	clear_slots(palette);
	for (unsigned i = 0; i < palette->colours; i++) {
		palette->slot[find_slot(palette, palette->rgba[i])] = (int16_t)i;
		palette->translucent += palette->rgba[i][3] != UINT8_MAX;
	}
	palette->bits = bits_for(palette->colours);
	palette->gray_bits = gray_bits(palette);
	return true;
}

void palette_map(const struct palette *palette, const VipsImage *image, uint32_t y,
                 uint8_t *indexes)
{
	const uint8_t *p = pixels_line(image, y);

	for (int x = 0; x < image->Xsize; x++, p += image->Bands) {
		uint8_t rgba[4];

		read_pixel(p, image->Bands, rgba);
		indexes[x] = (uint8_t)palette->slot[find_slot(palette, rgba)];
	}
}

bool palette_is_gray(const VipsImage *image)
{
	const size_t sample = vips_format_sizeof(image->BandFmt);
	const size_t pixel = (size_t)image->Bands * sample;
	const uint8_t *p = pixels_line(image, 0), *end = pixels_line(image, (uint32_t)image->Ysize);

	for (; p < end; p += pixel)
		if (memcmp(p, p + sample, sample) != 0 || memcmp(p, p + 2 * sample, sample) != 0)
			return false;
	return true;
}

/* --- fewer colours --------------------------------------------------------------------------- */

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
