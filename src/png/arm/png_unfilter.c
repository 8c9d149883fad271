/* png_unfilter.c - undoes the filters by NEON.
 *
 * Each pixel needs the one to its left, so a row goes pixel by pixel with all its bytes at once;
 * what can be known before the left pixel is kept out of that chain. Filter up has no chain.
 */
#include "png/png_private.h"

#if defined(CPU_ARM)

#include <string.h>

#include "png/arm/png_vectors.h"

/* Bytes behind the pixel come along if that is one load: they are never used. */
static inline uint8x8_t load_pixel(const uint8_t *p, unsigned pixel)
{
	uint16_t two;
	uint32_t four;

	if (pixel > 4)
		return vld1_u8(p);
	if (pixel > 2) {
		memcpy(&four, p, sizeof four);
		return vreinterpret_u8_u32(vdup_n_u32(four));
	}
	memcpy(&two, p, sizeof two);
	return vreinterpret_u8_u16(vdup_n_u16(two));
}

/* A byte behind the pixel may be written, being this row's and not finished yet; not two: if the
 * rows move together, the second could be the next pixel before it is read. */
static inline void store_pixel(uint8_t *p, uint8x8_t value, unsigned pixel)
{
	const uint32_t four = vget_lane_u32(vreinterpret_u32_u8(value), 0);
	const uint16_t third = vget_lane_u16(vreinterpret_u16_u8(value), 2);

	if (pixel == 8) {
		vst1_u8(p, value);
		return;
	}
	memcpy(p, &four, pixel > 2 ? 4 : 2);
	if (pixel == 6)
		memcpy(p + 4, &third, 2);
}

static inline void store_last(uint8_t *p, uint8x8_t value, unsigned pixel)
{
	uint8_t bytes[8];

	vst1_u8(bytes, value);
	memcpy(p, bytes, pixel);
}

/* The rest of a row, or all of one of another size. */
static void sub_bytes(uint8_t *out, const uint8_t *row, size_t begin, size_t bytes, unsigned pixel)
{
	for (size_t i = begin; i < bytes; i++)
		out[i] = (uint8_t)(row[i] + (i < pixel ? 0 : out[i - pixel]));
}

/* --- the filter Sub ------------------------------------------------------------------ */

static inline void sub_pixels(uint8_t *out, const uint8_t *row, size_t bytes, unsigned pixel)
{
	uint8x8_t left = vdup_n_u8(0);
	size_t i = 0;

	for (; i + pixel < bytes; i += pixel) {
		left = vadd_u8(left, load_pixel(row + i, pixel));
		store_pixel(out + i, left, pixel);
	}
	store_last(out + i, vadd_u8(left, load_pixel(row + i, pixel)), pixel);
}

/* With what lies `count` bytes before. */
#define ADD_BEFORE(sum, count) vaddq_u8(sum, vextq_u8(vdupq_n_u8(0), sum, 16 - (count)))

/* Pixels of one byte or two: sixteen bytes at once, as sums of sums. */
static void sub_small(uint8_t *out, const uint8_t *row, size_t bytes, unsigned pixel)
{
	uint8x16_t carry = vdupq_n_u8(0);
	size_t i = 0;

	for (; i + 16 <= bytes; i += 16) {
		uint8x16_t sum = vld1q_u8(row + i);

		if (pixel == 1)
			sum = ADD_BEFORE(sum, 1);
		sum = ADD_BEFORE(sum, 2);
		sum = ADD_BEFORE(sum, 4);
		sum = ADD_BEFORE(sum, 8);
		sum = vaddq_u8(sum, carry);
		carry = pixel == 1
		            ? vdupq_laneq_u8(sum, 15)
		            : vreinterpretq_u8_u16(vdupq_laneq_u16(vreinterpretq_u16_u8(sum), 7));
		vst1q_u8(out + i, sum);
	}
	sub_bytes(out, row, i, bytes, pixel);
}

/* --- the filter Up ------------------------------------------------------------------- */

static void undo_up(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes)
{
	size_t i = 0;

	for (; i + 16 <= bytes; i += 16)
		vst1q_u8(out + i, vaddq_u8(vld1q_u8(row + i), vld1q_u8(above + i)));
	for (; i < bytes; i++)
		out[i] = (uint8_t)(row[i] + above[i]);
}

/* --- average and Paeth --------------------------------------------------------------- */

static inline void average_pixels(uint8_t *out, const uint8_t *row, const uint8_t *above,
                                  size_t bytes, unsigned pixel)
{
	uint8x8_t left = vdup_n_u8(0);

	for (size_t i = 0; i < bytes; i += pixel) {
		left = vadd_u8(load_pixel(row + i, pixel),
		               vhadd_u8(left, load_pixel(above + i, pixel)));
		if (i + pixel < bytes)
			store_pixel(out + i, left, pixel);
		else
			store_last(out + i, left, pixel);
	}
}

static inline void paeth_pixels(uint8_t *out, const uint8_t *row, const uint8_t *above,
                                size_t bytes, unsigned pixel)
{
	uint8x8_t left = vdup_n_u8(0), corner = left;

	for (size_t i = 0; i < bytes; i += pixel) {
		const uint8x8_t over = load_pixel(above + i, pixel);

		left = vadd_u8(load_pixel(row + i, pixel), vectors_paeth(left, over, corner));
		corner = over;
		if (i + pixel < bytes)
			store_pixel(out + i, left, pixel);
		else
			store_last(out + i, left, pixel);
	}
}

/* --- choosing by filter and size of a pixel ------------------------------------------ */

/* Inlined with the pixel's size as a constant. */
static inline __attribute__((always_inline)) void undo_pixels(enum png_filter filter, uint8_t *out,
                                                              const uint8_t *row,
                                                              const uint8_t *above, size_t bytes,
                                                              unsigned pixel)
{
	if (filter == PNG_ROW_SUB)
		sub_pixels(out, row, bytes, pixel);
	else if (filter == PNG_ROW_AVERAGE)
		average_pixels(out, row, above, bytes, pixel);
	else
		paeth_pixels(out, row, above, bytes, pixel);
}

void png_undo_neon(enum png_filter filter, uint8_t *out, const uint8_t *row, const uint8_t *above,
                   size_t bytes, unsigned pixel)
{
	if (filter == PNG_ROW_NONE || pixel == 0 || bytes % pixel) {
		png_undo_portable(filter, out, row, above, bytes, pixel);
		return;
	}
	if (filter == PNG_ROW_UP) {
		undo_up(out, row, above, bytes);
		return;
	}
	if (filter == PNG_ROW_SUB && pixel < 3) {
		sub_small(out, row, bytes, pixel);
		return;
	}
	switch (pixel) {
	case 2:
		undo_pixels(filter, out, row, above, bytes, 2);
		break;
	case 3:
		undo_pixels(filter, out, row, above, bytes, 3);
		break;
	case 4:
		undo_pixels(filter, out, row, above, bytes, 4);
		break;
	case 6:
		undo_pixels(filter, out, row, above, bytes, 6);
		break;
	case 8:
		undo_pixels(filter, out, row, above, bytes, 8);
		break;
	default:
		png_undo_portable(filter, out, row, above, bytes, pixel);
		break;
	}
}

const struct png_kernels png_kernels_neon = {
    .code = {.name = "neon"},
    .undo = png_undo_neon,
    .apply = png_apply_neon,
};

#endif
