/* test_srcset.c - the list for web pages: paths as seen from it, URLs, what is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "records.h"
#include "report/srcset.h"

static void paths_are_seen_from_the_directory(void **state)
{
	static const struct {
		const char *directory, *path, *relative;
	} rows[] = {
	    {"/w/", "/w/a.jpg", "a.jpg"},
	    {"/w", "/w/320/a.jpg", "320/a.jpg"},
	    {"/w/lists/", "/w/a.jpg", "../a.jpg"},
	    {"/w/", "/web/a.jpg", "../web/a.jpg"},
	    {"/", "/a.jpg", "a.jpg"},
	    {"/x/y/z/", "/a/b.jpg", "../../../a/b.jpg"},
	    {"/w/./x/..//", "/w//o/../p/./a.jpg", "p/a.jpg"},
	    {"/../../w/", "/w/a.jpg", "a.jpg"},
	    {"/w/...", "/w/.../..a", "..a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *relative = srcset_relative(rows[i].directory, rows[i].path);

		assert_non_null(relative);
		assert_string_equal(relative, rows[i].relative);
		free(relative);
	}
}

static void assert_content(const char *path, const char *expected)
{
	char content[4096];
	FILE *stream = fopen(path, "r");

	assert_non_null(stream);
	content[fread(content, 1, sizeof(content) - 1, stream)] = '\0';
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(content, expected);
}

static void images_stand_in_the_order_of_their_widths(void **state)
{
	static const struct br_batch_output outputs[] = {
	    {.path = "w/x/a b,\"&.jpg",
	     .width = 640,
	     .height = 480,
	     .bytes = 3,
	     .format = BR_IMAGE_FORMAT_JPEG},
	    {.path = "w/\xFF\n.jpg",
	     .width = 320,
	     .height = 240,
	     .bytes = 2,
	     .format = BR_IMAGE_FORMAT_JPEG},
	    {.path = "w/c.jpg",
	     .width = 320,
	     .height = 100,
	     .bytes = 1,
	     .format = BR_IMAGE_FORMAT_JPEG},
	};
	struct br_image_result image = a_result();
	struct br_batch_record record = a_record(&image);
	struct br_batch_record failed = a_failure("b.jpg", BR_ERROR_CORRUPT, "corrupt");
	struct srcset srcset;
	struct br_error error;

	(void)state;
	record.outputs = outputs;
	record.output_count = 3;
	assert_int_equal(srcset_open(&srcset, "w/list.json", &error), 0);
	assert_int_equal(access("w/list.json", F_OK), -1);
	srcset_add(&srcset, &record);
	srcset_add(&srcset, &failed);
	record.source = "\xFE";
	record.output_count = 1;
	srcset_add(&srcset, &record);
	assert_int_equal(srcset_publish(&srcset, &error), 0);
	srcset_release(&srcset);
	assert_content(
	    "w/list.json",
	    "[\n{\"source\": \"a.jpg\", \"images\": ["
	    "{\"path\": \"c.jpg\", \"width\": 320, \"height\": 100, \"bytes\": 1, "
	    "\"type\": \"image/jpeg\"}, "
	    "{\"path\": \"\xEF\xBF\xBD\\n.jpg\", \"path_bytes\": \"/wouanBn\", "
	    "\"width\": 320, \"height\": 240, \"bytes\": 2, \"type\": \"image/jpeg\"}, "
	    "{\"path\": \"x/a b,\\\"&.jpg\", \"width\": 640, \"height\": 480, \"bytes\": 3, "
	    "\"type\": \"image/jpeg\"}], "
	    "\"srcset\": \"c.jpg 320w, x/a%20b%2C%22%26.jpg 640w\", "
	    "\"html\": \"<img src=\\\"x/a%20b%2C%22%26.jpg\\\" "
	    "srcset=\\\"c.jpg 320w, x/a%20b%2C%22%26.jpg 640w\\\" sizes=\\\"100vw\\\" "
	    "width=\\\"640\\\" height=\\\"480\\\" alt=\\\"\\\">\"},\n"
	    "{\"source\": \"\xEF\xBF\xBD\", \"source_bytes\": \"/g==\", \"images\": ["
	    "{\"path\": \"x/a b,\\\"&.jpg\", \"width\": 640, \"height\": 480, \"bytes\": 3, "
	    "\"type\": \"image/jpeg\"}], \"srcset\": \"x/a%20b%2C%22%26.jpg 640w\", "
	    "\"html\": \"<img src=\\\"x/a%20b%2C%22%26.jpg\\\" "
	    "srcset=\\\"x/a%20b%2C%22%26.jpg 640w\\\" sizes=\\\"100vw\\\" "
	    "width=\\\"640\\\" height=\\\"480\\\" alt=\\\"\\\">\"}\n]\n");
}

static void only_a_list_is_replaced(void **state)
{
	struct srcset srcset;
	struct br_error error;

	(void)state;
	make_file_with("picture.jpg", "\xFF\xD8\xFF", 3);
	assert_int_equal(mkdir("directory", 0777), 0);
	assert_int_equal(symlink("list.json", "link"), 0);
	assert_int_equal(srcset_open(&srcset, "picture.jpg", &error), BR_ERROR_USAGE);
	srcset_release(&srcset);
	assert_int_equal(srcset_open(&srcset, "directory", &error), BR_ERROR_USAGE);
	srcset_release(&srcset);
	assert_int_equal(srcset_open(&srcset, "/dev/null", &error), BR_ERROR_USAGE);
	srcset_release(&srcset);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(srcset_open(&srcset, "list.json", &error), 0);
		assert_int_equal(srcset_publish(&srcset, &error), 0);
		srcset_release(&srcset);
		assert_content("list.json", "[]\n");
	}
	assert_int_equal(srcset_open(&srcset, "link", &error), BR_ERROR_USAGE);
	srcset_release(&srcset);
	/* one that is never published changes nothing */
	make_file_with("list.json", "[old", 4);
	assert_int_equal(srcset_open(&srcset, "list.json", &error), 0);
	srcset_release(&srcset);
	assert_content("list.json", "[old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_are_seen_from_the_directory),
	    cmocka_unit_test_setup_teardown(images_stand_in_the_order_of_their_widths,
	                                    plan_fixture_setup, plan_fixture_teardown),
	    cmocka_unit_test_setup_teardown(only_a_list_is_replaced, plan_fixture_setup,
	                                    plan_fixture_teardown),
	};

	return cmocka_run_group_tests_name("report: srcset", tests, NULL, NULL);
}
