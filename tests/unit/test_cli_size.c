/* The command line: what a picture is to become, and which of it would have no effect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli_fixture.h"

static void test_size_options(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "-s 10x10 --fit=cover --gravity=northeast --enlarge --filter mitchell "
	              "--linear a");
	assert_int_equal(cli.batch.image.fit, BR_IMAGE_FIT_COVER);
	assert_int_equal(cli.batch.image.gravity, BR_IMAGE_GRAVITY_NORTHEAST);
	assert_true(cli.batch.image.enlarge);
	assert_int_equal(cli.batch.image.filter, BR_IMAGE_FILTER_MITCHELL);
	assert_true(cli.batch.image.linear);
	cli_release(&cli);
}

static void test_enlarging_percentages(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "-s 250.5% --enlarge a");
	assert_int_equal(cli.batch.image.size[0].percent, 250500);
	cli_release(&cli);
	assert_refused("-s 100.001% a",
	               "--size: over 100% is larger than the picture: add --enlarge");
	assert_refused("-s 100% --enlarge a",
	               "--enlarge has no effect with at most 100%: leave it out");
}

static void test_size_options_without_effect(void **state)
{
	(void)state;
	assert_refused("-s 100 --fit=cover a",
	               "--fit=cover needs a box of two sides: write --size as WxH");
	assert_refused("-s 50% --fit=pad a",
	               "--fit=pad needs a box of two sides: write --size as WxH");
	assert_refused("--gravity=north a",
	               "--gravity=north has no effect with --fit=contain: add --fit=cover or "
	               "--fit=pad, or leave it out");
	assert_refused("--gravity=east --fit=fill a",
	               "--gravity=east has no effect with --fit=fill: add --fit=cover or "
	               "--fit=pad, or leave it out");
	assert_refused("--gravity=entropy --fit=pad a",
	               "--gravity=entropy chooses what a crop keeps: add --fit=cover, or leave it "
	               "out");
	assert_refused("--linear --filter=nearest a",
	               "--linear has no effect with --filter=nearest, which mixes nothing: leave "
	               "one out");
	assert_refused("--background=red a",
	               "--background has no effect without --fit=pad or --format=jpeg: leave it "
	               "out");
	assert_refused("--background=transparent a",
	               "--background=transparent is for --fit=pad: add that, or leave it out");
	assert_refused("--background=transparent --fit=pad -f jpeg a",
	               "--background=transparent is nothing that a JPEG can show: choose a colour, "
	               "or another --format");
}

static void test_colours(void **state)
{
	static const struct {
		const char *text;
		uint8_t rgb[3];
	} rows[] = {{"white", {255, 255, 255}},      {"RebeccaPurple", {0x66, 0x33, 0x99}},
	            {"#fA0", {0xff, 0xaa, 0}},       {"#12cdEF", {0x12, 0xcd, 0xef}},
	            {"aliceblue", {240, 248, 255}},  {"yellowgreen", {154, 205, 50}},
	            {"transparent", {255, 255, 255}}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "--fit=pad --background=%s a", rows[i].text);
		assert_int_equal(parse(&cli, line, &error), 0);
		assert_memory_equal(cli.batch.image.background, rows[i].rgb, 3);
		assert_int_equal(cli.batch.image.transparent,
		                 strcmp(rows[i].text, "transparent") == 0);
		cli_release(&cli);
	}
	assert_refused("--background=lightgren a",
	               "--background: unknown colour 'lightgren': did you mean 'lightgreen'?");
	assert_refused("--background=Transparen a",
	               "--background: unknown colour 'Transparen': did you mean 'transparent'?");
	assert_refused("--background=#12 a",
	               "--background: '#12' is no colour: write a CSS name (white), #rgb or "
	               "#rrggbb");
	assert_refused("--background=#12345g a",
	               "--background: '#12345g' is no colour: write a CSS name (white), #rgb or "
	               "#rrggbb");
	assert_refused("--background=~ a",
	               "--background: '~' is no colour: write a CSS name (white), #rgb or #rrggbb");
	assert_refused(
	    "--background=123456789012345678901234567890123 a",
	    "--background: '123456789012345678901234567890123' is no colour: write a CSS "
	    "name (white), #rgb or #rrggbb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_size_options),
	    cmocka_unit_test(test_enlarging_percentages),
	    cmocka_unit_test(test_size_options_without_effect),
	    cmocka_unit_test(test_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
