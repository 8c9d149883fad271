/* palette.c - colours counted by a small hash table. */
#include "png/palette.h"

#include <stdlib.h>
#include <string.h>

/* A pixel of 1 to 4 bands as R, G, B, A. */
static void read_pixel(const uint8_t *p, unsigned bands, uint8_t rgba[4])
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

static bool add_line(struct palette *palette, const uint8_t *line, size_t width, unsigned bands)
{
	const uint8_t *last = NULL;

	for (const uint8_t *p = line; p < line + width * bands; p += bands) {
		uint8_t rgba[4];
		unsigned slot;

		/* neighbours are often equal */
		if (last && !memcmp(last, p, bands))
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

/* The fewest bits in which all grays can be written exactly; 0 if a colour is none. */
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

bool palette_find(const struct raster *raster, struct palette *palette)
{
	palette->colours = palette->translucent = 0;
	clear_slots(palette);
	for (uint32_t y = 0; y < raster->height; y++)
		if (!add_line(palette, raster_line(raster, y), raster->width, raster->bands))
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

void palette_map(const struct palette *palette, const struct raster *raster, uint32_t y,
                 uint8_t *indexes)
{
	const uint8_t *p = raster_line(raster, y);

	for (uint32_t x = 0; x < raster->width; x++, p += raster->bands) {
		uint8_t rgba[4];

		read_pixel(p, raster->bands, rgba);
		indexes[x] = (uint8_t)palette->slot[find_slot(palette, rgba)];
	}
}
