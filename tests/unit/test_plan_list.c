/* The list of sources: entries of any length in bounded memory, whatever pieces they come in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "plan/list.h"

#define TEXT_SIZE 200

static void append(char text[TEXT_SIZE], const char *format, const char *word)
{
	const size_t length = strlen(text);

	(void)snprintf(text + length, TEXT_SIZE - length, format, word);
}

/* Each entry in brackets; "?" for one that is too long. */
static void put_entries(struct list *list, char text[TEXT_SIZE])
{
	struct list_entry entry;

	while (list_take(list, &entry)) {
		append(text, "[%s]", entry.too_long ? "?" : entry.text);
		assert_int_equal(entry.text[entry.length], '\0');
	}
}

static void entries_come_in_pieces(void **state)
{
	int pipes[2];
	char text[TEXT_SIZE] = "", path[32];
	struct list list;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", pipes[0]);
	assert_int_equal(list_open(&list, path, false), 0);
	assert_false(list.regular);
	assert_false(list_is_ready(&list));
	for (const char *piece = "one\ntw|o\n\n|\n|thr|ee"; *piece; piece += *piece == '|') {
		const size_t length = strcspn(piece, "|");

		assert_int_equal(write(pipes[1], piece, length), length);
		assert_true(list_is_ready(&list));
		assert_int_equal(list_read(&list), 0);
		put_entries(&list, text);
		append(text, "%s", "|");
		piece += length;
	}
	assert_string_equal(text, "[one]|[two][]|[]|||");
	assert_int_equal(close(pipes[1]), 0);
	assert_true(list_is_ready(&list));
	assert_int_equal(list_read(&list), 0);
	put_entries(&list, text);
	assert_string_equal(text, "[one]|[two][]|[]|||[three]");
	assert_true(list.ended);
	assert_int_equal(list.number, 5);
	list_close(&list);
	assert_int_equal(close(pipes[0]), 0);
}

/* Exactly as long as may be, one more, and several buffers long; the last without an end. */
static void entries_that_are_too_long_are_passed_over(void **state)
{
	static const size_t lengths[] = {
	    LIST_ENTRY_MAX, LIST_ENTRY_MAX + 1, 5, 9 * LIST_ENTRY_MAX, 3, 4 * LIST_ENTRY_MAX};
	static char bytes[16 * LIST_ENTRY_MAX];
	size_t used = 0, count = sizeof(lengths) / sizeof(lengths[0]);
	struct list_entry entry;
	struct list list;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		memset(bytes + used, 'a' + (int)i, lengths[i]);
		used += lengths[i];
		bytes[used++] = '\0';
	}
	make_file_with("list", bytes, used - 1);
	assert_int_equal(list_open(&list, "list", true), 0);
	assert_true(list.regular);
	for (size_t i = 0; i < count; i++) {
		const bool fits = lengths[i] <= LIST_ENTRY_MAX;

		while (!list_take(&list, &entry))
			assert_int_equal(list_read(&list), 0);
		assert_int_equal(entry.number, i + 1);
		assert_int_equal(entry.too_long, !fits);
		assert_int_equal(entry.length, fits ? lengths[i] : 0);
		if (fits)
			assert_int_equal(entry.text[entry.length - 1], 'a' + (int)i);
	}
	assert_false(list_take(&list, &entry));
	list_close(&list);
}

static void a_list_that_is_not_there(void **state)
{
	struct list list;

	(void)state;
	assert_int_equal(list_open(&list, "gone", false), -ENOENT);
	list_close(&list);
	assert_int_equal(list_open(&list, ".", false), 0);
	assert_int_equal(list_read(&list), -EISDIR);
	list_close(&list);
}

int main(void)
{
#define PLAN_TEST(test) \
	cmocka_unit_test_setup_teardown(test, plan_fixture_setup, plan_fixture_teardown)
	const struct CMUnitTest tests[] = {
	    PLAN_TEST(entries_come_in_pieces),
	    PLAN_TEST(entries_that_are_too_long_are_passed_over),
	    PLAN_TEST(a_list_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
