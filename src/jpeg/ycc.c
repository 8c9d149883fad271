/* ycc.c - see ycc.h. */
#include "jpeg/ycc.h"

#include <string.h>

#include "jpeg/jpeg_colours.h"

#define BITS   JPEG_COLOURS_BITS
#define FIX(x) JPEG_COLOURS_FIX(x)
#define HALF   JPEG_COLOURS_HALF

#define NEUTRAL 128

static uint8_t clamp(int32_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > UINT8_MAX ? UINT8_MAX : value);
}

/* Few pixels are out of range: they are looked for at once. */
static void convert(const uint8_t *luma, const uint8_t *blue, const uint8_t *red, uint8_t *rgb,
                    uint32_t pixels)
{
	for (uint32_t i = 0; i < pixels; i++, rgb += 3) {
		const int32_t y = luma[i], cb = blue[i] - NEUTRAL, cr = red[i] - NEUTRAL;
		const int32_t r = y + ((FIX(1.40200) * cr + HALF) >> BITS);
		const int32_t g = y + ((HALF - FIX(0.34414) * cb - FIX(0.71414) * cr) >> BITS);
		const int32_t b = y + ((FIX(1.77200) * cb + HALF) >> BITS);
		const bool outside = ((r | g | b) & ~UINT8_MAX) != 0;

		rgb[0] = outside ? clamp(r) : (uint8_t)r;
		rgb[1] = outside ? clamp(g) : (uint8_t)g;
		rgb[2] = outside ? clamp(b) : (uint8_t)b;
	}
}

/* Each sample for two pixels. */
static void spread(const uint8_t *samples, uint32_t pixels, uint8_t *wide)
{
	for (uint32_t i = 0; i < pixels; i++)
		wide[i] = samples[i / 2];
}

/* As many pixels as fit two lines of spread chroma on the stack. */
#define PIECE 2048

/* Pixels of a line from `x` on, at most PIECE of them, as RGB. */
static void line_to_rgb(const struct jpeg_planes *planes, uint32_t x, uint32_t y, uint32_t pixels,
                        uint8_t *rgb)
{
	const struct plane *plane = planes->plane;
	const size_t at = (size_t)(y / planes->step) * plane[1].stride + x / planes->step;
	const uint8_t *luma = plane[0].data + y * plane[0].stride + x;
	uint8_t blue[PIECE], red[PIECE];

	if (planes->step == 1) {
		convert(luma, plane[1].data + at, plane[2].data + at, rgb, pixels);
		return;
	}
	spread(plane[1].data + at, pixels, blue);
	spread(plane[2].data + at, pixels, red);
	convert(luma, blue, red, rgb, pixels);
}

static uint32_t piece_at(const struct jpeg_planes *planes, uint32_t x)
{
	return planes->width - x < PIECE ? planes->width - x : PIECE;
}

void ycc_to_pixels(const struct jpeg_planes *planes, uint8_t *pixels)
{
	const size_t line = (size_t)planes->width * planes->components;

	for (uint32_t y = 0; y < planes->height; y++, pixels += line) {
		if (planes->components == 1)
			memcpy(pixels, planes->plane[0].data + y * planes->plane[0].stride, line);
		else
			for (uint32_t x = 0; x < planes->width; x += PIECE)
				line_to_rgb(planes, x, y, piece_at(planes, x),
				            pixels + 3 * (size_t)x);
	}
}

/* --- back ------------------------------------------------------------------------------ */

/* Pixels that share a sample of Cb and of Cr. */
struct cell {
	unsigned pixels, changed;
	unsigned blue, red; /* sums */
};

static void take_pixel(const struct jpeg_planes *planes, uint32_t x, uint32_t y,
                       const uint8_t *pixel, struct cell *cell)
{
	const struct plane *plane = planes->plane;
	const size_t at = (size_t)(y / planes->step) * plane[1].stride + x / planes->step;
	uint8_t *luma = plane[0].data + y * plane[0].stride + x;
	uint8_t was[3];

	cell->pixels++;
	convert(luma, plane[1].data + at, plane[2].data + at, was, 1);
	if (memcmp(was, pixel, sizeof was) == 0) {
		cell->blue += plane[1].data[at];
		cell->red += plane[2].data[at];
		return;
	}
	cell->changed++;
	*luma = jpeg_luma_of(pixel);
	cell->blue += jpeg_blue_of(pixel);
	cell->red += jpeg_red_of(pixel);
}

static void take_cell(const struct jpeg_planes *planes, uint32_t x, uint32_t y,
                      const uint8_t *pixels)
{
	const struct plane *plane = planes->plane;
	const size_t at = (size_t)(y / planes->step) * plane[1].stride + x / planes->step;
	struct cell cell = {0};

	for (uint32_t j = y; j < y + planes->step && j < planes->height; j++)
		for (uint32_t i = x; i < x + planes->step && i < planes->width; i++)
			take_pixel(planes, i, j, pixels + 3 * ((size_t)j * planes->width + i),
			           &cell);
	if (!cell.changed)
		return;
	plane[1].data[at] = (uint8_t)((cell.blue + cell.pixels / 2) / cell.pixels);
	plane[2].data[at] = (uint8_t)((cell.red + cell.pixels / 2) / cell.pixels);
}

/* Whether anything from `x` on differs from what the planes say: mostly nothing does. */
static bool differs(const struct jpeg_planes *planes, uint32_t x, uint32_t y, const uint8_t *pixels)
{
	uint8_t was[3 * PIECE];
	const uint32_t count = piece_at(planes, x);

	line_to_rgb(planes, x, y, count, was);
	return memcmp(was, pixels + 3 * ((size_t)y * planes->width + x), 3 * (size_t)count) != 0;
}

/* The lines that share samples, from `y` on, of one piece. */
static void take_piece(const struct jpeg_planes *planes, uint32_t x, uint32_t y,
                       const uint8_t *pixels)
{
	bool any = false;

	for (uint32_t j = y; j < y + planes->step && j < planes->height; j++)
		any = any || differs(planes, x, j, pixels);
	for (uint32_t i = x; any && i < x + piece_at(planes, x); i += planes->step)
		take_cell(planes, i, y, pixels);
}

void ycc_take_pixels(const struct jpeg_planes *planes, const uint8_t *pixels)
{
	const size_t line = (size_t)planes->width * planes->components;

	if (planes->components == 1) {
		for (size_t y = 0; y < planes->height; y++)
			memcpy(planes->plane[0].data + y * planes->plane[0].stride,
			       pixels + y * line, line);
		return;
	}
	for (uint32_t y = 0; y < planes->height; y += planes->step)
		for (uint32_t x = 0; x < planes->width; x += PIECE)
			take_piece(planes, x, y, pixels);
}
