/* test_watch_notes.c - what a watcher remembers of paths, and what has changed below directories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "watch/changes.h"
#include "watch/notes.h"

#define MANY 5000

static void path_of(char path[32], unsigned number)
{
	(void)snprintf(path, 32, "d%u/%u.jpg", number % 7, number);
}

static bool is_odd(struct note *note, void *ctx)
{
	++*(unsigned *)ctx;
	return note->bits % 2 == 1;
}

static void test_notes_come_and_go(void **state)
{
	struct notes notes = {0};
	char path[32];
	unsigned looks = 0;
	size_t at = 0, count = 0;

	(void)state;
	assert_null(notes_find(&notes, "d0/0.jpg", 8));
	for (unsigned i = 0; i < MANY; i++) {
		path_of(path, i);
		struct note *note = notes_add(&notes, path, strlen(path));

		assert_non_null(note);
		assert_int_equal(note->bits, 0);
		note->bits = i;
		assert_ptr_equal(notes_add(&notes, path, strlen(path)), note);
	}
	assert_int_equal(notes.count, MANY);
	notes_drop_where(&notes, is_odd, &looks);
	assert_true(looks >= MANY);
	for (unsigned i = 0; i < MANY; i++) {
		path_of(path, i);
		const struct note *note = notes_find(&notes, path, strlen(path));

		assert_int_equal(note != NULL, i % 2 == 0);
		if (note)
			assert_int_equal(note->bits, i);
	}
	while (notes_next(&notes, &at))
		count++;
	assert_int_equal(count, MANY / 2);
	for (unsigned i = 0; i < MANY; i++) {
		path_of(path, i);
		notes_drop(&notes, path, strlen(path));
	}
	assert_int_equal(notes.count, 0);
	notes_release(&notes);
}

static void test_changes_say_where_to_look(void **state)
{
	struct changes changes = {0};

	(void)state;
	assert_true(changes_are_none(&changes));
	assert_int_equal(changes_part_of(&changes, ""), CHANGES_NONE);
	changes_add_file(&changes, "a/b/", "1.jpg");
	changes_add_tree(&changes, "a/c/");
	changes_add_neighbour(&changes, "e/b/");
	changes_add_file(&changes, "", "2.jpg");
	assert_int_equal(changes_part_of(&changes, "a/"), CHANGES_BELOW);
	assert_int_equal(changes_part_of(&changes, "a/b/"), CHANGES_SOME);
	assert_int_equal(changes_part_of(&changes, "a/b/d/"), CHANGES_NONE);
	assert_int_equal(changes_part_of(&changes, "a/c/"), CHANGES_ALL);
	assert_int_equal(changes_part_of(&changes, "a/c/d/e/"), CHANGES_ALL);
	assert_int_equal(changes_part_of(&changes, "e/b/"), CHANGES_SOME);
	assert_int_equal(changes_part_of(&changes, "f/"), CHANGES_NONE);
	assert_int_equal(changes_part_of(&changes, ""), CHANGES_SOME);
	assert_true(changes_has_file(&changes, "a/b/1.jpg"));
	assert_true(changes_has_file(&changes, "2.jpg"));
	assert_false(changes_has_file(&changes, "a/b/2.jpg"));
	assert_false(changes_has_file(&changes, "a/b/"));
	changes_release(&changes);
	assert_true(changes_are_none(&changes));
}

static void test_too_many_changes_are_everything(void **state)
{
	struct changes changes = {0};
	char name[32];

	(void)state;
	for (unsigned i = 0; i < CHANGES_MAX - 2; i++) {
		(void)snprintf(name, sizeof(name), "%u.jpg", i);
		changes_add_file(&changes, "a/", name);
		assert_false(changes.everything);
	}
	changes_add_file(&changes, "b/", "1.jpg");
	assert_true(changes.everything);
	assert_int_equal(changes.paths.count, 0);
	assert_int_equal(changes_part_of(&changes, "c/"), CHANGES_ALL);
	changes_release(&changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_notes_come_and_go),
	    cmocka_unit_test(test_changes_say_where_to_look),
	    cmocka_unit_test(test_too_many_changes_are_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
