/* test_plan_conflict.c - outputs that would hurt another output or a source. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/fold.h"
#include "plan/table.h"
#include "plan_fixture.h"

static bool folds_all(const char *directory)
{
	(void)directory;
	return true;
}

static bool folds_none(const char *directory)
{
	(void)directory;
	return false;
}

static void two_sources_of_one_output_collide(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	make_file("i/a.png", 2);
	make_file("i/b.png", 1);
	fixture->options.output = "o";
	fixture->options.image.format = BR_IMAGE_FORMAT_JPEG;
	assert_string_equal(plan_text(fixture, "i", NULL), "i/a.jpg > o/a.jpg !collision\n"
	                                                   "i/a.png > o/a.jpg !collision\n"
	                                                   "i/b.png > o/b.jpg\n");
	assert_non_null(strstr(refusal_text(fixture, "i/a.jpg"), "'i/a.png'"));
	assert_non_null(strstr(refusal_text(fixture, "i/a.png"), "'i/a.jpg'"));
	assert_int_equal(fixture->error.code, BR_ERROR_COLLISION);
	assert_int_equal(plan_bytes(fixture->plan), 1);
	assert_int_equal(access("o", F_OK), -1);
}

static void many_rivals_are_counted(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/a.jpg", 1);
	make_file("2/a.jpg", 1);
	make_file("3/a.jpg", 1);
	make_file("4/a.jpg", 1);
	make_file("5/a.jpg", 1);
	make_file("6/a.jpg", 1);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "1", "2", "3", "4", "5", "6", NULL),
	                    "1/a.jpg > o/a.jpg !collision\n2/a.jpg > o/a.jpg !collision\n"
	                    "3/a.jpg > o/a.jpg !collision\n4/a.jpg > o/a.jpg !collision\n"
	                    "5/a.jpg > o/a.jpg !collision\n6/a.jpg > o/a.jpg !collision\n");
	assert_non_null(strstr(refusal_text(fixture, "3/a.jpg"), "and 2 more"));
	assert_null(strstr(refusal_text(fixture, "3/a.jpg"), "'3/a.jpg'"));
}

static void rivals_with_long_names_fit_the_message(void **state)
{
	struct plan_fixture *fixture = *state;
	char path[300];

	for (int directory = 1; directory < 7; directory++) {
		(void)snprintf(path, sizeof(path), "%d/%0200d.jpg", directory, 7);
		make_file(path, 1);
	}
	fixture->options.output = "o";
	(void)plan_text(fixture, "1", "2", "3", "4", "5", "6", NULL);
	assert_non_null(strstr(refusal_text(fixture, path), "and 2 more: rename one, or "
	                                                    "give each an --output of "
	                                                    "its own"));
}

static void what_will_not_be_written_collides_with_nothing(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("x/a.jpg", 1);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "x", "a.jpg", NULL),
	                    "x/a.jpg > o/a.jpg\na.jpg > o/a.jpg !system\n");
}

static void a_source_named_twice_is_one(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("x/a.jpg", 1);
	assert_int_equal(symlink("x", "link"), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "x/a.jpg", "x/../x/a.jpg", "./x//a.jpg", NULL),
	                    "./x//a.jpg > o/x/a.jpg\n");
	assert_string_equal(plan_text(fixture, "x", "x/", "x/.", "link", NULL),
	                    "link/a.jpg > o/a.jpg\n");
	assert_int_equal(chdir("x"), 0);
	assert_string_equal(plan_text(fixture, ".", "a.jpg", NULL), "./a.jpg > o/a.jpg\n");
	assert_true(source_is_named(fixture, 0));
}

static void a_source_with_two_outputs_is_two(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("x/a.jpg", 1);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "x", "x/a.jpg", NULL),
	                    "x/a.jpg > o/a.jpg\nx/a.jpg > o/x/a.jpg\n");
}

static void two_names_of_one_file_are_two_sources(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/a.jpg", 1);
	assert_int_equal(mkdir("2", 0777), 0);
	assert_int_equal(link("1/a.jpg", "2/a.jpg"), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/a.jpg > o/a.jpg !collision\n2/a.jpg > o/a.jpg !collision\n");
}

static void outputs_are_compared_by_where_they_are(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/real/a.jpg", 1);
	make_file("2/link/a.jpg", 1);
	make_file("o/real/x", 0);
	assert_int_equal(symlink("real", "o/link"), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/real/a.jpg > o/real/a.jpg !collision\n"
	                    "2/link/a.jpg > o/link/a.jpg !collision\n");
}

static void a_file_where_a_directory_must_be_collides(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/a.jpg", 4);
	make_file("2/a.jpg/deep/b.jpg", 3);
	make_file("2/a.jpg/c.jpg", 2);
	make_file("2/d.jpg", 1);
	fixture->options.output = "new/o";
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/a.jpg > new/o/a.jpg !collision\n"
	                    "2/a.jpg/deep/b.jpg > new/o/a.jpg/deep/b.jpg !collision\n"
	                    "2/a.jpg/c.jpg > new/o/a.jpg/c.jpg !collision\n"
	                    "2/d.jpg > new/o/d.jpg\n");
	assert_non_null(strstr(refusal_text(fixture, "1/a.jpg"), "'2/a.jpg/deep/b.jpg'"));
	assert_non_null(strstr(refusal_text(fixture, "2/a.jpg/c.jpg"), "'1/a.jpg'"));
}

/* --- sources -----------------------------------------------------------------------------------
 */

static void an_output_never_is_a_source(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 2);
	make_file("i/b.jpg", 1);
	assert_int_equal(symlink("i", "link"), 0);
	fixture->options.output = "i";
	assert_string_equal(plan_text(fixture, "i/", NULL),
	                    "i/a.jpg > i/a.jpg !output-is-source\n"
	                    "i/b.jpg > i/b.jpg !output-is-source\n");
	assert_string_equal(plan_text(fixture, "link", NULL),
	                    "link/a.jpg > i/a.jpg !output-is-source\n"
	                    "link/b.jpg > i/b.jpg !output-is-source\n");
	fixture->options.output = ".";
	assert_string_equal(plan_text(fixture, "i/a.jpg", NULL),
	                    "i/a.jpg > ./i/a.jpg !output-is-source\n");
	assert_non_null(strstr(refusal_text(fixture, "i/a.jpg"), "would replace it"));
	assert_int_equal(fixture->error.code, BR_ERROR_IS_SOURCE);
}

static void another_source_is_not_replaced_either(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("a.jpg", 2);
	make_file("resized_a.jpg", 1);
	assert_string_equal(plan_text(fixture, "a.jpg", "resized_a.jpg", NULL),
	                    "a.jpg > resized_a.jpg !output-is-source\n"
	                    "resized_a.jpg > resized_resized_a.jpg\n");
	assert_string_equal(plan_text(fixture, "a.jpg", NULL), "a.jpg > resized_a.jpg\n");
}

static void what_a_linked_source_leads_to_is_a_source(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("o/x/a.jpg", 2);
	assert_int_equal(mkdir("x", 0777), 0);
	assert_int_equal(symlink("../o/x/a.jpg", "x/a.jpg"), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "x/a.jpg", NULL),
	                    "x/a.jpg > o/x/a.jpg !output-is-source\n");
	fixture->options.output = "o/x";
	fixture->options.follow = true;
	assert_string_equal(plan_text(fixture, "x", NULL),
	                    "x/a.jpg > o/x/a.jpg !output-is-source\n");
}

static void a_link_to_a_source_may_be_replaced(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 2);
	make_file("i/b.jpg", 1);
	assert_int_equal(mkdir("o", 0777), 0);
	assert_int_equal(link("i/a.jpg", "o/a.jpg"), 0);
	assert_int_equal(symlink("../i/b.jpg", "o/b.jpg"), 0);
	fixture->options.output = "o";
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/a.jpg > o/a.jpg\ni/b.jpg > o/b.jpg\n");
}

/* --- folding -----------------------------------------------------------------------------------
 */

static void names_fold_where_the_file_system_does(void **state)
{
	struct plan_fixture *fixture = *state;
	static const char small[] = "2/caf\xC3\xA9.jpg", large[] = "3/CAF\xC3\x89.jpg";

	make_file("1/A.jpg", 9);
	make_file("2/a.JPG", 8);
	make_file(small, 7);
	make_file(large, 6);
	make_file("1/bad\xff.jpg", 5);
	make_file("2/BAD\xff.jpg", 4);
	fixture->options.output = "o";
	fixture->folds = folds_all;
	assert_string_equal(plan_text(fixture, "1", "2", "3", NULL),
	                    "1/A.jpg > o/A.jpg !collision\n"
	                    "2/a.JPG > o/a.JPG !collision\n"
	                    "2/caf\xC3\xA9.jpg > o/caf\xC3\xA9.jpg !collision\n"
	                    "3/CAF\xC3\x89.jpg > o/CAF\xC3\x89.jpg !collision\n"
	                    "1/bad\xff.jpg > o/bad\xff.jpg\n"
	                    "2/BAD\xff.jpg > o/BAD\xff.jpg\n");
	fixture->folds = folds_none;
	assert_null(strchr(plan_text(fixture, "1", "2", "3", NULL), '!'));
}

static void directories_fold_too(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/Sub/a.jpg", 2);
	make_file("2/sUB/a.jpg", 1);
	fixture->options.output = "some/where";
	fixture->folds = folds_all;
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/Sub/a.jpg > some/where/Sub/a.jpg !collision\n"
	                    "2/sUB/a.jpg > some/where/sUB/a.jpg !collision\n");
}

/* Plans one piece of a list of objects that comes through a pipe. */
static struct plan_piece plan_list_of(struct plan_fixture *fixture, const char *objects)
{
	const struct plan_observer observer = {0};
	struct plan_piece piece = {0};
	char path[32];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(write(ends[1], objects, strlen(objects)), strlen(objects));
	assert_int_equal(close(ends[1]), 0);
	fixture->options.files_from = path;
	fixture->options.list = BR_BATCH_LIST_NDJSON;
	assert_string_equal(plan_text(fixture, NULL), "");
	assert_true(plan_is_stream(fixture->plan));
	assert_int_equal(plan_go_on(fixture->plan, &observer, &piece, &fixture->error), 1);
	assert_int_equal(close(ends[0]), 0);
	return piece;
}

/* Only what is missing has its directories above looked up there, and is compared all the same. */
static void directories_fold_in_lists(void **state)
{
	struct plan_fixture *fixture = *state;
	struct plan_piece piece;

	make_file("a.jpg", 3);
	make_file("b.jpg", 2);
	make_file("c.jpg", 1);
	make_file("o/There/x", 1);
	fixture->options.output = "o";
	fixture->folds = folds_all;
	piece =
	    plan_list_of(fixture, "{\"source\": \"a.jpg\", \"output\": \"There/1/Sub/p.jpg\"}\n"
	                          "{\"source\": \"b.jpg\", \"output\": \"There/1/sUB/p.jpg\"}\n"
	                          "{\"source\": \"c.jpg\", \"output\": \"There/1/sUB/q.jpg\"}\n");
	assert_int_equal(piece.count, 3);
	for (uint64_t i = 0; i < piece.count; i++)
		assert_int_equal(plan_item(fixture->plan, piece.first + i)->refusal,
		                 i < 2 ? BR_ERROR_COLLISION : BR_ERROR_NONE);
}

static void a_source_is_found_by_folding(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/A.jpg", 2);
	make_file("j/a.jpg", 1);
	fixture->options.output = "i";
	fixture->folds = folds_all;
	assert_string_equal(plan_text(fixture, "i", "j", NULL),
	                    "i/A.jpg > i/A.jpg !output-is-source\n"
	                    "j/a.jpg > i/a.jpg !output-is-source\n");
}

static void the_system_is_asked_about_folding(void **state)
{
	(void)state;
	/* Any Linux has /proc, and it does not fold. */
	assert_false(fold_asked("/proc"));
	assert_false(fold_asked("/nowhere/at/all"));
}

static void folded_names_are_equal_or_not(void **state)
{
	char a[FOLD_MAX], b[FOLD_MAX];

	(void)state;
	(void)fold_name("\xC3\x84rger.JPG", a, sizeof(a)); /* Ä */
	(void)fold_name("\xC3\xA4rger.jpg", b, sizeof(b));
	assert_string_equal(a, b);
	(void)fold_name("arger.jpg", b, sizeof(b));
	assert_string_not_equal(a, b);
	assert_int_equal(fold_name("ABCDEF", a, 4), 3);
	assert_string_equal(a, "abc");
}

/* --- the table ---------------------------------------------------------------------------------
 */

static void a_table_finds_all_of_one_hash_in_order(void **state)
{
	struct table table = {0};
	size_t cursor = 0;

	(void)state;
	assert_int_equal(table_next(&table, 7, &cursor), TABLE_NONE);
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(table_add(&table, i % 10 == 0 ? 0xFFFFFFFF : i, i), 0);
	for (uint32_t i = 0; i < 10000; i += 10)
		assert_int_equal(table_next(&table, 0xFFFFFFFF, &cursor), i);
	assert_int_equal(table_next(&table, 0xFFFFFFFF, &cursor), TABLE_NONE);
	for (uint32_t i = 1; i < 10000; i += 10) {
		cursor = 0;
		assert_int_equal(table_next(&table, i, &cursor), i);
		assert_int_equal(table_next(&table, i, &cursor), TABLE_NONE);
	}
	table_release(&table);
}

#define PLAN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLAN_TEST(two_sources_of_one_output_collide),
	    PLAN_TEST(many_rivals_are_counted),
	    PLAN_TEST(rivals_with_long_names_fit_the_message),
	    PLAN_TEST(what_will_not_be_written_collides_with_nothing),
	    PLAN_TEST(a_source_named_twice_is_one),
	    PLAN_TEST(a_source_with_two_outputs_is_two),
	    PLAN_TEST(two_names_of_one_file_are_two_sources),
	    PLAN_TEST(outputs_are_compared_by_where_they_are),
	    PLAN_TEST(a_file_where_a_directory_must_be_collides),
	    PLAN_TEST(an_output_never_is_a_source),
	    PLAN_TEST(another_source_is_not_replaced_either),
	    PLAN_TEST(what_a_linked_source_leads_to_is_a_source),
	    PLAN_TEST(a_link_to_a_source_may_be_replaced),
	    PLAN_TEST(names_fold_where_the_file_system_does),
	    PLAN_TEST(directories_fold_too),
	    PLAN_TEST(directories_fold_in_lists),
	    PLAN_TEST(a_source_is_found_by_folding),
	    PLAN_TEST(the_system_is_asked_about_folding),
	    PLAN_TEST(folded_names_are_equal_or_not),
	    PLAN_TEST(a_table_finds_all_of_one_hash_in_order),
	};

	return cmocka_run_group_tests_name("plan: conflicts", tests, NULL, NULL);
}
