/* test_heif_turn.c - the transformations of a HEIF's primary item as an orientation of EXIF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/heif_colour.h"

enum { NOTHING = -1 };

/* The file: a meta box with the primary item, 1, and its properties. */
static size_t make(unsigned char *file, int rotation, int mirror, unsigned item)
{
	/* sizes, the turns and the item are filled in below */
	static const char head[] = "\0\0\0\0meta\0\0\0\0"
				   "\0\0\0\x0epitm\0\0\0\0\0\1"
				   "\0\0\0\0iprp"
				   "\0\0\0\x1aipco"
				   "\0\0\0\x09irot\0"
				   "\0\0\0\x09imir\0"
				   "\0\0\0\0ipma\0\0\0\0\0\0\0\1\0";
	unsigned char count = 0, properties[2];
	size_t size = sizeof head - 1;

	memcpy(file, head, size);
	file[50] = (unsigned char)rotation;
	file[59] = (unsigned char)mirror;
	file[size++] = (unsigned char)item;
	if (rotation != NOTHING)
		properties[count++] = 0x81;
	if (mirror != NOTHING)
		properties[count++] = 0x82;
	file[size++] = count;
	memcpy(file + size, properties, count);
	size += count;
	file[3] = (unsigned char)size;
	file[29] = (unsigned char)(size - 26);
	file[63] = (unsigned char)(size - 60);
	return size;
}

/* As libavif writes the eight orientations: turned first, then mirrored. */
static void tells_the_orientation(void **state)
{
	static const struct {
		int rotation, mirror;
		unsigned orientation;
	} cases[] = {
	    {NOTHING, NOTHING, 1}, {NOTHING, 1, 2}, {2, NOTHING, 3}, {NOTHING, 0, 4}, {1, 0, 5},
	    {3, NOTHING, 6},       {3, 0, 7},       {1, NOTHING, 8}, {0, NOTHING, 1}, {2, 1, 4}};
	unsigned char file[128];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const size_t size = make(file, cases[i].rotation, cases[i].mirror, 1);

		assert_int_equal(heif_orientation((struct bytes){file, size}),
		                 cases[i].orientation);
		/* of another item */
		(void)make(file, cases[i].rotation, cases[i].mirror, 2);
		assert_int_equal(heif_orientation((struct bytes){file, size}), 1);
	}
}

static void survives_damage(void **state)
{
	unsigned char file[128], damaged[128];
	const size_t size = make(file, 3, 0, 1);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		const unsigned orientation = heif_orientation((struct bytes){file, cut});

		assert_in_range(orientation, 1, 8);
	}
	for (size_t at = 0; at < size; at++)
		for (unsigned value = 0; value < 256; value += 5) {
			memcpy(damaged, file, size);
			damaged[at] = (unsigned char)value;
			assert_in_range(heif_orientation((struct bytes){damaged, size}), 1, 8);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_the_orientation),
	    cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
