/* fuzz_jpeg_reader.c - the JPEG reader beside libjpeg: what it takes, libjpeg must take without a
 * warning, and find the same coefficients. The last byte chooses the scales, and whether scans that
 * are not needed are passed over. */
#include <stdlib.h>

#include "../unit/jpeg_oracle.h"
#include "probe/scan.h"

/* Small enough that no input takes long. */
#define PIXELS_MAX (1U << 20)

static const struct scan_limits scans = {.max_scans = 100, .max_pixels = PIXELS_MAX};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_whole(const struct oracle_planes *want, const struct oracle_planes *got)
{
	if (!want->good || want->components != got->components)
		return false;
	for (unsigned c = 0; c < got->components; c++)
		if (!oracle_same(want, got, c))
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Reused from input to input, as a worker does: a picture must not spoil the next. */
	static struct jpeg_reader *reader;
	const struct bytes bytes = {data, size ? size - 1 : 0};
	struct oracle_planes got, want;
	struct scan scan = {0};
	struct br_error error;

	if (size < 4 || scan_jpeg(bytes, &scans, &scan, &error) ||
	    (uint64_t)scan.width * scan.height > PIXELS_MAX)
		return 0;
	if (!reader)
		reader = jpeg_reader_new();
	if (!reader)
		abort();
	const uint8_t luma = (uint8_t)(1 << (data[size - 1] & 3));
	const uint8_t chroma = (uint8_t)(1 << (data[size - 1] >> 2 & 3));
	const uint8_t sizes[JPEG_READER_COMPONENTS] = {luma, chroma, chroma};
	const bool pass_over = data[size - 1] & 16;

	got = oracle_reader(reader, bytes, sizes, pass_over);
	if (got.good) {
		want = oracle_coefficients(bytes, sizes);
		/* damage in what was passed over is not seen */
		if (!is_whole(&want, &got) && (want.good || !pass_over))
			abort();
		oracle_free(&want);
	}
	oracle_free(&got);
	return 0;
}
