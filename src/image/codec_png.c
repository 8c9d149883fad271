/* codec_png.c - chooses a layout, writes it by libpng, keeps the smallest.
 *
 * Levels and filters, measured on eight wallpapers and screenshots and two photographs of 800x600
 * (libpng 1.6.39, zlib 1.2.13; bytes against level 6 with all filters, time for one):
 *   level 1 +30 % 0.02 s, 2 +24 % 0.03 s, 3 +18 % 0.04 s, 4 +4 % 0.04 s, 6 0.09 s, 9 -5 % 0.5 s.
 * Without filters a photograph is up to 80 % larger, a screenshot a few percent smaller: from
 * effort 7 on both are tried.
 */
#include "image/codec_png.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "image/palette.h"

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
	int type;                      /* PNG_COLOR_TYPE_... */
	int depth;
	int bands; /* of the picture's own that are written */
	int skip;  /* from the first to the next: 1, or 3 where one band is for three */
};

/* A file in the making. */
struct writer {
	VipsImage *image;
	const struct layout *layout;
	int level, filters;
	int part; /* every line, or those of one in so many blocks */
	unsigned char *data;
	size_t size, capacity;
	unsigned char *row;
};

int codec_png_level(unsigned effort)
{
	return effort > 9 ? 9 : (int)effort;
}

/* --- libpng ---------------------------------------------------------------------------------- */

static void PNGCBAPI fail(png_structp png, png_const_charp text)
{
	vips_error("png", "%s", text);
	png_longjmp(png, 1);
}

static void PNGCBAPI ignore(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void PNGCBAPI append(png_structp png, png_bytep bytes, size_t size)
{
	struct writer *writer = png_get_io_ptr(png);

	if (size > writer->capacity - writer->size) {
		const size_t capacity = (writer->size + size) * 2;
		unsigned char *data = g_try_realloc(writer->data, capacity);

		if (!data)
			png_error(png, "no memory");
		writer->data = data;
		writer->capacity = capacity;
	}
	memcpy(writer->data + writer->size, bytes, size);
	writer->size += size;
}

static void PNGCBAPI flush(png_structp png)
{
	(void)png;
}

static void write_palette(png_structp png, png_infop info, const struct palette *palette)
{
	png_color colours[PALETTE_MAX];
	png_byte alphas[PALETTE_MAX];

	for (unsigned i = 0; i < palette->colours; i++) {
		const uint8_t *rgba = palette->rgba[i];

		colours[i] = (png_color){rgba[0], rgba[1], rgba[2]};
		alphas[i] = rgba[3];
	}
	png_set_PLTE(png, info, colours, (int)palette->colours);
	if (palette->translucent)
		png_set_tRNS(png, info, alphas, (int)palette->translucent, NULL);
}

static void set_text(png_structp png, png_infop info, int compression, const char *key,
                     const char *value, size_t length)
{
	/* libpng copies both */
	png_text text = {.compression = compression,
	                 .key = (png_charp)(uintptr_t)key,
	                 .text = (png_charp)(uintptr_t)value};

	if (compression == PNG_ITXT_COMPRESSION_NONE)
		text.itxt_length = length;
	else
		text.text_length = length;
	png_set_text(png, info, &text, 1);
}

/* What is attached to a picture, as libvips names it: "png-comment-0-Title". */
static void *set_comment(VipsImage *image, const char *name, GValue *value, void *a)
{
	void **libpng = a;
	const char *key, *text;

	(void)value;
	if (strncmp(name, "png-comment-", 12) != 0 || !(key = strchr(name + 12, '-')) || !key[1] ||
	    strlen(key + 1) > 79 || vips_image_get_string(image, name, &text))
		return NULL;
	set_text(libpng[0], libpng[1], PNG_TEXT_COMPRESSION_NONE, key + 1, text, strlen(text));
	return NULL;
}

static const void *blob_of(VipsImage *image, const char *name, size_t *size)
{
	const void *data;

	if (!vips_image_get_typeof(image, name) || vips_image_get_blob(image, name, &data, size))
		return NULL;
	return data;
}

static void write_metadata(png_structp png, png_infop info, VipsImage *image)
{
	size_t size;
	const unsigned char *data = blob_of(image, VIPS_META_ICC_NAME, &size);
	void *libpng[] = {png, info};

	if (data && size <= UINT32_MAX)
		png_set_iCCP(png, info, "icc", PNG_COMPRESSION_TYPE_BASE, data, (png_uint_32)size);
	data = blob_of(image, VIPS_META_EXIF_NAME, &size);
	if (data && size > 6 && !memcmp(data, "Exif\0", 6)) {
		data += 6;
		size -= 6;
	}
	/* libpng copies it */
	if (data && size <= UINT32_MAX)
		png_set_eXIf_1(png, info, (png_uint_32)size, (png_bytep)(uintptr_t)data);
	data = blob_of(image, VIPS_META_XMP_NAME, &size);
	if (data) {
		char *text = g_strndup((const char *)data, size);

		set_text(png, info, PNG_ITXT_COMPRESSION_NONE, "XML:com.adobe.xmp", text,
		         strlen(text));
		g_free(text);
	}
	(void)vips_image_map(image, set_comment, libpng);
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Numbers of 8 bits into 1, 2 or 4, from the left, in place. */
static void pack(unsigned char *row, int width, int depth)
{
	const int each = 8 / depth;

	for (int x = 0; x < width; x += each) {
		unsigned byte = 0;

		for (int i = 0; i < each; i++)
			byte = byte << depth | (x + i < width ? row[x + i] : 0U);
		row[x / each] = (unsigned char)byte;
	}
}

static void make_numbers(const struct writer *writer, uint32_t y)
{
	const struct layout *layout = writer->layout;
	const int width = writer->image->Xsize;
	unsigned char *row = writer->row;

	palette_map(layout->palette, writer->image, y, row);
	if (layout->type == PNG_COLOR_TYPE_GRAY)
		for (int x = 0; x < width; x++)
			row[x] = (unsigned char)(layout->palette->rgba[row[x]][0] /
			                         (UINT8_MAX / ((1U << layout->depth) - 1)));
	if (layout->depth < 8)
		pack(row, width, layout->depth);
}

/* The bands that are written; 16 bits from high to low. */
static void make_samples(const struct writer *writer, uint32_t y)
{
	const struct layout *layout = writer->layout;
	const VipsImage *image = writer->image;
	const size_t sample = (size_t)layout->depth / 8;
	const unsigned char *in = pixels_line(image, y);
	unsigned char *out = writer->row;

	for (int x = 0; x < image->Xsize; x++, in += (size_t)image->Bands * sample)
		for (int band = 0; band < layout->bands; band++) {
			const unsigned char *p =
			    in + (size_t)(band ? band - 1 + layout->skip : 0) * sample;

			if (sample == 2) {
				uint16_t value;

				memcpy(&value, p, sizeof value);
				*out++ = (unsigned char)(value >> 8);
				*out++ = (unsigned char)value;
			} else {
				*out++ = *p;
			}
		}
}

static bool is_written(const struct writer *writer, int y)
{
	return y / PART_LINES % writer->part == 0;
}

static void write_rows(struct writer *writer, png_structp png)
{
	VipsImage *image = writer->image;

	for (int y = 0; y < image->Ysize; y++) {
		if (!is_written(writer, y))
			continue;
		if (y % PART_LINES == 0) {
			/* as libvips' own savers do: who counts the time is asked */
			g_signal_emit_by_name(image, "eval", NULL);
			if (vips_image_iskilled(image))
				png_error(png, "killed");
		}
		if (writer->layout->palette)
			make_numbers(writer, (uint32_t)y);
		else
			make_samples(writer, (uint32_t)y);
		png_write_row(png, writer->row);
	}
}

/* Runs where libpng's errors jump to. */
static void write_file(struct writer *writer, png_structp png, png_infop info)
{
	const struct layout *layout = writer->layout;
	png_uint_32 lines = 0;

	for (int y = 0; y < writer->image->Ysize; y++)
		lines += is_written(writer, y);
	png_set_write_fn(png, writer, append, flush);
	/* our own limits have been applied, and libpng's of a million may be lower */
	png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
	/* a profile that libpng does not like is left out */
	png_set_benign_errors(png, 1);
	png_set_IHDR(png, info, (png_uint_32)writer->image->Xsize, lines, layout->depth,
	             layout->type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
	             PNG_FILTER_TYPE_BASE);
	png_set_compression_level(png, writer->level);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, writer->filters);
	if (layout->type == PNG_COLOR_TYPE_PALETTE)
		write_palette(png, info, layout->palette);
	write_metadata(png, info, writer->image);
	png_write_info(png, info);
	write_rows(writer, png);
	png_write_end(png, info);
}

static int encode(struct writer *writer)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int status = -1;

	writer->row = g_try_malloc((size_t)writer->image->Xsize * (size_t)writer->image->Bands *
	                           vips_format_sizeof(writer->image->BandFmt));
	if (info && writer->row && !setjmp(png_jmpbuf(png))) {
		write_file(writer, png, info);
		status = 0;
	}
	png_destroy_write_struct(&png, &info);
	g_free(writer->row);
	if (status)
		g_free(writer->data);
	return status;
}

/* --- choices --------------------------------------------------------------------------------- */

/* A way to write the picture. */
struct candidate {
	const struct layout *layout;
	int filters;
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
	void *data; /* the smallest file so far */
	size_t size;
};

static void add(struct choice *choice, const struct layout *layout, int filters)
{
	choice->candidate[choice->candidates++] = (struct candidate){layout, filters};
}

static void add_most(struct choice *choice, const struct layout *layout)
{
	add(choice, layout, PNG_FILTER_SUB);
	add(choice, layout, PNG_FILTER_UP);
	add(choice, layout, PNG_FILTER_PAETH);
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
		add(choice, &choice->numbers, PNG_FILTER_NONE);
		if (tie || thorough)
			add(choice, &choice->numbers, PNG_ALL_FILTERS);
	}
	if (samples && (!numbers || tie)) {
		add(choice, &choice->samples, PNG_ALL_FILTERS);
		add(choice, &choice->samples, PNG_FILTER_NONE);
	}
	if (choice->effort >= EFFORT_MOST || choice->outgrown) {
		add_most(choice, numbers ? &choice->numbers : &choice->samples);
		if (numbers && samples && tie)
			add_most(choice, &choice->samples);
	}
}

/* Writes the picture once and keeps that where it is smaller. Returns 0 or -1. */
static int try_whole(struct choice *choice, const struct candidate *candidate)
{
	struct writer writer = {
	    .image = choice->image,
	    .layout = candidate->layout,
	    .level = codec_png_level(choice->outgrown ? EFFORT_MOST : choice->effort),
	    .filters = candidate->filters,
	    .part = 1};

	if (encode(&writer))
		return -1;
	if (choice->data && choice->size <= writer.size) {
		g_free(writer.data);
		return 0;
	}
	g_free(choice->data);
	choice->data = writer.data;
	choice->size = writer.size;
	return 0;
}

/* Bytes of the whole from those of a part; a palette is in both once. */
static size_t whole_of_part(const struct layout *layout, size_t size)
{
	const size_t fixed =
	    layout->type == PNG_COLOR_TYPE_PALETTE
		? (size_t)3 * layout->palette->colours + layout->palette->translucent
		: 0;

	return (size - fixed) * PART + fixed;
}

/* The candidate that makes least of some lines. Returns NULL when one fails. */
static const struct candidate *try_parts(const struct choice *choice)
{
	const struct candidate *best = NULL;
	size_t least = SIZE_MAX;

	for (unsigned i = 0; i < choice->candidates; i++) {
		struct writer writer = {.image = choice->image,
		                        .layout = choice->candidate[i].layout,
		                        .level = codec_png_level(choice->effort),
		                        .filters = choice->candidate[i].filters,
		                        .part = PART};

		if (encode(&writer))
			return NULL;
		g_free(writer.data);
		writer.size = whole_of_part(writer.layout, writer.size);
		if (writer.size < least)
			best = &choice->candidate[i];
		least = VIPS_MIN(least, writer.size);
	}
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
	const bool profile = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0;
	const bool alpha = vips_image_hasalpha(image) && !pixels_opaque(image);
	/* a profile is for gray or for colours */
	const bool gray = image->Bands < 3 || (origin->gray && !profile && palette_is_gray(image));

	return (struct layout){
	    .type = (gray ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB) |
	            (alpha ? PNG_COLOR_MASK_ALPHA : 0),
	    .depth = 8 * (int)vips_format_sizeof(image->BandFmt),
	    .bands = (gray ? 1 : 3) + alpha,
	    .skip = gray && image->Bands > 2 ? 3 : 1,
	};
}

/* Of few colours: their numbers, or gray of few bits. False where the picture may be neither. */
static bool layout_of_numbers(VipsImage *image, const struct palette *palette,
                              const struct codec_origin *origin, struct layout *layout)
{
	const bool profile = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0;
	const bool may_gray = image->Bands < 3 || (origin->gray && !profile);
	const bool may_colour = image->Bands >= 3 || !profile;
	const bool gray =
	    may_gray && palette->gray_bits && (palette->gray_bits <= palette->bits || !may_colour);

	*layout = (struct layout){
	    .palette = palette,
	    .type = gray ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_PALETTE,
	    .depth = (int)(gray ? palette->gray_bits : palette->bits),
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
	if (!status && bytes && !few && origin->palette && choice->size > origin->bytes)
		status = try_reduced(choice, palette, origin, &reduced);
	choice->outgrown = choice->effort >= EFFORT_PARTS && choice->effort < EFFORT_MOST &&
	                   !reduced && choice->size > origin->bytes;
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
	struct choice choice = {.image = image, .effort = options->png_effort};
	int status = -1;

	if (palette)
		status = try_all(&choice, origin, palette);
	g_free(palette);
	if (status) {
		g_free(choice.data);
		return -1;
	}
	*data = choice.data;
	*size = choice.size;
	return 0;
}
