/* test_coded_colours.c - the numbers of colours in the headers of AV1 and HEVC: found behind all
 * that may come before them, told where no box does, and not trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "box_fixture.h"
#include "metadata/av1_colour.h"
#include "metadata/heif_colour.h"
#include "metadata/hevc_colour.h"

/* --- headers written bit by bit --------------------------------------------------------- */

struct header {
	unsigned char data[1024];
	size_t bits, size;
};

static void put(struct header *header, unsigned count, uint32_t value)
{
	for (; count > 0; count--, header->bits++)
		header->data[header->bits / 8] |=
		    (unsigned char)((value >> (count - 1) & 1) << (7 - header->bits % 8));
	header->size = (header->bits + 7) / 8;
	assert_true(header->size < sizeof header->data);
}

/* So many bits of something. */
static void fill(struct header *header, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put(header, 1, i % 3 == 1);
}

static void golomb(struct header *header, uint32_t value)
{
	unsigned zeros = 0;

	while ((value + 1) >> (zeros + 1))
		zeros++;
	put(header, zeros, 0);
	put(header, zeros + 1, value + 1);
}

static void golombs(struct header *header, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		golomb(header, i * 7 % 30);
}

static void put_codes(struct header *header, bool told)
{
	put(header, 1, told);
	put(header, 8, 12);
	put(header, 8, 16);
	put(header, 8, 6);
}

/* What may come before the numbers in AV1, a bit each. */
enum {
	AV1_WHOLE = 1, /* the header is not that of a still picture alone */
	AV1_TIMING = 2,
	AV1_MODEL = 4,
	AV1_DELAY = 8,
	AV1_POINTS = 16,
	AV1_NUMBERS = 32,
	AV1_ORDER = 64,
	AV1_SCREEN = 128,
	AV1_VECTORS = 256,
	AV1_KINDS = 512
};

static void put_timing(struct header *header, unsigned kind)
{
	put(header, 1, kind & AV1_TIMING ? 1 : 0);
	if (!(kind & AV1_TIMING))
		return;
	fill(header, 64);
	put(header, 1, 1);
	golomb(header, 1000);
	put(header, 1, kind & AV1_MODEL ? 1 : 0);
	if (!(kind & AV1_MODEL))
		return;
	put(header, 5, 12);
	fill(header, 32 + 10);
}

static void put_points(struct header *header, unsigned kind)
{
	const unsigned count = kind & AV1_POINTS ? 3 : 1;
	const bool model = (kind & AV1_TIMING) && (kind & AV1_MODEL);

	put(header, 1, kind & AV1_DELAY ? 1 : 0);
	put(header, 5, count - 1);
	for (unsigned i = 0; i < count; i++) {
		fill(header, 12);
		put(header, 5, 7 + i);
		fill(header, i ? 1 : 0);
		if (model)
			put(header, 1, i & 1);
		fill(header, model && i & 1 ? 13 + 13 + 1 : 0);
		if (kind & AV1_DELAY)
			put(header, 1, ~i & 1);
		fill(header, kind & AV1_DELAY && ~i & 1 ? 4 : 0);
	}
}

static void put_tools(struct header *header, unsigned kind)
{
	fill(header, 4);
	put(header, 1, kind & AV1_ORDER ? 1 : 0);
	fill(header, kind & AV1_ORDER ? 2 : 0);
	/* told, not chosen; without screen content nothing of vectors */
	put(header, 2, kind & AV1_SCREEN ? 1 : 0);
	if (kind & AV1_SCREEN)
		put(header, 1, kind & AV1_VECTORS ? 1 : 0);
	if (kind & AV1_SCREEN && !(kind & AV1_VECTORS))
		fill(header, 1);
	fill(header, kind & AV1_ORDER ? 3 : 0);
}

static struct header av1_header(unsigned kind, unsigned profile, bool told)
{
	struct header header = {0};

	put(&header, 3, profile);
	put(&header, 1, 1);
	put(&header, 1, !(kind & AV1_WHOLE));
	if (kind & AV1_WHOLE) {
		put_timing(&header, kind);
		put_points(&header, kind);
	} else {
		fill(&header, 5);
	}
	put(&header, 4, 6);
	put(&header, 4, 10);
	fill(&header, 7 + 11);
	if (kind & AV1_WHOLE)
		put(&header, 1, kind & AV1_NUMBERS ? 1 : 0);
	fill(&header, kind & AV1_WHOLE && kind & AV1_NUMBERS ? 7 : 0);
	fill(&header, 3);
	if (kind & AV1_WHOLE)
		put_tools(&header, kind);
	fill(&header, 3);
	put(&header, 1, 1);
	fill(&header, profile == 2 ? 1 : 0);
	fill(&header, profile == 1 ? 0 : 1);
	put_codes(&header, told);
	return header;
}

/* The header behind a delimiter, as an item's data begins, with or without an extension. */
static struct header av1_units(const struct header *from, bool extended)
{
	struct header header = {0};

	put(&header, 16, 0x1200);
	put(&header, 8, extended ? 0x0e : 0x0a);
	if (extended)
		put(&header, 8, 0);
	/* a length of two bytes */
	put(&header, 8, 0x80 | (uint32_t)from->size % 128);
	put(&header, 8, (uint32_t)from->size / 128);
	for (size_t i = 0; i < from->size; i++)
		put(&header, 8, from->data[i]);
	return header;
}

/* What may come before the numbers in HEVC, a bit each. */
enum {
	HEVC_LAYERS = 1,
	HEVC_444 = 2,
	HEVC_WINDOW = 4,
	HEVC_LISTS = 8,
	HEVC_PCM = 16,
	HEVC_SETS = 32,
	HEVC_LONG = 64,
	HEVC_ASPECT = 128,
	HEVC_KINDS = 256
};

static void put_layers(struct header *header, unsigned kind)
{
	const unsigned layers = kind & HEVC_LAYERS ? 2 : 0;

	put(header, 4, 0);
	put(header, 3, layers);
	put(header, 1, 1);
	fill(header, 96);
	if (!layers)
		return;
	put(header, 4, 0x7); /* the level of the first, both of the second */
	put(header, 12, 0);
	fill(header, 8 + 96);
}

static void put_lists(struct header *header)
{
	put(header, 2, 3);
	for (unsigned size = 0; size < 4; size++)
		for (unsigned i = 0; i < 6; i += size == 3 ? 3 : 1) {
			put(header, 1, i & 1);
			golombs(header, !(i & 1) ? 1 : (size > 1) + (size ? 64U : 16U));
		}
}

/* One of three pictures, and two that say which of those of the one before, and itself, stay. */
static void put_sets(struct header *header)
{
	golomb(header, 3);
	golomb(header, 2);
	golomb(header, 1);
	for (int i = 0; i < 3; i++) {
		golomb(header, 0);
		put(header, 1, 1);
	}
	put(header, 1, 1);
	put(header, 1, 0);
	golomb(header, 4);
	put(header, 5, 0x19); /* yes, yes, neither, yes */
	put(header, 1, 1);
	put(header, 1, 0);
	golomb(header, 0);
	put(header, 5, 0x0f); /* not now, and three times yes */
}

static void put_usability(struct header *header, unsigned kind, bool told)
{
	put(header, 1, 1);
	put(header, 1, kind & HEVC_ASPECT ? 1 : 0);
	if (kind & HEVC_ASPECT) {
		put(header, 8, 255);
		fill(header, 32);
	}
	put(header, 1, kind & HEVC_ASPECT ? 1 : 0);
	fill(header, kind & HEVC_ASPECT ? 1 : 0);
	put(header, 1, 1);
	fill(header, 4);
	put_codes(header, told);
}

static struct header hevc_header(unsigned kind, bool told)
{
	struct header header = {0};

	put(&header, 16, 33 << 9 | 1);
	put_layers(&header, kind);
	golomb(&header, 0);
	golomb(&header, kind & HEVC_444 ? 3 : 1);
	fill(&header, kind & HEVC_444 ? 1 : 0);
	golomb(&header, 4000);
	golomb(&header, 65534);
	put(&header, 1, kind & HEVC_WINDOW ? 1 : 0);
	golombs(&header, kind & HEVC_WINDOW ? 4 : 0);
	golombs(&header, 2);
	golomb(&header, 4);
	put(&header, 1, kind & HEVC_LAYERS ? 1 : 0);
	golombs(&header, kind & HEVC_LAYERS ? 9 : 3);
	golombs(&header, 6);
	if (kind & HEVC_LISTS)
		put_lists(&header);
	else
		put(&header, 1, 0);
	fill(&header, 2);
	put(&header, 1, kind & HEVC_PCM ? 1 : 0);
	fill(&header, kind & HEVC_PCM ? 8 : 0);
	golombs(&header, kind & HEVC_PCM ? 2 : 0);
	fill(&header, kind & HEVC_PCM ? 1 : 0);
	if (kind & HEVC_SETS)
		put_sets(&header);
	else
		golomb(&header, 0);
	put(&header, 1, kind & HEVC_LONG ? 1 : 0);
	golombs(&header, 0);
	if (kind & HEVC_LONG)
		golomb(&header, 2);
	fill(&header, kind & HEVC_LONG ? 2 * (8 + 1) : 0);
	fill(&header, 2);
	put_usability(&header, kind, told);
	return header;
}

/* An hvcC of a parameter set of another kind, and this one, with what no decoder takes for data. */
static struct header hevc_configuration(const struct header *from)
{
	struct header header = {0};
	unsigned zeros = 0;
	size_t at;

	fill(&header, 22 * 8);
	put(&header, 8, 2);
	put(&header, 24, 0x200001);
	put(&header, 24, 0x000155);
	put(&header, 24, 0xa10001);
	at = header.size;
	put(&header, 16, 0);
	for (size_t i = 0; i < from->size; i++) {
		if (zeros >= 2 && from->data[i] <= 3) {
			put(&header, 8, 3);
			zeros = 0;
		}
		put(&header, 8, from->data[i]);
		zeros = from->data[i] ? 0 : zeros + 1;
	}
	header.data[at] = (unsigned char)((header.size - at - 2) >> 8);
	header.data[at + 1] = (unsigned char)(header.size - at - 2);
	return header;
}

static void assert_told(struct colour_codes codes)
{
	assert_true(codes.told);
	assert_int_equal(codes.primaries, 12);
	assert_int_equal(codes.transfer, 16);
	assert_int_equal(codes.matrix, 6);
}

static struct bytes bytes_of(const struct header *header)
{
	return (struct bytes){header->data, header->size};
}

static void reads_every_header_of_av1(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < AV1_KINDS; kind++)
		for (unsigned profile = 0; profile < 3; profile++) {
			const struct header told = av1_header(kind, profile, true);
			const struct header silent = av1_header(kind, profile, false);
			struct header units = av1_units(&told, kind & 1);

			assert_told(av1_codes(bytes_of(&units)));
			units = av1_units(&silent, kind & 1);
			assert_false(av1_codes(bytes_of(&units)).told);
		}
}

static void reads_every_header_of_hevc(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < HEVC_KINDS; kind++) {
		const struct header told = hevc_header(kind, true),
				    silent = hevc_header(kind, false);
		struct header configuration = hevc_configuration(&told);

		assert_told(hevc_codes(bytes_of(&configuration)));
		configuration = hevc_configuration(&silent);
		assert_false(hevc_codes(bytes_of(&configuration)).told);
	}
}

/* --- damage ------------------------------------------------------------------------------ */

typedef struct colour_codes reading(struct bytes bytes);

/* In memory of exactly that size, for the sanitizer. */
static bool tells(reading *read, const unsigned char *data, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);
	struct colour_codes codes;

	assert_non_null(copy);
	memcpy(copy, data, size);
	codes = read((struct bytes){copy, size});
	free(copy);
	assert_true(codes.told || (!codes.primaries && !codes.transfer && !codes.matrix));
	return codes.told;
}

/* Cut anywhere, and with any bit or byte another one. */
static void damage(reading *read, struct header header)
{
	for (size_t size = 0; size < header.size; size++)
		assert_false(tells(read, header.data, size));
	for (size_t bit = 0; bit < 8 * header.size; bit++) {
		header.data[bit / 8] ^= (unsigned char)(1U << bit % 8);
		(void)tells(read, header.data, header.size);
		header.data[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	for (size_t at = 0; at < header.size; at++) {
		const unsigned char was = header.data[at];

		header.data[at] = 0;
		(void)tells(read, header.data, header.size);
		header.data[at] = 0xff;
		(void)tells(read, header.data, header.size);
		header.data[at] = was;
	}
}

static void survives_damage(void **state)
{
	static const unsigned char zeros[4096];
	struct header header;

	(void)state;
	for (unsigned kind = AV1_KINDS - 1; kind > 0; kind /= 2) {
		header = av1_header(kind, 0, true);
		damage(av1_codes, av1_units(&header, false));
	}
	for (unsigned kind = HEVC_KINDS - 1; kind > 0; kind /= 2) {
		header = hevc_header(kind, true);
		damage(hevc_codes, hevc_configuration(&header));
	}
	assert_false(tells(av1_codes, zeros, sizeof zeros));
	assert_false(tells(hevc_codes, zeros, sizeof zeros));
}

/* --- files --------------------------------------------------------------------------------- */

/* Where the numbers are. */
struct kind {
	bool hevc;
	bool nclx;          /* a box that says that they are unspecified */
	bool configuration; /* units of AV1 in the av1C box */
	bool data;          /* in the item's data, which lies */
	bool within;        /* in the meta box, or in the file */
	bool grid;          /* the primary item is one of the item's */
};

static void put_property(const struct kind *kind)
{
	const struct header header = kind->hevc ? hevc_header(0, true) : av1_header(0, 0, true);
	const struct header whole =
	    kind->hevc ? hevc_configuration(&header) : av1_units(&header, false);
	size_t box = box_begin(kind->hevc ? "hvcC" : "av1C");

	if (!kind->hevc)
		box_put(0x81000c00, 4);
	if (kind->hevc || kind->configuration)
		box_put_bytes(whole.data, whole.size);
	box_end(box);
	box = box_begin("colr");
	box_put_bytes(kind->nclx ? "nclx\0\2\0\2\0\2\x80" : "nope\0\2\0\2\0\2\x80", 11);
	box_end(box);
}

static void put_properties(const struct kind *kind)
{
	const size_t iprp = box_begin("iprp"), ipco = box_begin("ipco");
	size_t box;

	put_property(kind);
	box_end(ipco);
	box = box_begin("ipma");
	box_put(0, 4);
	box_put(1, 4);
	box_put(2, 2);
	box_put(0x028182, 3);
	box_end(box);
	box_end(iprp);
}

/* Where the item's data is: returns what is to be set once that is known. */
static size_t put_places(const struct kind *kind, size_t length)
{
	const size_t box = box_begin("iloc");
	size_t offset;

	box_put(1U << 24, 4);
	box_put(0x4400, 2);
	box_put(2, 2);
	/* another one first, of three extents */
	box_put(1, 2);
	box_put(0, 4);
	box_put(3, 2);
	for (int i = 0; i < 6; i++)
		box_put(1, 4);
	box_put(2, 2);
	box_put(kind->within, 2);
	box_put(0, 2);
	box_put(1, 2);
	offset = box_size;
	box_put(0, 4);
	box_put((uint32_t)length, 4);
	box_end(box);
	return offset;
}

static struct bytes make(const struct kind *kind)
{
	const struct header header = av1_header(0, 0, true), whole = av1_units(&header, false);
	size_t meta, box, offset, end;

	box_size = 0;
	meta = box_begin("meta");
	box_put(0, 4);
	box = box_begin("pitm");
	box_put(0, 4);
	box_put(kind->grid ? 1 : 2, 2);
	box_end(box);
	put_properties(kind);
	offset = put_places(kind, whole.size);
	box = box_begin("iref");
	box_put(0, 4);
	end = box_begin("dimg");
	box_put(kind->grid ? 0x00010001 : 0x00030001, 4);
	box_put(2, 2);
	box_end(end);
	box_end(box);
	box = box_begin("idat");
	if (kind->data && kind->within)
		box_put_bytes(whole.data, whole.size);
	box_end(box);
	box_end(meta);
	box = box_begin("mdat");
	end = box_size;
	if (kind->data && !kind->within)
		box_put_bytes(whole.data, whole.size);
	box_end(box);
	if (!kind->within) {
		box_file[offset + 2] = (unsigned char)(end >> 8);
		box_file[offset + 3] = (unsigned char)end;
	}
	return (struct bytes){box_file, box_size};
}

static void finds_them_in_files(void **state)
{
	static const struct kind kinds[] = {
	    {.hevc = true},
	    {.configuration = true},
	    {.data = true},
	    {.data = true, .within = true},
	    {0},
	    {.within = true, .nclx = false},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
		struct kind kind = kinds[i / 2];
		struct colour_codes codes;

		kind.grid = i & 1;
		if (kind.hevc || kind.configuration || kind.data)
			assert_told(heif_codes(make(&kind)));
		else
			assert_false(heif_codes(make(&kind)).told);
		/* a box goes before them, whatever it says */
		assert_false(heif_nclx(make(&kind)).told);
		kind.nclx = true;
		codes = heif_codes(make(&kind));
		assert_true(codes.told);
		assert_int_equal(codes.primaries, 2);
		assert_int_equal(codes.transfer, 2);
	}
}

static void survives_damaged_files(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		const struct kind kind = {
		    .hevc = i == 0, .data = true, .within = i & 1, .grid = i & 2};
		const struct bytes made = make(&kind);

		for (size_t size = 0; size <= made.size; size++)
			(void)tells(heif_codes, made.data, size);
		for (size_t bit = 0; bit < 8 * made.size; bit++) {
			box_file[bit / 8] ^= (unsigned char)(1U << bit % 8);
			(void)tells(heif_codes, made.data, made.size);
			box_file[bit / 8] ^= (unsigned char)(1U << bit % 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_every_header_of_av1),
	    cmocka_unit_test(reads_every_header_of_hevc),
	    cmocka_unit_test(survives_damage),
	    cmocka_unit_test(finds_them_in_files),
	    cmocka_unit_test(survives_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
