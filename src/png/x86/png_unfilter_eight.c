/* png_unfilter_eight.c - undoes filters of eight rows at once by AVX2.
 *
 * As four rows are in png_unfilter_four.c, each LAG pixels behind the one above, so that a vector
 * has one pixel of each row. Here pixels come and go in blocks of eight of each row, which are
 * turned from rows into such vectors and back as a whole: pixel by pixel, that takes longer than
 * undoing the filters. Blocks that go over an end of a row are copied to where there is room. What
 * could be loops over a block is written out, so that all is in registers at any optimisation.
 */
#include "png/png_private.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

#define INLINE inline __attribute__((always_inline))

#define ROWS 8U

/* Pixels that a row is behind the one above: what it needs of that one is ready in time. */
#define LAG 2U

/* Pixels of a row in a block, and the bytes that may be read and written for them. */
#define BLOCK       8U
#define BLOCK_BYTES 32U

/* --- blocks -------------------------------------------------------------------------- */

/* A block as it lies in memory: of row i and row i + 4 each the first four pixels in `first`, the
 * other four in `second`, with four bytes a pixel. */
struct block {
	__m256i first[4], second[4];
};

AVX2 static INLINE __m256i load_two(const uint8_t *low, const uint8_t *high)
{
	return _mm256_inserti128_si256(
	    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
	    _mm_loadu_si128((const __m128i *)high), 1);
}

AVX2 static INLINE void store_two(uint8_t *low, uint8_t *high, __m256i v)
{
	_mm_storeu_si128((__m128i *)low, _mm256_castsi256_si128(v));
	_mm_storeu_si128((__m128i *)high, _mm256_extracti128_si256(v, 1));
}

AVX2 static INLINE void load_rows(struct block *block, unsigned i, const uint8_t *in,
                                  ptrdiff_t step, size_t half)
{
	const uint8_t *low = in + (ptrdiff_t)i * step, *high = low + 4 * step;

	block->first[i] = load_two(low, high);
	block->second[i] = load_two(low + half, high + half);
}

/* `in` is the first row's; of the others it is `step` bytes on for each. */
AVX2 static INLINE void load_block(struct block *block, const uint8_t *in, ptrdiff_t step,
                                   unsigned pixel)
{
	const size_t half = (size_t)4 * pixel;

	load_rows(block, 0, in, step, half);
	load_rows(block, 1, in, step, half);
	load_rows(block, 2, in, step, half);
	load_rows(block, 3, in, step, half);
}

AVX2 static INLINE void store_rows(const struct block *block, unsigned i, uint8_t *out,
                                   ptrdiff_t step, unsigned pixel)
{
	uint8_t *low = out + (ptrdiff_t)i * step, *high = low + 4 * step;
	const size_t half = (size_t)4 * pixel;
	__m256i second = block->second[i];

	if (pixel == 3)
		second = _mm256_blend_epi32(second, load_two(low + half, high + half), 0x88);
	store_two(low, high, block->first[i]);
	store_two(low + half, high + half, second);
}

/* Of pixels of three bytes, the four behind the block stay as they are. */
AVX2 static INLINE void store_block(const struct block *block, uint8_t *out, ptrdiff_t step,
                                    unsigned pixel)
{
	store_rows(block, 0, out, step, pixel);
	store_rows(block, 1, out, step, pixel);
	store_rows(block, 2, out, step, pixel);
	store_rows(block, 3, out, step, pixel);
}

/* Three bytes a pixel to four, and back; four stay. */
AVX2 static INLINE __m256i ordered(__m256i v, __m128i order, unsigned pixel)
{
	return pixel == 3 ? _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order)) : v;
}

AVX2 static INLINE void order(__m256i v[4], __m128i by, unsigned pixel)
{
	v[0] = ordered(v[0], by, pixel);
	v[1] = ordered(v[1], by, pixel);
	v[2] = ordered(v[2], by, pixel);
	v[3] = ordered(v[3], by, pixel);
}

AVX2 static INLINE void spread(__m256i v[4], unsigned pixel)
{
	order(v, _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1), pixel);
}

AVX2 static INLINE void gather(__m256i v[4], unsigned pixel)
{
	order(v, _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1), pixel);
}

/* Four pixels of rows i and i + 4 each become four vectors of one pixel of each row; the same
 * once more is the way back. */
AVX2 static INLINE void turn(__m256i v[4])
{
	const __m256i a = _mm256_unpacklo_epi32(v[0], v[1]);
	const __m256i b = _mm256_unpacklo_epi32(v[2], v[3]);
	const __m256i c = _mm256_unpackhi_epi32(v[0], v[1]);
	const __m256i d = _mm256_unpackhi_epi32(v[2], v[3]);

	v[0] = _mm256_unpacklo_epi64(a, b);
	v[1] = _mm256_unpackhi_epi64(a, b);
	v[2] = _mm256_unpacklo_epi64(c, d);
	v[3] = _mm256_unpackhi_epi64(c, d);
}

/* --- the filters --------------------------------------------------------------------- */

/* Paeth's choice as in png_unfilter_four.c. */
struct paeth_eight {
	__m256i turn, above, corner, from_above, left;
};

AVX2 static INLINE struct paeth_eight paeth_prepare(__m256i above, __m256i corner)
{
	const __m256i half = _mm256_set1_epi8(0x7f), one = _mm256_set1_epi8(1);
	const __m256i high = _mm256_max_epu8(above, corner), low = _mm256_min_epu8(above, corner);
	const __m256i p = _mm256_sub_epi8(high, low);
	struct paeth_eight paeth;

	paeth.turn = _mm256_xor_si256(_mm256_cmpeq_epi8(high, above), _mm256_set1_epi8(-1));
	paeth.above = _mm256_xor_si256(above, paeth.turn);
	paeth.corner = _mm256_xor_si256(corner, paeth.turn);
	paeth.from_above =
	    _mm256_subs_epu8(paeth.corner, _mm256_and_si256(_mm256_srli_epi16(p, 1), half));
	/* 0 if not even 0 is small enough */
	paeth.left = _mm256_subs_epu8(paeth.corner, _mm256_subs_epu8(_mm256_adds_epu8(p, p), one));
	return paeth;
}

AVX2 static INLINE __m256i paeth_choose(const struct paeth_eight *paeth, __m256i left)
{
	const __m256i a = _mm256_xor_si256(left, paeth->turn);
	const __m256i upper = _mm256_max_epu8(a, paeth->above);
	const __m256i is_upper = _mm256_cmpeq_epi8(_mm256_max_epu8(a, paeth->from_above), a);
	const __m256i not_left = _mm256_cmpeq_epi8(_mm256_max_epu8(a, paeth->left), a);
	const __m256i lower = _mm256_blendv_epi8(a, paeth->corner, not_left);

	return _mm256_xor_si256(_mm256_blendv_epi8(lower, upper, is_upper), paeth->turn);
}

/* pavgb rounds up: one less if the sum is odd. */
AVX2 static INLINE __m256i average(__m256i left, __m256i above)
{
	const __m256i odd = _mm256_and_si256(_mm256_xor_si256(left, above), _mm256_set1_epi8(1));

	return _mm256_sub_epi8(_mm256_avg_epu8(left, above), odd);
}

/* What the rows are filtered by: all by the same, or each by its own. */
enum kind { ALL_AVERAGE, ALL_PAETH, ANY };

/* All ones in the rows that have the filter. */
struct masks_eight {
	__m256i left, above, average, paeth;
};

AVX2 static __m256i mask_of(enum png_filter filter, const uint8_t filters[ROWS])
{
	const __m128i eight = _mm_loadl_epi64((const __m128i *)filters);

	return _mm256_cmpeq_epi32(_mm256_cvtepu8_epi32(eight), _mm256_set1_epi32((int)filter));
}

AVX2 static INLINE __m256i best_of(enum kind kind, const struct masks_eight *masks,
                                   const struct paeth_eight *paeth, __m256i left, __m256i above)
{
	__m256i simple;

	if (kind == ALL_AVERAGE)
		return average(left, above);
	if (kind == ALL_PAETH)
		return paeth_choose(paeth, left);
	simple = _mm256_or_si256(_mm256_and_si256(left, masks->left),
	                         _mm256_and_si256(above, masks->above));
	simple = _mm256_or_si256(simple, _mm256_and_si256(average(left, above), masks->average));
	return _mm256_or_si256(simple, _mm256_and_si256(paeth_choose(paeth, left), masks->paeth));
}

/* --- rows ---------------------------------------------------------------------------- */

/* Eight rows on their way. */
struct wave {
	uint8_t *rows;
	const uint8_t *above;
	size_t stride;
	ptrdiff_t pixels; /* of a row */
	struct masks_eight masks;
	__m256i left, older, corner; /* what came out last, and before; what was above it */
};

/* The pixels of the row above and, behind it, of the first seven rows as they came out. */
AVX2 static INLINE __m256i shift_in(__m256i out, const uint8_t *above)
{
	const __m256i order = _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6);
	int four;

	memcpy(&four, above, sizeof four);
	return _mm256_blend_epi32(_mm256_permutevar8x32_epi32(out, order), _mm256_set1_epi32(four),
	                          1);
}

/* All ones in the rows that have begun where the first one is at pixel x. */
AVX2 static INLINE __m256i begun(ptrdiff_t x)
{
	const __m256i begin =
	    _mm256_setr_epi32(0, LAG, 2 * LAG, 3 * LAG, 4 * LAG, 5 * LAG, 6 * LAG, 7 * LAG);

	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)x + 1), begin);
}

/* One pixel of each row, where the first one is at pixel x. At an edge, what is before a row's
 * begin becomes zeros, whatever its filter makes of what is above. */
AVX2 static INLINE void undo_pixel(enum kind kind, struct wave *wave, __m256i *value,
                                   const uint8_t *above, ptrdiff_t x, bool edge)
{
	const __m256i over = shift_in(wave->older, above);
	const struct paeth_eight paeth = paeth_prepare(over, wave->corner);
	const __m256i best = best_of(kind, &wave->masks, &paeth, wave->left, over);

	*value = _mm256_add_epi8(*value, best);
	if (edge)
		*value = _mm256_and_si256(*value, begun(x));
	wave->older = wave->left;
	wave->left = *value;
	wave->corner = over;
}

/* Half a block. */
AVX2 static INLINE void undo_half(enum kind kind, struct wave *wave, __m256i v[4],
                                  const uint8_t *above, ptrdiff_t x, bool edge, unsigned pixel)
{
	spread(v, pixel);
	turn(v);
	undo_pixel(kind, wave, &v[0], above, x, edge);
	undo_pixel(kind, wave, &v[1], above + pixel, x + 1, edge);
	undo_pixel(kind, wave, &v[2], above + (size_t)2 * pixel, x + 2, edge);
	undo_pixel(kind, wave, &v[3], above + (size_t)3 * pixel, x + 3, edge);
	turn(v);
	gather(v, pixel);
}

/* Inlined with kind, edge and pixel as constants. */
AVX2 static INLINE void undo_block(enum kind kind, struct wave *wave, struct block *block,
                                   const uint8_t *above, ptrdiff_t x, bool edge, unsigned pixel)
{
	undo_half(kind, wave, block->first, above, x, edge, pixel);
	undo_half(kind, wave, block->second, above + (size_t)4 * pixel, x + 4, edge, pixel);
}

/* --- at the ends of the rows --------------------------------------------------------- */

/* The pixels of the block from x on that are in their row: [begin, end). */
static void part_of(const struct wave *wave, ptrdiff_t x, size_t *begin, size_t *end)
{
	const ptrdiff_t left = wave->pixels - x, block = BLOCK;

	*begin = (size_t)(x < 0 ? (x < -block ? block : -x) : 0);
	*end = (size_t)(left < (ptrdiff_t)*begin ? (ptrdiff_t)*begin : left < block ? left : block);
}

/* Copies the parts of a block that are in their rows: from the rows as they came, or to where they
 * are to be. */
static void move_parts(const struct wave *wave, ptrdiff_t x, uint8_t (*room)[2 * BLOCK_BYTES],
                       bool back, unsigned pixel)
{
	for (size_t i = 0; i < ROWS; i++, x -= LAG) {
		size_t begin, end;

		part_of(wave, x, &begin, &end);
		if (begin == end)
			continue;
		uint8_t *row =
		    wave->rows + i * wave->stride + (size_t)(x + (ptrdiff_t)begin) * pixel;
		uint8_t *part = room[i] + begin * pixel;

		memcpy(back ? row : part, back ? part : row + 1, (end - begin) * pixel);
	}
}

/* A block that goes over the end of a row. */
AVX2 static INLINE void undo_edge(struct wave *wave, ptrdiff_t x, unsigned pixel)
{
	uint8_t room[ROWS][2 * BLOCK_BYTES] = {{0}}, above[2 * BLOCK_BYTES] = {0};
	struct block block;
	size_t begin, end;

	part_of(wave, x, &begin, &end);
	if (begin < end)
		memcpy(above, wave->above + (size_t)x * pixel, end * pixel);
	move_parts(wave, x, room, false, pixel);
	load_block(&block, room[0], sizeof *room, pixel);
	undo_block(ANY, wave, &block, above, x, true, pixel);
	store_block(&block, room[0], sizeof *room, pixel);
	move_parts(wave, x, room, true, pixel);
}

/* --- whole rows ---------------------------------------------------------------------- */

/* Blocks from x on that are inside of all rows. Returns where they end. */
AVX2 static INLINE ptrdiff_t undo_middle(enum kind kind, struct wave *wave, ptrdiff_t x,
                                         unsigned pixel)
{
	const ptrdiff_t step = (ptrdiff_t)wave->stride - (ptrdiff_t)LAG * pixel;
	struct wave own = *wave;

	/* two pixels more, for what is read and written behind a block */
	for (; x + BLOCK + 2 <= wave->pixels; x += BLOCK) {
		struct block block;

		load_block(&block, own.rows + x * pixel + 1, step, pixel);
		undo_block(kind, &own, &block, own.above + x * pixel, x, false, pixel);
		store_block(&block, own.rows + x * pixel, step, pixel);
	}
	*wave = own;
	return x;
}

AVX2 static INLINE void undo_rows(struct wave *wave, unsigned pixel)
{
	const ptrdiff_t slant = (ptrdiff_t)(ROWS - 1) * LAG;
	ptrdiff_t x = 0;

	for (; x < slant; x += BLOCK)
		undo_edge(wave, x, pixel);
	if (_mm256_movemask_epi8(wave->masks.paeth) == -1)
		x = undo_middle(ALL_PAETH, wave, x, pixel);
	else if (_mm256_movemask_epi8(wave->masks.average) == -1)
		x = undo_middle(ALL_AVERAGE, wave, x, pixel);
	else
		x = undo_middle(ANY, wave, x, pixel);
	for (; x < wave->pixels + slant; x += BLOCK)
		undo_edge(wave, x, pixel);
}

AVX2 void png_undo_eight_avx2(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel)
{
	struct wave wave = {
	    .rows = rows,
	    .above = above,
	    .stride = bytes + 1,
	    .pixels = (ptrdiff_t)(bytes / pixel),
	    .left = _mm256_setzero_si256(),
	    .older = _mm256_setzero_si256(),
	    .corner = _mm256_setzero_si256(),
	};
	uint8_t filters[ROWS];

	for (size_t i = 0; i < ROWS; i++)
		filters[i] = rows[i * wave.stride];
	wave.masks = (struct masks_eight){
	    .left = mask_of(PNG_ROW_SUB, filters),
	    .above = mask_of(PNG_ROW_UP, filters),
	    .average = mask_of(PNG_ROW_AVERAGE, filters),
	    .paeth = mask_of(PNG_ROW_PAETH, filters),
	};
	if (pixel == 3)
		undo_rows(&wave, 3);
	else
		undo_rows(&wave, 4);
}

const struct png_kernels png_kernels_avx2 = {
    .code = {.name = "avx2", .needs = CPU_SSE41 | CPU_AVX2},
    .undo = png_undo_sse41,
    .undo_four = png_undo_four_sse41,
    .undo_eight = png_undo_eight_avx2,
    .apply = png_apply_sse41,
};

#endif
