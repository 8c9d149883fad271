/* codec_png.c - chooses a layout, has it written, keeps the smallest.
 *
 * Levels and filters were first measured with libpng on eight wallpapers and screenshots and two
 * photographs of 800x600: without filters a photograph is up to 80 % larger, a screenshot a few
 * percent smaller; from effort 7 on both are tried.
 */
#include "png/codec_png.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "png/palette.h"
#include "png/png_copy.h"
#include "png/png_writer.h"
#include "resample/raster.h"

/* From these efforts on: some lines are written in every way that may be best, and the picture in
 * the best of them; the whole picture is; with every filter. */
#define EFFORT_PARTS    4
#define EFFORT_THOROUGH 7
#define EFFORT_MOST     10

/* The part that is written for a trial: blocks of lines, one of so many. */
#define PART       8
#define PART_LINES 16

/* The effort of a trial: for 53 of 54 wallpapers the lowest chooses as the default does; the other,
 * a drawing, becomes 3 % larger. */
#define EFFORT_TRIAL PNG_EFFORT_MIN

/* Pictures of so many pixels are written in every way at once. */
#define SMALL_PIXELS 65536

/* How the pixels are written. */
struct layout {
	const struct palette *palette; /* for numbers of colours and gray of few bits, else NULL */
	bool gray;                     /* with a palette: what it stands for */
	unsigned depth;
	unsigned bands; /* of the picture's own that are written */
	unsigned skip;  /* from the first to the next: 1, or 3 if one band is for three */
};

/* A file in the making: every line, or those of one in so many blocks. */
struct writer {
	const struct raster *raster;
	const struct layout *layout;
	uint32_t part;
};

/* A way to write the picture. */
struct candidate {
	const struct layout *layout;
	enum png_filtering filtering;
};

#define CANDIDATES_MAX 16

/* What can be chosen from, for one picture. */
struct choice {
	const struct raster *raster;
	const struct codec_png_help *help;
	unsigned effort;
	bool outgrown; /* larger than the source: more is tried */
	struct layout numbers, samples;
	struct candidate candidate[CANDIDATES_MAX];
	unsigned candidates;
	struct br_buffer file; /* the smallest so far */
};

int codec_png_level(unsigned effort)
{
	return effort > 9 ? 9 : (int)effort;
}

/* --- rows of the encoding -------------------------------------------------------------------- */

static void make_numbers(const struct writer *writer, uint32_t y, uint8_t *row)
{
	const struct layout *layout = writer->layout;

	palette_map(layout->palette, writer->raster, y, row);
	if (!layout->gray)
		return;
	for (uint32_t x = 0; x < writer->raster->width; x++)
		row[x] = (uint8_t)(layout->palette->rgba[row[x]][0] /
		                   (UINT8_MAX / ((1U << layout->depth) - 1)));
}

/* The bands that are written. */
static void make_samples(const struct writer *writer, uint32_t y, uint8_t *row)
{
	const struct layout *layout = writer->layout;
	const struct raster *raster = writer->raster;
	const size_t sample = layout->depth / 8, pixel = raster_pixel(raster);
	const uint8_t *in = raster_line(raster, y);

	if (layout->bands == raster->bands) {
		memcpy(row, in, raster_line_bytes(raster));
		return;
	}
	for (uint32_t x = 0; x < raster->width; x++, in += pixel)
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

	return height / round * PART_LINES + (rest < PART_LINES ? rest : PART_LINES);
}

/* Appends a file. */
static int encode(const struct choice *choice, struct writer *writer, enum png_filtering filtering,
                  unsigned effort, struct br_buffer *out)
{
	const struct layout *layout = writer->layout;
	const struct png_picture picture = {
	    .width = writer->raster->width,
	    .height = lines_of_part(writer->raster->height, writer->part),
	    .channels = layout->palette ? 1 : layout->bands,
	    .bits = layout->depth,
	    .row = make_row,
	    .context = writer,
	    .palette = layout->palette && !layout->gray ? layout->palette->rgba : NULL,
	    .entries = layout->palette ? layout->palette->colours : 0,
	};

	if (choice->help->late && choice->help->late(choice->help->context))
		return -ECANCELED;
	return png_writer_write(&picture, filtering, effort, out);
}

/* --- which encodings are tried --------------------------------------------------------------- */

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

static bool is_small(const struct choice *choice)
{
	return raster_pixels(choice->raster) <= SMALL_PIXELS;
}

/* Whether the whole picture is written in every way. */
static bool is_thorough(const struct choice *choice)
{
	return choice->effort >= EFFORT_THOROUGH || is_small(choice);
}

/* The likeliest first: with little effort it is the one. Numbers of up to 16 colours take a sixth
 * of the samples' bits and win, unless the picture is so small that the palette itself weighs. */
static void list_candidates(struct choice *choice, bool numbers, bool samples)
{
	const bool thorough = choice->effort >= EFFORT_THOROUGH || choice->outgrown;
	const bool tie = choice->numbers.depth == 8 || is_small(choice);

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

/* Writes the picture once and keeps that if it is smaller. */
static int try_with(struct choice *choice, const struct candidate *candidate, unsigned effort)
{
	struct writer writer = {.raster = choice->raster, .layout = candidate->layout, .part = 1};
	struct br_buffer file = BR_BUFFER_HEAP;
	struct br_buffer larger = file;
	int status = encode(choice, &writer, candidate->filtering, effort, &file);

	if (!status && (!choice->file.size || file.size < choice->file.size)) {
		larger = choice->file;
		choice->file = file;
	} else {
		larger = file;
	}
	br_buffer_release(&larger);
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

/* The candidate that makes least of some lines. */
static int try_parts(const struct choice *choice, const struct candidate **best)
{
	struct br_buffer file = BR_BUFFER_HEAP;
	size_t least = SIZE_MAX;
	int status = 0;

	for (unsigned i = 0; i < choice->candidates && !status; i++) {
		const struct candidate *one = &choice->candidate[i];
		struct writer writer = {
		    .raster = choice->raster, .layout = one->layout, .part = PART};
		size_t size;

		file.size = 0;
		status = encode(choice, &writer, one->filtering, EFFORT_TRIAL, &file);
		size = whole_of_part(one->layout, file.size);
		if (status || size >= least)
			continue;
		*best = one;
		least = size;
	}
	br_buffer_release(&file);
	return status;
}

static int try_candidates(struct choice *choice)
{
	const struct candidate *one = choice->candidate;
	int status = 0;

	if (is_thorough(choice)) {
		for (unsigned i = 0; i < choice->candidates && !status; i++)
			status = try_whole(choice, &choice->candidate[i]);
	} else {
		if (choice->effort >= EFFORT_PARTS && choice->candidates > 1)
			status = try_parts(choice, &one);
		if (!status)
			status = try_whole(choice, one);
	}
	choice->candidates = 0;
	return status;
}

/* A picture that nothing was done to need not grow: whoever made the source may have spent more
 * time on it than we do. */
static int try_same(struct choice *choice, struct bytes same)
{
	struct br_buffer copy = BR_BUFFER_HEAP;
	struct br_buffer larger;
	int status = png_copy(same, choice->file.size, &copy);

	if (status || !copy.size) {
		larger = copy;
	} else {
		larger = choice->file;
		choice->file = copy;
	}
	br_buffer_release(&larger);
	return status;
}

static struct layout layout_of_samples(const struct raster *raster,
                                       const struct codec_origin *origin)
{
	const bool alpha = raster->alpha && !raster_opaque(raster);
	/* a profile is for gray or for colours */
	const bool gray =
	    raster->bands < 3 || (origin->gray && !origin->profile && raster_gray(raster));

	return (struct layout){
	    .depth = raster->bits,
	    .bands = (gray ? 1U : 3U) + alpha,
	    .skip = gray && raster->bands > 2 ? 3 : 1,
	};
}

/* Of few colours: their numbers, or gray of few bits. False if the picture may be neither. */
static bool layout_of_numbers(const struct raster *raster, const struct palette *palette,
                              const struct codec_origin *origin, struct layout *layout)
{
	const bool may_gray = raster->bands < 3 || (origin->gray && !origin->profile);
	const bool may_colour = raster->bands >= 3 || !origin->profile;
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
	const struct raster *raster = choice->raster;
	struct raster fewer;
	int status =
	    choice->help->reduce ? choice->help->reduce(choice->help->context, raster, &fewer) : 0;

	*reduced = status > 0;
	if (status <= 0)
		return status;
	status = 0;
	choice->raster = &fewer;
	if (palette_find(&fewer, palette) &&
	    layout_of_numbers(&fewer, palette, origin, &choice->numbers)) {
		list_candidates(choice, true, false);
		status = try_candidates(choice);
	}
	choice->raster = raster;
	return status;
}

static int try_all(struct choice *choice, const struct codec_origin *origin,
                   struct palette *palette)
{
	const struct raster *raster = choice->raster;
	const bool bytes = raster->bits == 8;
	const bool few = bytes && palette_find(raster, palette);
	const bool numbers = few && layout_of_numbers(raster, palette, origin, &choice->numbers);
	bool reduced = false;
	int status;

	choice->samples = layout_of_samples(raster, origin);
	/* what had a palette or was gray stays so */
	list_candidates(choice, numbers, !numbers || !origin->gray);
	status = try_candidates(choice);
	if (!status && origin->same.size)
		status = try_same(choice, origin->same);
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

int codec_png_encode(const struct raster *raster, const struct codec_origin *origin,
                     unsigned effort, const struct codec_png_help *help, struct br_buffer *file)
{
	struct palette *palette = malloc(sizeof *palette);
	struct choice choice = {
	    .raster = raster, .help = help, .effort = effort, .file = BR_BUFFER_HEAP};
	int status = palette ? try_all(&choice, origin, palette) : -ENOMEM;

	free(palette);
	if (status) {
		br_buffer_release(&choice.file);
		return status;
	}
	*file = choice.file;
	return 0;
}
