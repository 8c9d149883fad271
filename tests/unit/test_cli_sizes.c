/* test_cli_sizes.c - several sizes, and what their outputs are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

/* Parses arguments up to a NULL. */
static int parse(struct cli *cli, const char *const *arguments, struct br_error *error)
{
	char *argv[16] = {(char *)(uintptr_t) "batchresize"};
	int argc = 1;

	for (; *arguments; arguments++)
		argv[argc++] = (char *)(uintptr_t)*arguments;
	return cli_parse(cli, argc, argv, error);
}

#define PARSE(cli, error, ...) parse((cli), (const char *const[]){__VA_ARGS__, NULL}, (error))

static void several_sizes_by_comma(void **state)
{
	struct br_error error;
	struct cli cli;

	(void)state;
	assert_int_equal(PARSE(&cli, &error, "-s", "1,2", "-s", "320,x600,12.5%,1048560x1048560",
	                       "--name", "{size}", "a"),
	                 0);
	assert_int_equal(cli.batch.image.sizes, 4);
	assert_int_equal(cli.batch.image.size[0].width, 320);
	assert_int_equal(cli.batch.image.size[1].height, 600);
	assert_int_equal(cli.batch.image.size[2].percent, 12500);
	assert_int_equal(cli.batch.image.size[3].height, 1048560);
	assert_string_equal(cli.batch.name, "{size}");
	cli_release(&cli);
	assert_int_equal(PARSE(&cli, &error, "-s1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "a"), 0);
	assert_int_equal(cli.batch.image.sizes, BR_IMAGE_SIZES_MAX);
	cli_release(&cli);
	assert_int_equal(PARSE(&cli, &error, "a"), 0);
	assert_int_equal(cli.batch.image.sizes, 1);
	cli_release(&cli);
}

static void assert_refused(const char *option, const char *source, const char *message)
{
	struct br_error error;
	struct cli cli;

	assert_int_equal(PARSE(&cli, &error, option, "-s1,2", source), BR_ERROR_USAGE);
	assert_string_equal(error.msg, message);
	cli_release(&cli);
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_refused("-s320,0320", "a", "-s: '0320' is there twice: leave one out");
	assert_refused("-s50%,50.0%", "a", "-s: '50.0%' is there twice: leave one out");
	/* not what it begins with */
	assert_refused("-s00000000000000000000000000000000000000000000800x8", "a",
	               "-s: '0000000000000000000000000000000000000000' is no size: write WxH "
	               "(800x600), W (800), xH (x600) or P% (50%, at most 10000%); sides are 1 to "
	               "1048560 pixels");
	assert_refused("-s1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "a",
	               "-s: more than 16 sizes: run once more for '17' and what follows");
	assert_refused("-v", "-", "'-' writes one image to standard output: ask for one size");
	assert_refused("--name={stem}-{sise}.{ext}", "a",
	               "--name: unknown field '{sise}': did you mean '{size}'?");
	assert_refused("--name={stem}.{ext}", "a",
	               "--name gives every size the same name: put {size} into it, or {width} or "
	               "{height}");
	assert_refused("--srcset=-", "a",
	               "--srcset needs a file: its paths are relative to that file's directory");
	assert_refused("--srcset=s", "-",
	               "--srcset makes no sense with '-', which writes one image to standard "
	               "output: leave it out");
	assert_refused("--name={size}", "-",
	               "--name makes no sense with '-', which writes one image to standard output: "
	               "leave it out");
}

static void an_empty_size_of_a_list_is_refused(void **state)
{
	static const char *const lists[] = {"-s,", "-s1,", "-s,1", "-s1,,2", "-s1, 2", "-s1;2"};
	struct br_error error;
	struct cli cli;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		assert_int_equal(PARSE(&cli, &error, lists[i], "a"), BR_ERROR_USAGE);
		assert_non_null(strstr(error.msg, "is no size"));
		cli_release(&cli);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(several_sizes_by_comma),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(an_empty_size_of_a_list_is_refused),
	};

	return cmocka_run_group_tests_name("cli: sizes", tests, NULL, NULL);
}
