/* png_filter.c - applies the filters byte by byte. */
#include "png/png_private.h"

const uint8_t png_weights_near[16] = {0,  16, 25, 32, 37, 41, 45, 48,
                                      51, 53, 55, 57, 59, 61, 63, 64};
const uint8_t png_weights_far[16] = {0, 74, 86, 93, 99, 104, 107, 111, 112, 0, 0, 0, 0, 0, 0, 0};

uint64_t png_apply_range(enum png_filter filter, uint8_t *out, const uint8_t *row,
                         const uint8_t *above, size_t begin, size_t end, unsigned pixel)
{
	uint64_t sum = 0;

	for (size_t i = begin; i < end; i++) {
		const uint8_t left = i < pixel ? 0 : row[i - pixel];
		const uint8_t corner = i < pixel ? 0 : above[i - pixel];
		const uint8_t value =
		    (uint8_t)(row[i] - png_predict(filter, left, above[i], corner));

		out[i] = value;
		sum += png_weight(value);
	}
	return sum;
}

uint64_t png_apply_portable(enum png_filter filter, uint8_t *out, const uint8_t *row,
                            const uint8_t *above, size_t bytes, unsigned pixel)
{
	return png_apply_range(filter, out, row, above, 0, bytes, pixel);
}
