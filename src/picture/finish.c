/* finish.c - line by line; see finish.h. */
#include "picture/finish.h"

#include <string.h>

/* 65535 by 255. */
#define DEEP 257

static bool is_turned(struct turn turn)
{
	return turn.swap || turn.flip_x || turn.flip_y;
}

static bool is_framed(const struct br_image_geometry *geometry)
{
	return geometry->canvas_width != geometry->crop_width ||
	       geometry->canvas_height != geometry->crop_height;
}

bool finish_is_done(const struct raster *raster, const struct finish *finish)
{
	return !is_turned(finish->turn) && !geometry_crops(finish->geometry) &&
	       !is_framed(finish->geometry) && (finish->deep || raster->bits == 8) &&
	       !(finish->flat && raster->alpha);
}

struct raster finish_shape(const struct raster *raster, const struct finish *finish)
{
	struct raster shape = {
	    .width = finish->geometry->canvas_width,
	    .height = finish->geometry->canvas_height,
	    .bands = raster->bands,
	    .bits = finish->deep ? raster->bits : 8,
	    .alpha = raster->alpha,
	};

	if (finish->flat && shape.alpha) {
		shape.bands--;
		shape.alpha = false;
	}
	if (finish->transparent && is_framed(finish->geometry) && !shape.alpha) {
		shape.bands++;
		shape.alpha = true;
	}
	return shape;
}

size_t finish_room(const struct raster *raster, const struct finish *finish)
{
	return 2 * raster_pixel(raster) * finish->geometry->crop_width;
}

/* --- the steps of a line ------------------------------------------------------------- */

/* Line y of the upright picture, from column x on. */
static const uint8_t *upright(const struct raster *raster, struct turn turn, uint32_t x, uint32_t y,
                              uint32_t width, uint8_t *room)
{
	const size_t pixel = raster_pixel(raster), line = raster_line_bytes(raster);
	const ptrdiff_t across = (ptrdiff_t)(turn.swap ? line : pixel);
	const ptrdiff_t down = (ptrdiff_t)(turn.swap ? pixel : line);
	const ptrdiff_t step = turn.flip_x ? -across : across;
	const uint32_t seen_width = turn.swap ? raster->height : raster->width;
	const uint32_t seen_height = turn.swap ? raster->width : raster->height;
	const uint8_t *from = raster->pixels +
	                      (ptrdiff_t)(turn.flip_x ? seen_width - 1 - x : x) * across +
	                      (ptrdiff_t)(turn.flip_y ? seen_height - 1 - y : y) * down;

	if (step == (ptrdiff_t)pixel)
		return from;
	for (uint32_t i = 0; i < width; i++, from += step)
		memcpy(room + i * pixel, from, pixel);
	return room;
}

/* Rounded to the nearest: 257 is odd, so that no value lies between two. */
static void reduce(uint8_t *out, const uint8_t *in, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		uint16_t value;

		memcpy(&value, in + 2 * i, sizeof value);
		out[i] = (uint8_t)((value + DEEP / 2) / DEEP);
	}
}

/* Three samples at 16 bits each, and their products by up to 255, divided by 255 and cut: so far as
 * that x / 255 is (x + 1 + x / 256) / 256. */
static inline uint64_t spread(const uint8_t *in)
{
	return in[0] | (uint64_t)in[1] << 16 | (uint64_t)in[2] << 32;
}

static inline uint64_t divide(uint64_t three)
{
	const uint64_t ones = UINT64_C(0x000100010001), low = UINT64_C(0x00ff00ff00ff);

	return (three + ones + (three >> 8 & low)) >> 8;
}

static void flatten_rgb(uint8_t *out, const uint8_t *in, uint32_t width,
                        const uint8_t background[3])
{
	const uint64_t behind = spread(background);

	for (uint32_t i = 0; i < width; i++, in += 4, out += 3) {
		const uint64_t rgb =
		    divide(spread(in) * in[3] + behind * (uint64_t)(UINT8_MAX - in[3]));

		out[0] = (uint8_t)rgb;
		out[1] = (uint8_t)(rgb >> 16);
		out[2] = (uint8_t)(rgb >> 32);
	}
}

/* Cut to integers, as vips_flatten() does. */
static void flatten(uint8_t *out, const uint8_t *in, uint32_t width, unsigned bands,
                    const uint8_t background[3])
{
	if (bands == 4) {
		flatten_rgb(out, in, width, background);
		return;
	}
	for (uint32_t i = 0; i < width; i++, in += bands)
		for (unsigned b = 0; b + 1 < bands; b++)
			*out++ = (uint8_t)((in[b] * in[bands - 1] +
			                    background[b] * (UINT8_MAX - in[bands - 1])) /
			                   UINT8_MAX);
}

/* Colours stay where all is opaque, as most pictures with alpha are. */
static void drop_alpha(uint8_t *out, const uint8_t *in, uint32_t width, unsigned bands)
{
	uint32_t i = 0;

	/* four bytes are one store: that behind a pixel is the next one's */
	for (; bands == 4 && i + 1 < width; i++, in += 4, out += 3)
		memcpy(out, in, 4);
	for (; i < width; i++, in += bands, out += bands - 1)
		memcpy(out, in, bands - 1);
}

static void add_alpha(uint8_t *out, const uint8_t *in, uint32_t width, size_t pixel, size_t alpha)
{
	for (uint32_t i = 0; i < width; i++, in += pixel) {
		memcpy(out, in, pixel);
		memset(out + pixel, UINT8_MAX, alpha);
		out += pixel + alpha;
	}
}

static void put_line(const struct raster *raster, const struct finish *finish,
                     const struct raster *shape, const uint8_t *line, uint8_t *room, uint8_t *out)
{
	const uint32_t width = finish->geometry->crop_width;

	if (raster->bits > shape->bits) {
		reduce(room, line, (size_t)width * raster->bands);
		line = room;
	}
	if (raster->bands > shape->bands &&
	    raster_line_opaque(line, width, raster->bands, shape->bits))
		drop_alpha(out, line, width, raster->bands);
	else if (raster->bands > shape->bands)
		flatten(out, line, width, raster->bands, finish->background);
	else if (raster->bands < shape->bands)
		add_alpha(out, line, width, (size_t)raster->bands * shape->bits / 8,
		          shape->bits / 8);
	else
		memcpy(out, line, width * raster_pixel(shape));
}

/* --- the margins --------------------------------------------------------------------- */

static void fill(const struct raster *shape, const struct finish *finish, uint8_t *out,
                 size_t pixels)
{
	const unsigned colours = shape->bands - shape->alpha;
	const size_t sample = shape->bits / 8, pixel = raster_pixel(shape);
	uint8_t ink[8] = {0};

	/* 257 times a byte is that byte twice */
	for (unsigned b = 0; b < shape->bands && !finish->transparent; b++)
		memset(ink + b * sample, b < colours ? finish->background[b] : UINT8_MAX, sample);
	for (size_t i = 0; i < pixels; i++)
		memcpy(out + i * pixel, ink, pixel);
}

/* --- the steps in their order -------------------------------------------------------- */

void finish_run(const struct raster *raster, const struct finish *finish, uint8_t *pixels,
                void *room)
{
	const struct br_image_geometry *g = finish->geometry;
	const struct raster shape = finish_shape(raster, finish);
	const size_t pixel = raster_pixel(&shape), line = raster_line_bytes(&shape);
	uint8_t *turned = room, *reduced = turned + raster_pixel(raster) * g->crop_width;

	if (is_framed(g))
		fill(&shape, finish, pixels, (size_t)raster_pixels(&shape));
	for (uint32_t y = 0; y < g->crop_height; y++)
		put_line(
		    raster, finish, &shape,
		    upright(raster, finish->turn, g->crop_x, g->crop_y + y, g->crop_width, turned),
		    reduced, pixels + (g->pad_y + y) * line + g->pad_x * pixel);
}
