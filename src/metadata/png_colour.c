/* png_colour.c - see png_colour.h (PNG, third edition; ISO/IEC 15948). */
#include "metadata/png_colour.h"

#include "probe/png_chunks.h"

static void read_pair(const unsigned char *p, double pair[2])
{
	pair[0] = be32(p) / 100000.0;
	pair[1] = be32(p + 4) / 100000.0;
}

static void read_colour(const struct png_chunk *chunk, struct png_colour_chunks *colour)
{
	const unsigned char *p = chunk->data.data;
	const size_t size = chunk->data.size;

	if (png_chunk_is(chunk, "iCCP")) {
		colour->profile = true;
	} else if (png_chunk_is(chunk, "sRGB") && size == 1) {
		colour->srgb = true;
	} else if (png_chunk_is(chunk, "gAMA") && size == 4) {
		colour->gamma = be32(p);
	} else if (png_chunk_is(chunk, "cICP") && size == 4 && p[2] == 0 && p[3] <= 1) {
		colour->codes =
		    (struct colour_codes){.told = true, .primaries = p[0], .transfer = p[1]};
		colour->narrow = !p[3];
	} else if (png_chunk_is(chunk, "cHRM") && size == 32) {
		colour->has_primaries = true;
		read_pair(p, colour->white);
		read_pair(p + 8, colour->red);
		read_pair(p + 16, colour->green);
		read_pair(p + 24, colour->blue);
	}
}

struct png_colour_chunks png_colour_read(struct bytes png)
{
	struct png_colour_chunks colour = {0};
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;

	while (png_chunk_next(png, &at, &chunk) && !png_chunk_is(&chunk, "IDAT"))
		read_colour(&chunk, &colour);
	return colour;
}
