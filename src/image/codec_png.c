/* codec_png.c - chooses a layout, has it written, keeps the smallest.
 *
 * Levels and filters were first measured with libpng on eight wallpapers and screenshots and two
 * photographs of 800x600: without filters a photograph is up to 80 % larger, a screenshot a few
 * percent smaller; from effort 7 on both are tried.
 */
#include "image/codec_png.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image/palette.h"
#include "image/png_writer.h"

/* From these efforts on: some lines are written in every way that may be best, and the picture in
 * the best of them; the whole picture is; with every filter. */
#define EFFORT_PARTS    4
#define EFFORT_THOROUGH 7
#define EFFORT_MOST     10

/* The part that is written for a trial: blocks of lines, one of so many. */
#define PART       8
#define PART_LINES 16

/* Pictures of so many pixels are written in every way at once. */
#define SMALL_PIXELS 65536

/* How the pixels are written. */
struct layout {
	const struct palette *palette; /* NULL but for numbers of colours and gray of few bits */
	bool gray;                     /* with a palette: what it stands for */
	unsigned depth;
	unsigned bands; /* of the picture's own that are written */
	unsigned skip;  /* from the first to the next: 1, or 3 where one band is for three */
};

/* A file in the making: every line, or those of one in so many blocks. */
struct writer {
	VipsImage *image;
	const struct layout *layout;
	uint32_t part;
};

int codec_png_level(unsigned effort)
{
	return effort > 9 ? 9 : (int)effort;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void make_numbers(const struct writer *writer, uint32_t y, uint8_t *row)
{
	const struct layout *layout = writer->layout;
	const int width = writer->image->Xsize;

	palette_map(layout->palette, writer->image, y, row);
	if (!layout->gray)
		return;
	for (int x = 0; x < width; x++)
		row[x] = (uint8_t)(layout->palette->rgba[row[x]][0] /
		                   (UINT8_MAX / ((1U << layout->depth) - 1)));
}

/* The bands that are written. */
static void make_samples(const struct writer *writer, uint32_t y, uint8_t *row)
{
	const struct layout *layout = writer->layout;
	const VipsImage *image = writer->image;
	const size_t sample = layout->depth / 8, pixel = (size_t)image->Bands * sample;
	const unsigned char *in = pixels_line(image, y);

	if (layout->bands == (unsigned)image->Bands) {
		memcpy(row, in, (size_t)image->Xsize * pixel);
		return;
	}
	for (int x = 0; x < image->Xsize; x++, in += pixel)
		for (unsigned band = 0; band < layout->bands; band++) {
			memcpy(row, in + (band ? band - 1 + layout->skip : 0) * sample, sample);
			row += sample;
		}
}

/* Line `y` of those that are written. */
static int make_row(void *context, uint32_t y, uint8_t *row)
{
	const struct writer *writer = context;
	const uint32_t line = y / PART_LINES * PART_LINES * writer->part + y % PART_LINES;

	if (writer->layout->palette)
		make_numbers(writer, line, row);
	else
		make_samples(writer, line, row);
	return 0;
}

/* Lines of one in `part` blocks of PART_LINES. */
static uint32_t lines_of_part(uint32_t height, uint32_t part)
{
	const uint32_t round = PART_LINES * part, rest = height % round;

	return height / round * PART_LINES + VIPS_MIN(rest, PART_LINES);
}

/* Appends a file. Returns 0 or -1. */
static int encode(struct writer *writer, enum png_filtering filtering, unsigned effort,
                  struct buffer *out)
{
	const struct layout *layout = writer->layout;
	const struct png_picture picture = {
	    .width = (uint32_t)writer->image->Xsize,
	    .height = lines_of_part((uint32_t)writer->image->Ysize, writer->part),
	    .channels = layout->palette ? 1 : layout->bands,
	    .bits = layout->depth,
	    .row = make_row,
	    .context = writer,
	    .palette = layout->palette && !layout->gray ? layout->palette->rgba : NULL,
	    .entries = layout->palette ? layout->palette->colours : 0,
	};

	/* as libvips' own savers do: who counts the time is asked */
	g_signal_emit_by_name(writer->image, "eval", NULL);
	if (vips_image_iskilled(writer->image))
		return -1;
	if (!png_writer_write(&picture, filtering, effort, out))
		return 0;
	vips_error("png", "no memory");
	return -1;
}

/* --- choices --------------------------------------------------------------------------------- */

/* A way to write the picture. */
struct candidate {
	const struct layout *layout;
	enum png_filtering filtering;
};

#define CANDIDATES_MAX 16

/* What can be chosen from, for one picture. */
struct choice {
	VipsImage *image;
	unsigned effort;
	bool outgrown; /* larger than the source: more is tried */
	struct layout numbers, samples;
	struct candidate candidate[CANDIDATES_MAX];
	unsigned candidates;
	struct buffer file; /* the smallest so far */
};

static void add(struct choice *choice, const struct layout *layout, enum png_filtering filtering)
{
	choice->candidate[choice->candidates++] = (struct candidate){layout, filtering};
}

static void add_most(struct choice *choice, const struct layout *layout)
{
	add(choice, layout, PNG_FILTERING_SUB);
	add(choice, layout, PNG_FILTERING_UP);
	add(choice, layout, PNG_FILTERING_PAETH);
}

static bool is_small(const VipsImage *image)
{
	return (uint64_t)image->Xsize * (uint64_t)image->Ysize <= SMALL_PIXELS;
}

/* Whether the whole picture is written in every way. */
static bool is_thorough(const struct choice *choice)
{
	return choice->effort >= EFFORT_THOROUGH || is_small(choice->image);
}

/* The likeliest first: with little effort it is the one. Numbers of up to 16 colours take a sixth
 * of the samples' bits and win, but for small pictures, where the palette itself weighs. */
static void list_candidates(struct choice *choice, bool numbers, bool samples)
{
	const bool thorough = choice->effort >= EFFORT_THOROUGH || choice->outgrown;
	const bool tie = choice->numbers.depth == 8 || is_small(choice->image);

	if (numbers) {
		add(choice, &choice->numbers, PNG_FILTERING_NONE);
		if (tie || thorough)
			add(choice, &choice->numbers, PNG_FILTERING_BEST);
	}
	if (samples && (!numbers || tie)) {
		add(choice, &choice->samples, PNG_FILTERING_BEST);
		add(choice, &choice->samples, PNG_FILTERING_NONE);
	}
	if (choice->effort >= EFFORT_MOST || choice->outgrown) {
		add_most(choice, numbers ? &choice->numbers : &choice->samples);
		if (numbers && samples && tie)
			add_most(choice, &choice->samples);
	}
}

/* Writes the picture once and keeps that where it is smaller. Returns 0 or -1. */
static int try_with(struct choice *choice, const struct candidate *candidate, unsigned effort)
{
	struct writer writer = {.image = choice->image, .layout = candidate->layout, .part = 1};
	struct buffer file = BUFFER_HEAP;
	struct buffer larger = file;
	int status = encode(&writer, candidate->filtering, effort, &file);

	if (!status && (!choice->file.size || file.size < choice->file.size)) {
		larger = choice->file;
		choice->file = file;
	} else {
		larger = file;
	}
	buffer_release(&larger);
	return status;
}

/* The most that can be done is not always the best: of noise a little less makes less. */
static int try_whole(struct choice *choice, const struct candidate *candidate)
{
	const unsigned effort = choice->outgrown ? EFFORT_MOST : choice->effort;
	int status = try_with(choice, candidate, effort);

	if (!status && effort == EFFORT_MOST)
		status = try_with(choice, candidate, EFFORT_THOROUGH);
	return status;
}

/* Bytes of the whole from those of a part; a palette is in both once. */
static size_t whole_of_part(const struct layout *layout, size_t size)
{
	const size_t fixed =
	    layout->palette && !layout->gray
		? (size_t)3 * layout->palette->colours + layout->palette->translucent
		: 0;

	return (size - fixed) * PART + fixed;
}

/* The candidate that makes least of some lines. Returns NULL when one fails. */
static const struct candidate *try_parts(const struct choice *choice)
{
	const struct candidate *best = NULL;
	struct buffer file = BUFFER_HEAP;
	size_t least = SIZE_MAX;

	for (unsigned i = 0; i < choice->candidates; i++) {
		const struct candidate *one = &choice->candidate[i];
		struct writer writer = {
		    .image = choice->image, .layout = one->layout, .part = PART};
		size_t size;

		file.size = 0;
		if (encode(&writer, one->filtering, choice->effort, &file)) {
			best = NULL;
			break;
		}
		size = whole_of_part(one->layout, file.size);
		if (size < least)
			best = one;
		least = VIPS_MIN(least, size);
	}
	buffer_release(&file);
	return best;
}

/* Returns 0 or -1. */
static int try_candidates(struct choice *choice)
{
	const struct candidate *one = choice->candidate;
	int status = 0;

	if (is_thorough(choice)) {
		for (unsigned i = 0; i < choice->candidates && !status; i++)
			status = try_whole(choice, &choice->candidate[i]);
	} else {
		if (choice->effort >= EFFORT_PARTS && choice->candidates > 1)
			one = try_parts(choice);
		status = one ? try_whole(choice, one) : -1;
	}
	choice->candidates = 0;
	return status;
}

static struct layout layout_of_samples(VipsImage *image, const struct codec_origin *origin)
{
	const bool alpha = vips_image_hasalpha(image) && !pixels_opaque(image);
	/* a profile is for gray or for colours */
	const bool gray =
	    image->Bands < 3 || (origin->gray && !origin->profile && palette_is_gray(image));

	return (struct layout){
	    .depth = 8 * (unsigned)vips_format_sizeof(image->BandFmt),
	    .bands = (gray ? 1U : 3U) + alpha,
	    .skip = gray && image->Bands > 2 ? 3 : 1,
	};
}

/* Of few colours: their numbers, or gray of few bits. False where the picture may be neither. */
static bool layout_of_numbers(VipsImage *image, const struct palette *palette,
                              const struct codec_origin *origin, struct layout *layout)
{
	const bool may_gray = image->Bands < 3 || (origin->gray && !origin->profile);
	const bool may_colour = image->Bands >= 3 || !origin->profile;
	const bool gray =
	    may_gray && palette->gray_bits && (palette->gray_bits <= palette->bits || !may_colour);

	*layout = (struct layout){
	    .palette = palette,
	    .gray = gray,
	    .depth = gray ? palette->gray_bits : palette->bits,
	};
	return gray || may_colour;
}

/* A picture that was in a palette and has outgrown it. */
static int try_reduced(struct choice *choice, struct palette *palette,
                       const struct codec_origin *origin, bool *reduced)
{
	VipsImage *image = choice->image;
	struct pull pull = {0};
	int status = 0;

	choice->image = palette_reduce(image, &pull);
	*reduced = choice->image != NULL;
	if (choice->image && palette_find(choice->image, palette) &&
	    layout_of_numbers(choice->image, palette, origin, &choice->numbers)) {
		list_candidates(choice, true, false);
		status = try_candidates(choice);
	}
	VIPS_UNREF(choice->image);
	choice->image = image;
	return status;
}

static int try_all(struct choice *choice, const struct codec_origin *origin,
                   struct palette *palette)
{
	VipsImage *image = choice->image;
	const bool bytes = image->BandFmt == VIPS_FORMAT_UCHAR;
	const bool few = bytes && palette_find(image, palette);
	const bool numbers = few && layout_of_numbers(image, palette, origin, &choice->numbers);
	bool reduced = false;
	int status;

	choice->samples = layout_of_samples(image, origin);
	/* what had a palette or was gray stays so */
	list_candidates(choice, numbers, !numbers || !origin->gray);
	status = try_candidates(choice);
	if (!status && bytes && !few && origin->palette && choice->file.size > origin->bytes)
		status = try_reduced(choice, palette, origin, &reduced);
	choice->outgrown = choice->effort >= EFFORT_PARTS && choice->effort < EFFORT_MOST &&
	                   !reduced && choice->file.size > origin->bytes;
	if (!status && choice->outgrown) {
		list_candidates(choice, numbers, !numbers || !origin->gray);
		status = try_candidates(choice);
	}
	return status;
}

int codec_png_save(VipsImage *image, const struct codec_origin *origin,
                   const struct image_options *options, void **data, size_t *size)
{
	struct palette *palette = g_try_new(struct palette, 1);
	struct choice choice = {.image = image, .effort = options->png_effort, .file = BUFFER_HEAP};
	int status = -1;

	if (palette)
		status = try_all(&choice, origin, palette);
	g_free(palette);
	if (status) {
		buffer_release(&choice.file);
		return -1;
	}
	*data = choice.file.data;
	*size = choice.file.size;
	return 0;
}
