/* The command line: what is meant by what people type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli_fixture.h"

/* Spellings that are understood, and mean the same. */
static void test_spellings(void **state)
{
	static const char *const same[][2] = {
	    {"-f jpg", "-f jpeg"},
	    {"-f JPG", "-f jpeg"},
	    {"-f tif", "-f tiff"},
	    {"-f WebP", "-f webp"},
	    {"-s 800X600", "-s 800x600"},
	    {"-s 800\xC3\x97"
	     "600",
	     "-s 800x600"},
	    {"-s 800px", "-s 800"},
	    {"-s 800pxx600PX", "-s 800x600"},
	    {"-s x600px", "-s x600"},
	    {"-m Thread", "-m thread"},
	    {"-s 8x8 --fit=cover --gravity=center", "-s 8x8 --fit=cover --gravity=centre"},
	    {"-q jpg=70", "-q jpeg=70"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		char typed[100], meant[100];
		struct br_error error;
		struct cli a, b;

		(void)snprintf(typed, sizeof(typed), "%s a", same[i][0]);
		(void)snprintf(meant, sizeof(meant), "%s a", same[i][1]);
		assert_int_equal(parse(&a, typed, &error), 0);
		assert_int_equal(parse(&b, meant, &error), 0);
		assert_int_equal(a.batch.mode, b.batch.mode);
		assert_memory_equal(&a.batch.image, &b.batch.image, sizeof(a.batch.image));
		cli_release(&a);
		cli_release(&b);
	}
}

/* An --output that is a picture by its name. */
static void test_output_is_file(void **state)
{
	static const struct {
		const char *arguments;
		bool is_file;
		enum br_image_format format;
	} rows[] = {
	    {"-o d/thumb.webp a.jpg", true, BR_IMAGE_FORMAT_WEBP},
	    {"-o THUMB.JPG a.png", true, BR_IMAGE_FORMAT_JPEG},
	    {"-o thumb.webp -f jpeg a.jpg", true, BR_IMAGE_FORMAT_JPEG},
	    {"-o thumb.jpg/ a.jpg b.jpg", false, BR_IMAGE_FORMAT_UNKNOWN},
	    {"-o v1.2 a.jpg", false, BR_IMAGE_FORMAT_UNKNOWN},
	    {"-o a.jpg/b c.jpg", false, BR_IMAGE_FORMAT_UNKNOWN},
	    {"-o .jpg a.jpg", false, BR_IMAGE_FORMAT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "%s", rows[i].arguments);
		assert_int_equal(parse(&cli, line, &error), 0);
		assert_int_equal(cli.batch.output_is_file, rows[i].is_file);
		assert_int_equal(cli.batch.image.format, rows[i].format);
		cli_release(&cli);
	}
}

static void test_outputs_that_are_refused(void **state)
{
	(void)state;
	assert_refused("-o t.jpg a.jpg b.jpg",
	               "--output: 't.jpg' is the name of one picture, but there are several "
	               "sources: name a directory (or end it with a slash, if it is to be called "
	               "so)");
	assert_refused("-o t.jpg -s 5,6 a.jpg",
	               "--output: 't.jpg' is the name of one picture, but there are several sizes: "
	               "name a directory (or end it with a slash, if it is to be called so)");
	assert_refused("-o t.jpg --files-from l",
	               "--output: 't.jpg' is the name of one picture, but there is a list of "
	               "sources: name a directory (or end it with a slash, if it is to be called "
	               "so)");
	assert_refused("-o t.jpg --name b.jpg a.jpg",
	               "--output: 't.jpg' is the name of one picture, but --name names it too: "
	               "leave one out");
	assert_refused("-o t.bmp a.jpg",
	               "--output: 't.bmp' is the name of one picture, but that format can't be "
	               "written: use one that --format lists");
	assert_refused("--flat a", "--flat has no effect without --output: add --output=DIR");
	assert_refused("--flat -o t.jpg a",
	               "--flat has no effect if --output is one file: leave it out");
	assert_refused(
	    "--output=~/x a",
	    "--output: the shell has left the ~ in '~/x' as it is: put a blank before it "
	    "in place of =, or say $HOME (./~ is a name)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_output_is_file),
	    cmocka_unit_test(test_outputs_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
