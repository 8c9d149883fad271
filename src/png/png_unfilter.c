/* png_unfilter.c - undoes the filters byte by byte; the versions of all filters. */
#include "png/png_private.h"

#include <string.h>

static void undo_sub(uint8_t *out, const uint8_t *row, size_t bytes, unsigned pixel)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(row[i] + (i < pixel ? 0 : out[i - pixel]));
}

static void undo_up(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(row[i] + above[i]);
}

static void undo_average(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes,
                         unsigned pixel)
{
	for (size_t i = 0; i < bytes; i++) {
		const unsigned left = i < pixel ? 0 : out[i - pixel];

		out[i] = (uint8_t)(row[i] + (left + above[i]) / 2);
	}
}

static void undo_paeth(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes,
                       unsigned pixel)
{
	for (size_t i = 0; i < bytes; i++) {
		const uint8_t left = i < pixel ? 0 : out[i - pixel];
		const uint8_t corner = i < pixel ? 0 : above[i - pixel];

		out[i] = (uint8_t)(row[i] + png_paeth(left, above[i], corner));
	}
}

void png_undo_portable(enum png_filter filter, uint8_t *out, const uint8_t *row,
                       const uint8_t *above, size_t bytes, unsigned pixel)
{
	switch (filter) {
	case PNG_ROW_SUB:
		undo_sub(out, row, bytes, pixel);
		break;
	case PNG_ROW_UP:
		undo_up(out, row, above, bytes);
		break;
	case PNG_ROW_AVERAGE:
		undo_average(out, row, above, bytes, pixel);
		break;
	case PNG_ROW_PAETH:
		undo_paeth(out, row, above, bytes, pixel);
		break;
	case PNG_ROW_NONE:
	default:
		memmove(out, row, bytes);
		break;
	}
}

const struct png_kernels png_kernels_portable = {
    .code = {.name = "portable"},
    .undo = png_undo_portable,
    .apply = png_apply_portable,
};

static const struct cpu_code *const versions[] = {
#if defined(CPU_X86)
    &png_kernels_avx2.code,
    &png_kernels_sse41.code,
#elif defined(CPU_ARM)
    &png_kernels_neon.code,
#endif
    &png_kernels_portable.code,
    NULL,
};

const struct png_kernels *png_kernels(unsigned before)
{
	return (const struct png_kernels *)cpu_version(versions, before);
}
