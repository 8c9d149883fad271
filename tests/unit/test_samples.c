/* test_samples.c - colours multiplied by alpha, as each is by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resample/samples.h"

enum { PIXELS = 40 };

static void multiplied(unsigned bands, size_t pixels, float max)
{
	float line[PIXELS * 5], was[PIXELS * 5];

	for (size_t i = 0; i < pixels * bands; i++)
		line[i] = was[i] = i % 7 ? (float)(i * 37 % ((size_t)max + 1)) : max;
	samples_premultiply(line, pixels, bands, max);
	for (size_t i = 0; i < pixels * bands; i++) {
		const float alpha = was[i / bands * bands + bands - 1];

		assert_true(
		    line[i] ==
		    (i % bands == bands - 1 || alpha == max ? was[i] : was[i] * (alpha / max)));
	}
}

static void every_width(void **state)
{
	(void)state;
	for (unsigned bands = 2; bands <= 5; bands++)
		for (size_t pixels = 0; pixels <= PIXELS; pixels++) {
			multiplied(bands, pixels, UINT8_MAX);
			multiplied(bands, pixels, UINT16_MAX);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_width)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
