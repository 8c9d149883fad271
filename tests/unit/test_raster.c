/* test_raster.c - opaque is what is opaque everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resample/raster.h"

#define PIXELS_MAX 70

/* One sample after another is less than opaque: only those of alpha matter. */
static void finds_any_alpha(void **state)
{
	static uint8_t line[PIXELS_MAX * 4 * 2];

	(void)state;
	for (unsigned bits = 8; bits <= 16; bits += 8)
		for (unsigned bands = 1; bands <= 4; bands++)
			for (uint32_t pixels = 1; pixels <= PIXELS_MAX; pixels += 23) {
				const struct raster raster = {line, pixels, 1, bands, bits, true};
				const size_t size = raster_line_bytes(&raster);

				memset(line, 0, sizeof line);
				memset(line, UINT8_MAX, size);
				assert_true(raster_opaque(&raster));
				for (size_t i = 0; i < size; i++) {
					const bool alpha = i / (bits / 8) % bands == bands - 1;

					line[i] = 254;
					assert_int_equal(raster_opaque(&raster), !alpha);
					line[i] = UINT8_MAX;
				}
			}
}

static void finds_any_colour(void **state)
{
	uint8_t line[5 * 4 * 2];

	(void)state;
	for (unsigned bits = 8; bits <= 16; bits += 8)
		for (unsigned bands = 3; bands <= 4; bands++) {
			const struct raster raster = {line, 5, 1, bands, bits, bands == 4};

			memset(line, 7, sizeof line);
			assert_true(raster_gray(&raster));
			for (size_t i = 0; i < raster_line_bytes(&raster); i++) {
				const bool colour = i / (bits / 8) % bands < 3;

				line[i] = 8;
				assert_int_equal(raster_gray(&raster), !colour);
				line[i] = 7;
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_any_alpha),
	    cmocka_unit_test(finds_any_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
