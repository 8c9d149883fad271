/* test_plan_scan.c - walking directories: what is found, what is passed over, what is told. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"

static const unsigned char jpeg[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F'};

static void a_name_or_the_first_bytes_make_a_picture(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file_with("i/by-content", jpeg, sizeof(jpeg));
	make_file_with("i/by-content.txt", jpeg, sizeof(jpeg));
	make_file_with("i/text.txt", "hello", 5);
	make_file("i/empty", 0);
	make_file("i/EMPTY.JPG", 0);
	make_file_with("i/text.png", "hi", 2);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL), "i/by-content > o/by-content\n"
	                                                   "i/by-content.txt > o/by-content.txt\n"
	                                                   "i/text.png > o/text.png\n"
	                                                   "i/EMPTY.JPG > o/EMPTY.JPG\n");
	assert_false(source_is_named(fixture, 0));
	assert_int_equal(fixture->serious, 0);
	assert_int_equal(fixture->minor, 2);
	assert_string_equal(plan_text(fixture, "i/text.txt", NULL), "i/text.txt > o/i/text.txt\n");
}

static void bytes_that_are_no_text_are_accounted_for(void **state)
{
	struct plan_fixture *fixture = *state;

	fixture->options.output = "o";
	make_file_with("i/clip.avi", "RIFF\250\4\0\0AVI LIST", 16);
	make_file_with("i/notes", "a text\nwith \303\274\n", 14);
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/clip.avi > o/clip.avi !not-an-image\n");
	assert_int_equal(fixture->serious, 0);
	assert_int_equal(plan_refusal(fixture->plan, 0, &fixture->error), BR_ERROR_NOT_IMAGE);
	assert_true(plan_is_passed_over(fixture->plan, 0));
	fixture->options.strict = true;
	(void)plan_text(fixture, "i", NULL);
	assert_false(plan_is_passed_over(fixture->plan, 0));
}

static void what_is_not_read_is_known_by_its_kind(void **state)
{
	static const struct {
		const char *path, *bytes;
		enum br_image_format kind;
	} rows[] = {
	    {"i/a.pdf", "%PDF-1.7\n", BR_IMAGE_FORMAT_PDF},
	    {"i/b", "%PDF-1.7\n", BR_IMAGE_FORMAT_PDF},
	    {"i/c.svg", "<!-- a long comment, and no more -->", BR_IMAGE_FORMAT_SVG},
	    {"i/d.pdf", "8BPS\1\1\1\1", BR_IMAGE_FORMAT_PSD},
	    {"i/e.ppm", "", BR_IMAGE_FORMAT_PNM},
	    {"i/f", "FUJIFILMCCD-RAW 0201", BR_IMAGE_FORMAT_RAW},
	    {"i/f.raw", "\1\2\3\4", BR_IMAGE_FORMAT_UNKNOWN}, /* many programs call theirs so */
	    {"i/g.mp4", "\1\2\3\4", BR_IMAGE_FORMAT_UNKNOWN},
	};
	struct plan_fixture *fixture = *state;

	fixture->options.output = "o";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_file_with(rows[i].path, rows[i].bytes, strlen(rows[i].bytes));
		(void)plan_text(fixture, "i", NULL);
		assert_int_equal(plan_count(fixture->plan), 1);
		assert_true(plan_is_passed_over(fixture->plan, 0));
		assert_int_equal(plan_kind(fixture->plan, 0), rows[i].kind);
		assert_non_null(strstr(refusal_text(fixture, rows[i].path),
		                       br_image_format_remedy(rows[i].kind)));
		assert_int_equal(remove(rows[i].path), 0);
	}
	/* what it holds counts, not what it is called */
	make_file_with("i/a.bmp", "\xff\xd8\xff", 3);
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.bmp > o/a.bmp\n");
}

static void flat_outputs_lie_in_one_directory(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 9);
	make_file("i/sub/deep/b.jpg", 8);
	make_file("i/sub/deep/c.jpg", 7);
	make_file("x/y/c.jpg", 6);
	fixture->options.output = "o";
	fixture->options.flat = true;
	assert_string_equal(plan_text(fixture, "i", "x/y/c.jpg", NULL),
	                    "i/a.jpg > o/a.jpg\n"
	                    "i/sub/deep/b.jpg > o/b.jpg\n"
	                    "i/sub/deep/c.jpg > o/c.jpg !collision\n"
	                    "x/y/c.jpg > o/c.jpg !collision\n");
}

static void an_output_may_be_a_file(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 9);
	fixture->options.output_is_file = true;
	fixture->options.output = "{stem}}.png";
	assert_string_equal(plan_text(fixture, "i/a.jpg", NULL), "i/a.jpg > {stem}}.png\n");
	fixture->options.output = "o/p/b.png";
	assert_string_equal(plan_text(fixture, "i/a.jpg", NULL), "i/a.jpg > o/p/b.png\n");
	fixture->options.output = "i/../i/a.jpg";
	assert_string_equal(plan_text(fixture, "i/a.jpg", NULL),
	                    "i/a.jpg > i/../i/a.jpg !output-is-source\n");
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	assert_non_null(strstr(fixture->error.msg, "'i' is a directory"));
}

static void patterns_heed_case_when_asked(void **state)
{
	struct plan_fixture *fixture = *state;
	const char *include[] = {"*.Jpg"};
	const char *exclude[] = {"SUB/", "X*"};

	make_file("i/a.JPG", 9);
	make_file("i/sub/b.jpg", 8);
	make_file("i/x.Jpg", 7);
	fixture->options.output = "o";
	fixture->options.include = include;
	fixture->options.include_count = 1;
	fixture->options.exclude = exclude;
	fixture->options.exclude_count = 2;
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.JPG > o/a.JPG\n");
	fixture->options.match_case = true;
	assert_string_equal(plan_text(fixture, "i", NULL), "i/x.Jpg > o/x.Jpg\n");
}

static void nothing_found_is_no_error(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file_with("i/sub/text.txt", "abc", 3);
	assert_string_equal(plan_text(fixture, "i", NULL), "");
	assert_int_equal(fixture->status, 0);
	assert_int_equal(fixture->serious, 0);
}

static void hidden_names_are_for_hidden(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/.a.jpg", 3);
	make_file("i/.dir/b.jpg", 2);
	make_file("i/.batchresize-0123456789abcd.tmp", 2);
	make_file_with("i/.batchresize-x.jpg", jpeg, sizeof(jpeg));
	make_file("i/.batchresize/c.jpg", 2);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL), "");
	fixture->options.hidden = true;
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/.a.jpg > o/.a.jpg\ni/.dir/b.jpg > o/.dir/b.jpg\n");
	fixture->options.hidden = false;
	assert_string_equal(plan_text(fixture, "i/.dir", "i/.a.jpg", NULL),
	                    "i/.a.jpg > o/i/.a.jpg\ni/.dir/b.jpg > o/b.jpg\n");
}

static void patterns_choose(void **state)
{
	struct plan_fixture *fixture = *state;
	const char *include[] = {"*.jpg", "*.png"};
	const char *exclude[] = {"b*", "sub/deep/*", "drop/"};

	make_file("i/a.jpg", 9);
	make_file("i/b.jpg", 8);
	make_file("i/c.gif", 7);
	make_file("i/sub/d.png", 6);
	make_file("i/sub/deep/e.jpg", 5);
	make_file("i/drop/f.jpg", 4);
	make_file("i/sub/drop.jpg", 3);
	make_file("i/bdir/g.jpg", 2);
	fixture->options.output = "o";
	fixture->options.include = include;
	fixture->options.include_count = 2;
	fixture->options.exclude = exclude;
	fixture->options.exclude_count = 3;
	assert_string_equal(plan_text(fixture, "i/", NULL), "i/a.jpg > o/a.jpg\n"
	                                                    "i/sub/d.png > o/sub/d.png\n"
	                                                    "i/sub/drop.jpg > o/sub/drop.jpg\n");
	assert_string_equal(plan_text(fixture, "i/b.jpg", "i/c.gif", NULL),
	                    "i/b.jpg > o/i/b.jpg\ni/c.gif > o/i/c.gif\n");
}

static void a_pattern_with_a_slash_is_for_the_path(void **state)
{
	struct plan_fixture *fixture = *state;
	const char *include[] = {"sub/*.jpg"};

	make_file("i/a.jpg", 9);
	make_file("i/sub/b.jpg", 8);
	make_file("i/sub/deep/c.jpg", 7);
	make_file("i/deep/sub/d.jpg", 7);
	fixture->options.output = "o";
	fixture->options.include = include;
	fixture->options.include_count = 1;
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/sub/b.jpg > o/sub/b.jpg\ni/sub/deep/c.jpg > o/sub/deep/c.jpg\n");
}

static void links_are_followed_when_asked(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	make_file("other/b.jpg", 2);
	make_file_with("text", "text", 4);
	assert_int_equal(symlink("../other", "i/dir"), 0);
	assert_int_equal(symlink("../other/b.jpg", "i/link.jpg"), 0);
	assert_int_equal(symlink("../text", "i/text"), 0);
	assert_int_equal(symlink("nowhere", "i/dead"), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.jpg > o/a.jpg\n");
	assert_int_equal(fixture->minor, 4);
	fixture->options.follow = true;
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.jpg > o/a.jpg\n"
	                                                   "i/dir/b.jpg > o/dir/b.jpg\n"
	                                                   "i/link.jpg > o/link.jpg\n");
	assert_int_equal(fixture->serious, 0);
	assert_int_equal(symlink("nowhere.jpg", "i/dead.jpg"), 0);
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(fixture->serious, 1);
	assert_ptr_equal(strstr(fixture->notice, "i/dead.jpg: "), fixture->notice);
}

static void a_followed_link_may_lead_to_a_nameless_picture(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file_with("picture", jpeg, sizeof(jpeg));
	assert_int_equal(mkdir("i", 0777), 0);
	assert_int_equal(symlink("../picture", "i/link"), 0);
	fixture->options.output = "o";
	fixture->options.follow = true;
	assert_string_equal(plan_text(fixture, "i", NULL), "i/link > o/link\n");
}

static void a_named_link_is_followed_always(void **state)
{
	make_file("i/a.jpg", 3);
	assert_int_equal(symlink("i/a.jpg", "link.jpg"), 0);
	assert_string_equal(plan_text(*state, "link.jpg", NULL), "link.jpg > resized_link.jpg\n");
}

static void loops_of_links_end(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/sub/a.jpg", 3);
	assert_int_equal(symlink(".", "i/self"), 0);
	assert_int_equal(symlink("..", "i/sub/up"), 0);
	assert_int_equal(symlink("../..", "i/sub/top"), 0);
	assert_int_equal(symlink("round", "i/round"), 0);
	fixture->options.output = "o";
	fixture->options.follow = true;
	assert_string_equal(plan_text(fixture, "i", NULL), "i/sub/a.jpg > o/sub/a.jpg\n");
	assert_int_equal(fixture->serious, 0);
}

static void what_is_no_file_is_passed_over(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	assert_int_equal(mkfifo("i/pipe.jpg", 0666), 0);
	assert_int_equal(mkfifo("i/pipe", 0666), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.jpg > o/a.jpg\n");
	assert_int_equal(fixture->minor, 2);
}

static void an_output_inside_the_input_is_not_read(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	make_file("i/out/a.jpg", 2);
	make_file("i/sub/out/b.jpg", 1);
	fixture->options.output = "i/out";
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.jpg > i/out/a.jpg\n"
	                                                   "i/sub/out/b.jpg > "
	                                                   "i/out/sub/out/b.jpg\n");
	assert_int_equal(symlink("i/out", "link"), 0);
	fixture->options.output = "link/";
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/a.jpg > link/a.jpg\n"
	                    "i/sub/out/b.jpg > link/sub/out/b.jpg\n");
	fixture->options.output = "i/out/deeper/still";
	assert_string_equal(plan_text(fixture, "i/sub", NULL),
	                    "i/sub/out/b.jpg > i/out/deeper/still/out/b.jpg\n");
}

static void a_default_output_that_is_met_is_not_read(void **state)
{
	struct plan_fixture *fixture = *state;
	char real[PATH_MAX], expected[2 * PATH_MAX];

	make_file("i/a.jpg", 3);
	make_file("resized_i/a.jpg", 2);
	assert_non_null(getcwd(real, sizeof(real)));
	(void)snprintf(expected, sizeof(expected),
	               "./i/a.jpg > ../resized_%s/i/a.jpg\ni/a.jpg > resized_i/a.jpg\n",
	               strrchr(real, '/') + 1);
	assert_string_equal(plan_text(fixture, ".", "i", NULL), expected);
}

static void a_directory_that_cannot_be_read_is_told(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	make_file("i/locked/b.jpg", 3);
	make_file("i/names-only/c.jpg", 3);
	make_file("i/z/d.jpg", 2);
	assert_int_equal(chmod("i/locked", 0), 0);
	assert_int_equal(chmod("i/names-only", 0444), 0);
	fixture->options.output = "o";
	become_nobody();
	(void)plan_text(fixture, "i", NULL);
	become_root();
	assert_string_equal(fixture->text, "i/a.jpg > o/a.jpg\ni/z/d.jpg > o/z/d.jpg\n");
	assert_int_equal(fixture->serious, 2);
	assert_ptr_equal(strstr(fixture->notice, "i/names-only: "), fixture->notice);
	become_nobody();
	(void)plan_text(fixture, "i/locked", NULL);
	become_root();
	assert_int_equal(fixture->serious, 1);
	assert_ptr_equal(strstr(fixture->notice, "i/locked: "), fixture->notice);
	assert_int_equal(chmod("i/locked", 0755), 0);
	assert_int_equal(chmod("i/names-only", 0755), 0);
}

/* A chain of directories of one letter, with a picture in each. */
static void make_chain(unsigned depth)
{
	int top = open(".", O_PATH | O_CLOEXEC);

	assert_true(top >= 0);
	for (unsigned i = 0; i < depth; i++) {
		assert_int_equal(mkdir("d", 0777), 0);
		assert_int_equal(chdir("d"), 0);
		make_file("a.jpg", 1);
	}
	assert_int_equal(fchdir(top), 0);
	assert_int_equal(close(top), 0);
}

static void depth_costs_no_descriptors(void **state)
{
	struct plan_fixture *fixture = *state;
	struct rlimit kept, few;

	make_chain(1500);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &kept), 0);
	few = kept;
	few.rlim_cur = 16;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	fixture->options.output = "o";
	(void)plan_text(fixture, "d", NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &kept), 0);
	assert_int_equal(plan_count(fixture->plan), 1500);
	assert_int_equal(fixture->serious, 0);
}

static void beyond_the_longest_path_is_told(void **state)
{
	struct plan_fixture *fixture = *state;

	make_chain(2200);
	fixture->options.output = "o";
	(void)plan_text(fixture, "d", NULL);
	assert_int_equal(fixture->status, 0);
	assert_true(plan_count(fixture->plan) > 2000 && plan_count(fixture->plan) < 2200);
	assert_int_equal(fixture->serious, 1);
	assert_non_null(strstr(fixture->notice, "File name too long"));
	for (size_t i = 0; i < plan_count(fixture->plan); i++) {
		char path[PATH_MAX + 16];

		if (plan_source(fixture->plan, i, path, sizeof(path)) >= PATH_MAX)
			assert_int_equal(plan_refusal(fixture->plan, i, NULL), -ENAMETOOLONG);
		else
			assert_int_equal(access(path, F_OK), 0);
	}
}

#define PLAN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLAN_TEST(a_name_or_the_first_bytes_make_a_picture),
	    PLAN_TEST(bytes_that_are_no_text_are_accounted_for),
	    PLAN_TEST(what_is_not_read_is_known_by_its_kind),
	    PLAN_TEST(flat_outputs_lie_in_one_directory),
	    PLAN_TEST(an_output_may_be_a_file),
	    PLAN_TEST(patterns_heed_case_when_asked),
	    PLAN_TEST(nothing_found_is_no_error),
	    PLAN_TEST(hidden_names_are_for_hidden),
	    PLAN_TEST(patterns_choose),
	    PLAN_TEST(a_pattern_with_a_slash_is_for_the_path),
	    PLAN_TEST(links_are_followed_when_asked),
	    PLAN_TEST(a_followed_link_may_lead_to_a_nameless_picture),
	    PLAN_TEST(a_named_link_is_followed_always),
	    PLAN_TEST(loops_of_links_end),
	    PLAN_TEST(what_is_no_file_is_passed_over),
	    PLAN_TEST(an_output_inside_the_input_is_not_read),
	    PLAN_TEST(a_default_output_that_is_met_is_not_read),
	    PLAN_TEST(a_directory_that_cannot_be_read_is_told),
	    PLAN_TEST(depth_costs_no_descriptors),
	    PLAN_TEST(beyond_the_longest_path_is_told),
	};

	return cmocka_run_group_tests_name("plan: scan", tests, NULL, NULL);
}
