/* test_cli_formats.c - what can be asked of the formats that are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

/* Parses one option before a path. Returns what cli_parse() does; *cli is to be released. */
static int parse_option(struct cli *cli, const char *option, struct br_error *error)
{
	char copy[100], source[] = "a", *argv[] = {"batchresize", copy, source, NULL};

	(void)snprintf(copy, sizeof(copy), "%s", option);
	return cli_parse(cli, 3, argv, error);
}

static void test_flags_and_numbers(void **state)
{
	struct br_error error;
	struct cli cli;

	(void)state;
	assert_int_equal(parse_option(&cli, "--lossless", &error), 0);
	assert_true(cli.batch.image.lossless);
	cli_release(&cli);
	assert_int_equal(parse_option(&cli, "--jpeg-progressive", &error), 0);
	assert_true(cli.batch.image.jpeg_progressive);
	assert_false(cli.batch.image.lossless);
	cli_release(&cli);
	assert_int_equal(parse_option(&cli, "--jpeg-subsampling=420", &error), 0);
	assert_int_equal(cli.batch.image.jpeg_subsampling, BR_IMAGE_SUBSAMPLING_420);
	cli_release(&cli);
	assert_int_equal(parse_option(&cli, "--png-effort=10", &error), 0);
	assert_int_equal(cli.batch.image.png_effort, 10);
	cli_release(&cli);
}

static void test_qualities(void **state)
{
	struct br_error error;
	struct cli cli;

	(void)state;
	assert_int_equal(parse_option(&cli, "-q70,avif=50", &error), 0);
	assert_int_equal(cli.batch.image.quality, 70);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_AVIF], 50);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_JPEG], 0);
	cli_release(&cli);
	assert_int_equal(parse_option(&cli, "-qjpeg=1,webp=100,heic=9,jxl=7", &error), 0);
	assert_int_equal(cli.batch.image.quality, 80);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_JPEG], 1);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_WEBP], 100);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_HEIC], 9);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_JXL], 7);
	cli_release(&cli);
}

static void test_last_quality_counts_whole(void **state)
{
	char first[] = "-q70,avif=50", last[] = "-qjpeg=9", source[] = "a";
	char *argv[] = {"batchresize", first, last, source, NULL};
	struct br_error error;
	struct cli cli;

	(void)state;
	assert_int_equal(cli_parse(&cli, 4, argv, &error), 0);
	assert_int_equal(cli.batch.image.quality, 80);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_AVIF], 0);
	assert_int_equal(cli.batch.image.format_quality[BR_IMAGE_FORMAT_JPEG], 9);
	cli_release(&cli);
}

static void test_bad_qualities(void **state)
{
	static const char *const bad[] = {"",     "0",          "101",    "80,",   ",80",
	                                  "80 ",  "png=8",      "jpeg=0", "jpeg=", "=80",
	                                  "jpeg", "jpeg:80",    "80;1",   "jp=80", "avif=101",
	                                  "8=80", "80,,jpeg=1", "bmp=8"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char option[100];
		struct br_error error;
		struct cli cli;

		(void)snprintf(option, sizeof(option), "--quality=%s", bad[i]);
		assert_int_equal(parse_option(&cli, option, &error), BR_ERROR_USAGE);
		assert_non_null(strstr(error.msg, "jpeg=85,avif=50"));
		cli_release(&cli);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flags_and_numbers),
	    cmocka_unit_test(test_qualities),
	    cmocka_unit_test(test_last_quality_counts_whole),
	    cmocka_unit_test(test_bad_qualities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
