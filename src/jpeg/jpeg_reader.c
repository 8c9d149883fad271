/* jpeg_reader.c - what the header says, the window on the data, bands; see jpeg_reader.h. */
#include "jpeg/jpeg_reader_private.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/jpeg_kernels.h"
#include "jpeg/jpeg_layout.h"
#include "jpeg/jpeg_select.h"

struct jpeg_reader *jpeg_reader_new(void)
{
	return calloc(1, sizeof(struct jpeg_reader));
}

void jpeg_reader_free(struct jpeg_reader *reader)
{
	if (!reader)
		return;
	pages_trim(&reader->coefficients, 0);
	free(reader);
}

void jpeg_reader_trim(struct jpeg_reader *reader, size_t keep)
{
	pages_trim(&reader->coefficients, keep);
}

/* --- entropy-coded data -------------------------------------------------------------------- */

/* Data without their stuffed zeros, up to `to_end`, a marker, or the end of the file; the last is
 * false. Returns what was written. */
static uint8_t *unstuff(struct jpeg_reader *reader, uint8_t *to, const uint8_t *to_end, bool *good)
{
	const uint8_t *from = reader->bytes.data + reader->at;
	const uint8_t *end = reader->bytes.data + reader->bytes.size;

	*good = true;
	while (to < to_end && !reader->at_marker && *good) {
		const size_t room = (size_t)(to_end - to), left = (size_t)(end - from);
		const size_t most = left < room ? left : room;
		const uint8_t *ff = memchr(from, 0xff, most);
		const size_t count = ff ? (size_t)(ff - from) : most;

		memcpy(to, from, count);
		to += count;
		from += count;
		if (!ff) {
			*good = left > room;
		} else if (ff + 1 == end) {
			*good = false;
		} else if (ff[1] != 0) {
			reader->at_marker = true;
		} else {
			*to++ = 0xff;
			from += 2;
		}
	}
	reader->at = (size_t)(from - reader->bytes.data);
	return to;
}

bool reader_fill(struct jpeg_reader *reader)
{
	struct jpeg_bits *bits = &reader->bits;
	const size_t kept = bits->at < bits->end ? (size_t)(bits->end - bits->at) : 0;
	uint8_t *end;
	bool good;

	if (reader->at_marker)
		return false;
	memmove(reader->window, bits->at, kept);
	end = unstuff(reader, reader->window + kept, reader->window + READER_WINDOW, &good);
	memset(end, 0, JPEG_BITS_SLACK);
	bits->at = reader->window;
	bits->end = end;
	bits->mark = end;
	if (reader->at_marker)
		bits->mark = end + sizeof(bits->hold);
	else if (good)
		bits->mark = end - JPEG_BITS_SLACK;
	return good;
}

static bool begin_data(struct jpeg_reader *reader)
{
	reader->at_marker = false;
	reader->bits = (struct jpeg_bits){.at = reader->window, .end = reader->window};
	return reader_fill(reader);
}

bool reader_data_end(struct jpeg_reader *reader)
{
	if (!reader->at_marker && !reader_fill(reader))
		return false;
	return reader->at_marker && jpeg_bits_finished(&reader->bits);
}

bool reader_scan_begin(struct jpeg_reader *reader)
{
	memset(reader->pred, 0, sizeof(reader->pred));
	reader->eob_run = 0;
	reader->restart_left = reader->restart;
	reader->restart_number = 0;
	return begin_data(reader);
}

bool reader_restart(struct jpeg_reader *reader)
{
	if (!reader_data_end(reader) ||
	    reader->bytes.data[reader->at + 1] != JPEG_RST0 + reader->restart_number)
		return false;
	reader->at += 2;
	reader->restart_number = (reader->restart_number + 1) % 8;
	reader->restart_left = reader->restart;
	memset(reader->pred, 0, sizeof(reader->pred));
	reader->eob_run = 0;
	return begin_data(reader);
}

/* --- the header ----------------------------------------------------------------------------- */

static void take_tables(struct jpeg_reader *reader, const struct jpeg_decompress_struct *in)
{
	for (int i = 0; i < NUM_HUFF_TBLS; i++) {
		const JHUFF_TBL *dc = in->dc_huff_tbl_ptrs[i], *ac = in->ac_huff_tbl_ptrs[i];

		reader->has_dc[i] =
		    dc && jpeg_huffman_make(&reader->dc[i], dc->bits, dc->huffval, true);
		reader->has_ac[i] =
		    ac && jpeg_huffman_make(&reader->ac[i], ac->bits, ac->huffval, false);
	}
}

static bool take_component(struct jpeg_reader *reader, const struct jpeg_decompress_struct *in,
                           unsigned index, unsigned size)
{
	const struct jpeg_kernels *kernels = jpeg_kernels(0);
	struct reader_component *component = &reader->component[index];
	const jpeg_component_info *info = &in->comp_info[index];
	const unsigned number = (unsigned)info->quant_tbl_no; /* as the file has it */
	const JQUANT_TBL *quant = number < NUM_QUANT_TBLS ? in->quant_tbl_ptrs[number] : NULL;

	if (!quant)
		return false;
	component->id = (uint8_t)info->component_id;
	component->h = (uint8_t)info->h_samp_factor;
	component->v = (uint8_t)info->v_samp_factor;
	component->size = (uint8_t)size;
	component->idct = jpeg_kernels_idct(kernels, size, false);
	component->idct_few = jpeg_kernels_idct(kernels, size, true);
	memcpy(component->quant, quant->quantval, sizeof(component->quant));
	component->across = info->width_in_blocks;
	component->down = info->height_in_blocks;
	component->row = reader->mcus_across * component->h;
	component->rows = reader->mcus_down * component->v;
	memset(component->left, -1, sizeof(component->left));
	return true;
}

/* The first scan's header is in libjpeg's hands already. */
static bool take_scan(struct jpeg_reader *reader, const struct jpeg_decompress_struct *in)
{
	struct reader_scan *scan = &reader->scan;

	*scan = (struct reader_scan){.components = (unsigned)in->comps_in_scan,
	                             .from = (unsigned)in->Ss,
	                             .to = (unsigned)in->Se,
	                             .high = (unsigned)in->Ah,
	                             .low = (unsigned)in->Al};
	for (unsigned i = 0; i < scan->components; i++) {
		const jpeg_component_info *info = in->cur_comp_info[i];

		scan->index[i] = (unsigned)info->component_index;
		scan->dc[i] = (unsigned)info->dc_tbl_no;
		scan->ac[i] = (unsigned)info->ac_tbl_no;
		if (scan->dc[i] >= NUM_HUFF_TBLS || scan->ac[i] >= NUM_HUFF_TBLS)
			return false;
	}
	return true;
}

/* A sequential picture that is not in one scan of everything is for libjpeg. */
static bool is_one_scan(const struct jpeg_reader *reader)
{
	const struct reader_scan *scan = &reader->scan;

	if (scan->components != reader->components || scan->from != 0 ||
	    scan->to != BLOCK_COEFS - 1 || scan->high || scan->low)
		return false;
	for (unsigned i = 0; i < scan->components; i++)
		if (!reader->has_dc[scan->dc[i]] || !reader->has_ac[scan->ac[i]])
			return false;
	return true;
}

/* What libjpeg takes (jdinput.c: D_MAX_BLOCKS_IN_MCU is 10). */
static bool fits_mcu(const struct jpeg_reader *reader)
{
	unsigned blocks = 0;

	for (unsigned c = 0; c < reader->components; c++)
		blocks += (unsigned)reader->component[c].h * reader->component[c].v;
	return reader->components == 1 || blocks <= D_MAX_BLOCKS_IN_MCU;
}

static bool take_header(struct jpeg_reader *reader, const struct jpeg_decompress_struct *in,
                        const struct jpeg_reader_options *options)
{
	if (in->arith_code || in->num_components < 1 ||
	    in->num_components > JPEG_READER_COMPONENTS || in->data_precision != 8)
		return false;
	reader->components = (unsigned)in->num_components;
	reader->progressive = in->progressive_mode;
	reader->pass_over = options->pass_over;
	reader->restart = in->restart_interval;
	reader->mcus_across = jpeg_ceil(in->image_width, 8 * (uint32_t)in->max_h_samp_factor);
	reader->mcus_down = jpeg_ceil(in->image_height, 8 * (uint32_t)in->max_v_samp_factor);
	reader->band = 0;
	for (unsigned c = 0; c < reader->components; c++)
		if (!take_component(reader, in, c, options->size[c]))
			return false;
	take_tables(reader, in);
	return take_scan(reader, in) && fits_mcu(reader);
}

/* --- coefficients --------------------------------------------------------------------------- */

/* Whether only the means of blocks are looked at. */
static bool wants_means(const struct jpeg_reader *reader, const struct reader_component *component)
{
	return component->size == 1 && reader->pass_over;
}

/* Bytes that one component's take as laid out below: words come first, for their alignment. */
static size_t kept_bytes(const struct jpeg_reader *reader, const struct reader_component *component)
{
	const size_t blocks = (size_t)component->row * component->rows;
	const size_t others = JPEG_READER_BLOCK_BYTES - sizeof(int16_t);

	return (wants_means(reader, component) ? 0 : blocks * others) +
	       (blocks * sizeof(int16_t) + 7) / 8 * 8;
}

/* Returns the first byte behind them. */
static unsigned char *lay_out(const struct jpeg_reader *reader, struct reader_component *component,
                              unsigned char *memory)
{
	const size_t blocks = (size_t)component->row * component->rows;

	component->nonzero = NULL;
	component->coef = NULL;
	if (!wants_means(reader, component)) {
		component->nonzero = (uint64_t *)(void *)memory;
		component->coef = (int16_t *)(void *)(component->nonzero + blocks);
		memset(component->nonzero, 0, blocks * sizeof(*component->nonzero));
		memory = (unsigned char *)(component->coef + blocks * BLOCK_COEFS);
	}
	component->mean = (int16_t *)(void *)memory;
	memset(component->mean, 0, blocks * sizeof(*component->mean));
	return memory + (blocks * sizeof(*component->mean) + 7) / 8 * 8;
}

static bool reserve_coefficients(struct jpeg_reader *reader, uint64_t max_memory)
{
	unsigned char *at;
	size_t wanted = 0;

	for (unsigned c = 0; c < reader->components; c++)
		wanted += kept_bytes(reader, &reader->component[c]);
	if (max_memory && wanted > max_memory)
		return false;
	/* of all, most memory is here: a worker is not to keep the rest at its largest as well */
	if (wanted > reader->coefficients.capacity)
		(void)malloc_trim(0);
	if (!pages_reserve(&reader->coefficients, wanted))
		return false;
	at = reader->coefficients.data;
	for (unsigned c = 0; c < reader->components; c++)
		at = lay_out(reader, &reader->component[c], at);
	return true;
}

/* --- the picture ------------------------------------------------------------------------------ */

bool jpeg_reader_begin(struct jpeg_reader *reader, const struct jpeg_decompress_struct *in,
                       struct bytes bytes, size_t at, const struct jpeg_reader_options *options)
{
	reader->bytes = bytes;
	reader->at = at;
	if (at > bytes.size || !take_header(reader, in, options))
		return false;
	if (reader->progressive)
		return reserve_coefficients(reader, options->max_memory) &&
		       reader_progressive(reader);
	return is_one_scan(reader) && reader_scan_begin(reader);
}

uint32_t jpeg_reader_bands(const struct jpeg_reader *reader)
{
	return reader->mcus_down;
}

/* Libjpeg reads on behind the last MCU, and must find the end there to be content. */
static bool is_at_end(struct jpeg_reader *reader)
{
	return reader_data_end(reader) && reader->bytes.data[reader->at + 1] == JPEG_EOI;
}

/* A line of blocks of a progressive picture. Means come to their places beforehand: the transform
 * would wait for one that was just written. */
static void transform_line(const struct reader_component *component, uint32_t down, uint8_t *out,
                           size_t stride)
{
	const size_t first = (size_t)down * component->row;
	const int16_t *mean = component->mean + first;
	const uint64_t *nonzero = component->nonzero + first;
	int16_t *coef = component->coef + first * BLOCK_COEFS;
	const uint64_t few = select_between(0, JPEG_IDCT_FEW);

	for (uint32_t x = 0; x < component->across; x++)
		if (nonzero[x])
			coef[(size_t)x * BLOCK_COEFS] = mean[x];
	for (uint32_t x = 0; x < component->across; x++, out += component->size) {
		const int16_t *block = coef + (size_t)x * BLOCK_COEFS;

		if (!nonzero[x])
			jpeg_idct_flat(mean[x], component->quant[0], component->size, out, stride);
		else if (nonzero[x] & ~few)
			component->idct(block, component->quant, out, stride);
		else
			component->idct_few(block, component->quant, out, stride);
	}
}

static void means_line(const struct reader_component *component, uint32_t down, uint8_t *out)
{
	const int16_t *mean = component->mean + (size_t)down * component->row;

	for (uint32_t x = 0; x < component->across; x++)
		jpeg_idct_flat(mean[x], component->quant[0], 1, out + x, 0);
}

static void transform_band(const struct jpeg_reader *reader,
                           uint8_t *const plane[JPEG_READER_COMPONENTS],
                           const size_t stride[JPEG_READER_COMPONENTS])
{
	for (unsigned c = 0; c < reader->components; c++) {
		const struct reader_component *component = &reader->component[c];

		for (uint32_t y = 0; y < component->v; y++) {
			const uint32_t down = reader->band * component->v + y;

			uint8_t *out = plane[c] + (size_t)y * component->size * stride[c];

			if (down >= component->down)
				break;
			if (!component->coef)
				means_line(component, down, out);
			else
				transform_line(component, down, out, stride[c]);
		}
	}
}

bool jpeg_reader_band(struct jpeg_reader *reader, uint8_t *const plane[JPEG_READER_COMPONENTS],
                      const size_t stride[JPEG_READER_COMPONENTS])
{
	if (reader->progressive)
		transform_band(reader, plane, stride);
	else if (!reader_sequential_band(reader, plane, stride))
		return false;
	reader->band++;
	return reader->progressive || reader->band < reader->mcus_down || is_at_end(reader);
}
