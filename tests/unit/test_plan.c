/* test_plan.c - what the user named, what outputs are called, in which order all is done. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"

static void a_directory_is_mirrored_beside_itself(void **state)
{
	static const char expected[] = "images/a.jpg > resized_images/a.jpg\n"
				       "images/sub/deep/b.png > resized_images/sub/deep/b.png\n";

	make_file("images/a.jpg", 2);
	make_file("images/sub/deep/b.png", 1);
	assert_string_equal(plan_text(*state, "images", NULL), expected);
	assert_string_equal(plan_text(*state, "images/", NULL), expected);
	assert_string_equal(plan_text(*state, "images//", NULL), expected);
	assert_string_equal(plan_text(*state, "images/.", NULL), expected);
	assert_string_equal(plan_text(*state, "images/./", NULL), expected);
}

static void a_directory_elsewhere_keeps_its_parent(void **state)
{
	char above[PATH_MAX], path[PATH_MAX + 16], expected[3 * PATH_MAX];

	make_file("x/images/a.jpg", 1);
	assert_string_equal(plan_text(*state, "x/images", NULL),
	                    "x/images/a.jpg > x/resized_images/a.jpg\n");
	assert_non_null(getcwd(above, sizeof(above)));
	(void)snprintf(path, sizeof(path), "%s/x/images/", above);
	(void)snprintf(expected, sizeof(expected),
	               "%s/x/images/a.jpg > %s/x/resized_images/a.jpg\n", above, above);
	assert_string_equal(plan_text(*state, path, NULL), expected);
}

static void dots_have_the_name_that_the_system_knows(void **state)
{
	make_file("images/sub/a.jpg", 1);
	assert_int_equal(chdir("images/sub"), 0);
	assert_string_equal(plan_text(*state, ".", NULL), "./a.jpg > ../resized_sub/a.jpg\n");
	assert_string_equal(plan_text(*state, "./", NULL), "./a.jpg > ../resized_sub/a.jpg\n");
	assert_string_equal(plan_text(*state, "..", NULL),
	                    "../sub/a.jpg > ../../resized_images/sub/a.jpg\n");
	assert_int_equal(chdir(".."), 0);
	assert_string_equal(plan_text(*state, "sub/..", NULL),
	                    "sub/../sub/a.jpg > sub/../../resized_images/sub/a.jpg\n");
}

static void the_file_systems_root_has_no_name(void **state)
{
	struct plan_fixture *fixture = *state;

	(void)plan_text(fixture, "/", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	assert_null(fixture->plan);
	assert_non_null(strstr(fixture->error.msg, "--output"));
}

static void a_linked_directory_stands_beside_the_link(void **state)
{
	make_file("elsewhere/images/a.jpg", 1);
	assert_int_equal(symlink("elsewhere/images", "link"), 0);
	assert_string_equal(plan_text(*state, "link", NULL), "link/a.jpg > resized_link/a.jpg\n");
	assert_string_equal(plan_text(*state, "link/", NULL), "link/a.jpg > resized_link/a.jpg\n");
}

static void with_an_output_content_lies_directly_below_it(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("one/a.jpg", 3);
	make_file("two/sub/b.jpg", 2);
	fixture->options.output = "out/";
	assert_string_equal(plan_text(fixture, "one", "two/", NULL),
	                    "one/a.jpg > out/a.jpg\ntwo/sub/b.jpg > out/sub/b.jpg\n");
	fixture->options.output = ".";
	assert_string_equal(plan_text(fixture, "one", NULL), "one/a.jpg > ./a.jpg\n");
	fixture->options.output = "/";
	assert_string_equal(plan_text(fixture, "one", NULL), "one/a.jpg > /a.jpg\n");
	fixture->options.output = "";
	(void)plan_text(fixture, "one", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
}

static void a_named_file_gets_a_prefix(void **state)
{
	make_file("a.jpg", 3);
	make_file("x/b.jpg", 2);
	assert_string_equal(plan_text(*state, "a.jpg", "x//b.jpg", NULL),
	                    "a.jpg > resized_a.jpg\nx//b.jpg > x//resized_b.jpg\n");
	assert_true(source_is_named(*state, 0));
	assert_string_equal(plan_text(*state, "./a.jpg", NULL), "./a.jpg > ./resized_a.jpg\n");
}

static void a_named_file_keeps_its_path_below_an_output(void **state)
{
	struct plan_fixture *fixture = *state;
	char above[PATH_MAX], path[PATH_MAX + 16], expected[3 * PATH_MAX];

	make_file("x/y/a.jpg", 1);
	fixture->options.output = "out";
	assert_string_equal(plan_text(fixture, "x/y/a.jpg", NULL), "x/y/a.jpg > out/x/y/a.jpg\n");
	assert_string_equal(plan_text(fixture, "./x//./y/a.jpg", NULL),
	                    "./x//./y/a.jpg > out/x/y/a.jpg\n");
	assert_string_equal(plan_text(fixture, "x/../x/y/../y/a.jpg", NULL),
	                    "x/../x/y/../y/a.jpg > out/x/y/a.jpg\n");
	assert_int_equal(chdir("x/y"), 0);
	assert_string_equal(plan_text(fixture, "../../x/y/a.jpg", NULL),
	                    "../../x/y/a.jpg > out/x/y/a.jpg\n");
	assert_string_equal(plan_text(fixture, "../y/../../x/y/a.jpg", NULL),
	                    "../y/../../x/y/a.jpg > out/x/y/a.jpg\n");
	assert_non_null(getcwd(above, sizeof(above)));
	(void)snprintf(path, sizeof(path), "%s/a.jpg", above);
	(void)snprintf(expected, sizeof(expected), "%s > out%s\n", path, path);
	assert_string_equal(plan_text(fixture, path, NULL), expected);
}

static void a_format_changes_the_extension(void **state)
{
	struct plan_fixture *fixture = *state;
	static const unsigned char jpeg[] = {0xFF, 0xD8, 0xFF, 0xE0};

	make_file("i/a.JPEG", 9);
	make_file("i/b.tar.png", 8);
	make_file_with("i/c", jpeg, sizeof(jpeg));
	make_file_with("i/d.v2", jpeg, 3);
	fixture->options.image.format = BR_IMAGE_FORMAT_PNG;
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.JPEG > o/a.png\n"
	                                                   "i/b.tar.png > o/b.tar.png\n"
	                                                   "i/c > o/c.png\n"
	                                                   "i/d.v2 > o/d.v2.png\n");
	make_file(".jpg", 1);
	fixture->options.output = NULL;
	assert_string_equal(plan_text(fixture, ".jpg", NULL), ".jpg > resized_.jpg.png\n");
}

static void what_does_not_exist_is_an_item(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("a.jpg", 1);
	assert_string_equal(plan_text(fixture, "nope.jpg", "a.jpg", "nope.jpg", "a.jpg/x", NULL),
	                    "a.jpg > resized_a.jpg\n"
	                    "a.jpg/x > a.jpg/resized_x !system\n"
	                    "nope.jpg > resized_nope.jpg !system\n");
	assert_int_equal(fixture->status, 0);
	assert_int_equal(plan_bytes(fixture->plan), 1);
	(void)refusal_text(fixture, "nope.jpg");
	assert_int_equal(fixture->error.sys_errno, ENOENT);
	(void)refusal_text(fixture, "a.jpg/x");
	assert_int_equal(fixture->error.sys_errno, ENOTDIR);
}

static void a_slash_behind_a_file_is_refused(void **state)
{
	make_file("a.jpg", 1);
	assert_string_equal(plan_text(*state, "a.jpg/", NULL), "a.jpg/ > resized_a.jpg !system\n");
}

static void what_is_no_file_is_refused(void **state)
{
	struct plan_fixture *fixture = *state;

	assert_int_equal(mkfifo("pipe.jpg", 0666), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "pipe.jpg", "/dev/null", NULL),
	                    "/dev/null > o/dev/null !not-an-image\n"
	                    "pipe.jpg > o/pipe.jpg !not-an-image\n");
	assert_non_null(strstr(refusal_text(fixture, "pipe.jpg"), "a pipe"));
	assert_non_null(strstr(refusal_text(fixture, "/dev/null"), "a device"));
}

static void nothing_named_is_wrong_usage(void **state)
{
	struct plan_fixture *fixture = *state;

	(void)plan_text(fixture, NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	(void)plan_text(fixture, "", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	make_file("-", 1);
	(void)plan_text(fixture, "-", "x", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	assert_string_equal(plan_text(fixture, "./-", NULL), "./- > ./resized_-\n");
}

static void names_may_have_any_bytes(void **state)
{
	struct plan_fixture *fixture = *state;
	char name[NAME_MAX + 1], path[512], expected[1024];

	make_file("i/new\nline.jpg", 5);
	make_file("i/-dash.jpg", 4);
	make_file("i/bad\xff\xfe.jpg", 3);
	make_file("i/ blank .jpg", 2);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL), "i/new\nline.jpg > o/new\nline.jpg\n"
	                                                   "i/-dash.jpg > o/-dash.jpg\n"
	                                                   "i/bad\xff\xfe.jpg > o/bad\xff\xfe.jpg\n"
	                                                   "i/ blank .jpg > o/ blank .jpg\n");
	memset(name, 'n', NAME_MAX);
	memcpy(name + NAME_MAX - 4, ".jpg", 5);
	(void)snprintf(path, sizeof(path), "long/%s", name);
	make_file(path, 1);
	(void)snprintf(expected, sizeof(expected), "long/%s > o/%s\n", name, name);
	assert_string_equal(plan_text(fixture, "long", NULL), expected);
	fixture->options.output = NULL;
	(void)snprintf(expected, sizeof(expected), "long/%s > long/resized_%s !system\n", name,
	               name);
	assert_string_equal(plan_text(fixture, path, NULL), expected);
	(void)refusal_text(fixture, path);
	assert_int_equal(fixture->error.sys_errno, ENAMETOOLONG);
}

/* --- lists -------------------------------------------------------------------------------------
 */

static void a_list_has_a_path_on_each_line(void **state)
{
	struct plan_fixture *fixture = *state;
	static const char list[] = "a.jpg\n\n-b.jpg\nwith\r\n\nno end.jpg";

	make_file("a.jpg", 4);
	make_file("-b.jpg", 3);
	make_file("with\r", 2);
	make_file("no end.jpg", 1);
	make_file_with("list", list, sizeof(list) - 1);
	fixture->options.files_from = "list";
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, NULL), "a.jpg > o/a.jpg\n-b.jpg > o/-b.jpg\n"
	                                              "with\r > o/with\r\n"
	                                              "no end.jpg > o/no end.jpg\n");
	assert_true(source_is_named(fixture, 0));
}

static void a_list_may_end_paths_with_nul(void **state)
{
	struct plan_fixture *fixture = *state;
	static const char list[] = "two\nlines.jpg\0\0bad\xff.jpg\0last.jpg";

	make_file("two\nlines.jpg", 3);
	make_file("bad\xff.jpg", 2);
	make_file("last.jpg", 1);
	make_file_with("list", list, sizeof(list) - 1);
	fixture->options.files_from = "list";
	fixture->options.null_separated = true;
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, NULL), "two\nlines.jpg > o/two\nlines.jpg\n"
	                                              "bad\xff.jpg > o/bad\xff.jpg\n"
	                                              "last.jpg > o/last.jpg\n");
}

static void a_list_comes_by_standard_input(void **state)
{
	struct plan_fixture *fixture = *state;
	int kept = dup(STDIN_FILENO);
	int list;

	make_file("images/a.jpg", 2);
	make_file("-", 1);
	make_file_with("list", "images\n-\n", 9);
	list = open("list", O_RDONLY | O_CLOEXEC);
	assert_true(kept >= 0 && list >= 0 && dup2(list, STDIN_FILENO) == STDIN_FILENO);
	fixture->options.files_from = "-";
	assert_string_equal(plan_text(fixture, NULL),
	                    "images/a.jpg > resized_images/a.jpg\n- > resized_-\n");
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(kept) + close(list), 0);
}

static void a_list_of_the_wrong_kind_is_said_to_be(void **state)
{
	struct plan_fixture *fixture = *state;
	static const char list[] = "a.jpg\0b.jpg";
	static char huge[40000];

	make_file_with("nul", list, sizeof(list));
	fixture->options.files_from = "nul";
	assert_string_equal(plan_text(fixture, NULL), "");
	assert_int_equal(fixture->status, 0);
	assert_int_equal(fixture->serious, 1);
	assert_non_null(strstr(fixture->notice, "nul: line 1 of the list: "));
	assert_non_null(strstr(fixture->notice, "--null"));

	memset(huge, '\n', sizeof(huge));
	memset(huge, 'x', sizeof(huge) / 2);
	make_file_with("lines", huge, sizeof(huge));
	fixture->options.files_from = "lines";
	fixture->options.null_separated = true;
	assert_string_equal(plan_text(fixture, NULL), "");
	assert_non_null(strstr(fixture->notice, "lines: line 1 of the list: "));
	assert_non_null(strstr(fixture->notice, "leave --null out"));
}

static void a_list_that_cannot_be_read_ends_the_plan(void **state)
{
	struct plan_fixture *fixture = *state;

	fixture->options.files_from = "nowhere";
	(void)plan_text(fixture, NULL);
	assert_int_equal(fixture->status, -ENOENT);
	assert_null(fixture->plan);
	fixture->options.files_from = ".";
	(void)plan_text(fixture, NULL);
	assert_int_equal(fixture->status, -EISDIR);
}

static void an_empty_list_is_nothing_to_do(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("list", 0);
	fixture->options.files_from = "list";
	assert_string_equal(plan_text(fixture, NULL), "");
	assert_int_equal(fixture->status, 0);
}

static void a_path_too_long_for_the_system_is_refused(void **state)
{
	struct plan_fixture *fixture = *state;
	static char list[PATH_MAX + 1001];

	memset(list, 'x', sizeof(list));
	for (size_t i = 50; i < sizeof(list); i += 50)
		list[i] = '/';
	make_file_with("list", list, sizeof(list));
	fixture->options.files_from = "list";
	(void)plan_text(fixture, NULL);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(plan_count(fixture->plan), 1);
	assert_int_equal(plan_refusal(fixture->plan, 0, &fixture->error), -ENAMETOOLONG);
}

static void an_output_too_long_for_the_system_is_refused(void **state)
{
	struct plan_fixture *fixture = *state;
	char output[PATH_MAX];

	make_file("i/a.jpg", 2);
	make_file("i/long-enough-to-be-too-long.jpg", 1);
	memset(output, 'x', sizeof(output));
	for (size_t i = 50; i < sizeof(output); i += 50)
		output[i] = '/';
	output[PATH_MAX - 10] = '\0';
	fixture->options.output = output;
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(plan_count(fixture->plan), 2);
	assert_int_equal(plan_item(fixture->plan, 0)->refusal, BR_ERROR_NONE);
	assert_int_equal(plan_refusal(fixture->plan, 1, &fixture->error), -ENAMETOOLONG);
	assert_non_null(strstr(fixture->error.msg, "--output"));
}

/* --- order -------------------------------------------------------------------------------------
 */

static void the_largest_comes_first_then_paths_in_order(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 5);
	make_file("i/a/z.jpg", 5);
	make_file("i/a-b/y.jpg", 5);
	make_file("i/B.jpg", 5);
	make_file("i/small.jpg", 1);
	make_file("i/big.jpg", 9);
	make_file("b.jpg", 5);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", "b.jpg", NULL), "i/big.jpg > o/big.jpg\n"
	                                                            "b.jpg > o/b.jpg\n"
	                                                            "i/B.jpg > o/B.jpg\n"
	                                                            "i/a-b/y.jpg > o/a-b/y.jpg\n"
	                                                            "i/a.jpg > o/a.jpg\n"
	                                                            "i/a/z.jpg > o/a/z.jpg\n"
	                                                            "i/small.jpg > o/small.jpg\n");
	assert_int_equal(plan_bytes(fixture->plan), 35);
}

static void paths_are_cut_to_no_buffer(void **state)
{
	struct plan_fixture *fixture = *state;
	char path[16];

	make_file("i/abcdefgh.jpg", 1);
	fixture->options.output = "o";
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(plan_source(fixture->plan, 0, path, 14), -ENAMETOOLONG);
	assert_int_equal(plan_source(fixture->plan, 0, path, 15), 14);
	assert_int_equal(plan_output(fixture->plan, 0, 0, NULL, path, 14), -ENAMETOOLONG);
	assert_int_equal(plan_output(fixture->plan, 0, 0, NULL, path, 1), -ENAMETOOLONG);
	assert_int_equal(plan_output(fixture->plan, 0, 0, NULL, path, 15), 14);
}

#define PLAN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

/* Whatever names outputs otherwise, and whatever is called so. */
static void standard_input_is_a_source_as_others(void **state)
{
	struct plan_fixture *fixture = *state;
	char path[8];

	make_file("-", 3);
	fixture->options.output = "o.jpg";
	fixture->options.output_is_file = true;
	fixture->options.image.format = BR_IMAGE_FORMAT_WEBP;
	assert_int_equal(plan_pipe(&fixture->options, 77, &fixture->plan, &fixture->error), 0);
	assert_int_equal(plan_count(fixture->plan), 1);
	assert_int_equal(plan_bytes(fixture->plan), 77);
	assert_int_equal(plan_item(fixture->plan, 0)->size, 77);
	assert_int_equal(plan_item(fixture->plan, 0)->refusal, BR_ERROR_NONE);
	assert_false(plan_is_stray(fixture->plan, 0));
	assert_int_equal(plan_outputs(fixture->plan), 1);
	assert_int_equal(plan_source(fixture->plan, 0, path, sizeof(path)), 1);
	assert_string_equal(path, "-");
	assert_int_equal(plan_output(fixture->plan, 0, 0, NULL, path, sizeof(path)), 1);
	assert_string_equal(path, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLAN_TEST(a_directory_is_mirrored_beside_itself),
	    PLAN_TEST(a_directory_elsewhere_keeps_its_parent),
	    PLAN_TEST(dots_have_the_name_that_the_system_knows),
	    PLAN_TEST(the_file_systems_root_has_no_name),
	    PLAN_TEST(a_linked_directory_stands_beside_the_link),
	    PLAN_TEST(with_an_output_content_lies_directly_below_it),
	    PLAN_TEST(a_named_file_gets_a_prefix),
	    PLAN_TEST(a_named_file_keeps_its_path_below_an_output),
	    PLAN_TEST(a_format_changes_the_extension),
	    PLAN_TEST(what_does_not_exist_is_an_item),
	    PLAN_TEST(a_slash_behind_a_file_is_refused),
	    PLAN_TEST(what_is_no_file_is_refused),
	    PLAN_TEST(nothing_named_is_wrong_usage),
	    PLAN_TEST(names_may_have_any_bytes),
	    PLAN_TEST(a_list_has_a_path_on_each_line),
	    PLAN_TEST(a_list_may_end_paths_with_nul),
	    PLAN_TEST(a_list_comes_by_standard_input),
	    PLAN_TEST(a_list_of_the_wrong_kind_is_said_to_be),
	    PLAN_TEST(a_list_that_cannot_be_read_ends_the_plan),
	    PLAN_TEST(an_empty_list_is_nothing_to_do),
	    PLAN_TEST(a_path_too_long_for_the_system_is_refused),
	    PLAN_TEST(an_output_too_long_for_the_system_is_refused),
	    PLAN_TEST(the_largest_comes_first_then_paths_in_order),
	    PLAN_TEST(paths_are_cut_to_no_buffer),
	    PLAN_TEST(standard_input_is_a_source_as_others),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
