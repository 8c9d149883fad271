/* test_memory.c - the room that limits leave, words that blame memory, and pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/pages.h"

static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

/* Looks at the room under a limit in a child, which can't take it back. Its exit status: whether
 * all is as expected. */
static int room_under(__rlimit_resource_t resource, rlim_t soft, enum memory_limit expected,
                      const char *word)
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		const struct rlimit limit = {soft, expected == MEMORY_OWN ? RLIM_INFINITY : soft};
		char text[MEMORY_TEXT_MAX];

		if (setrlimit(resource, &limit) != 0)
			_exit(2);
		const struct memory_room room = memory_room();

		_exit(room.limit == expected && room.allowed == soft && room.left < soft &&
		              strstr(memory_room_text(&room, text), word) &&
		              strstr(text, "raise it")
		          ? 0
		          : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void names_the_limit_that_is_tightest(void **state)
{
	const rlim_t large = (rlim_t)1 << 46; /* beyond a sanitizer's shadow */

	(void)state;
	(void)setrlimit(RLIMIT_AS, &unlimited);
	assert_int_equal(room_under(RLIMIT_AS, large, MEMORY_ADDRESSES, "ulimit -v"), 0);
	assert_int_equal(room_under(RLIMIT_DATA, large, MEMORY_DATA, "ulimit -d"), 0);
	assert_int_equal(room_under(RLIMIT_DATA, large, MEMORY_OWN, "--max-memory"), 0);
}

static void no_limit_leaves_everything(void **state)
{
	const struct memory_room room = memory_room();
	char text[MEMORY_TEXT_MAX];

	(void)state;
	assert_int_equal(room.limit, MEMORY_UNLIMITED);
	assert_true(room.left == UINT64_MAX);
	assert_non_null(strstr(memory_room_text(&room, text), "free memory"));
}

static void knows_the_words_for_it(void **state)
{
	(void)state;
	assert_true(memory_is_blamed("vips_tracked: out of memory --- size == 5MB"));
	assert_true(
	    memory_is_blamed("glib: Error creating thread: Resource temporarily unavailable"));
	assert_true(memory_is_blamed("libx.so.1: failed to map segment from shared object"));
	assert_false(memory_is_blamed("unable to read pixels"));
	assert_false(memory_is_blamed(""));
}

#define MB ((size_t)1 << 20)

static void pages_grow_and_shrink(void **state)
{
	struct pages pages = {0};

	(void)state;
	pages_trim(&pages, 0);
	assert_true(pages_reserve(&pages, 1));
	pages.data[0] = 1;
	assert_true(pages_reserve(&pages, 3 * MB));
	memset(pages.data, 1, 3 * MB);
	assert_true(pages_reserve(&pages, 2 * MB));
	assert_int_equal(pages.capacity, 3 * MB);
	pages_trim(&pages, 3 * MB);
	assert_int_equal(pages.capacity, 3 * MB);
	pages_trim(&pages, MB);
	assert_int_equal(pages.capacity, MB);
	assert_true(pages_reserve(&pages, 2 * MB));
	memset(pages.data, 1, 2 * MB);
	pages_trim(&pages, 0);
	assert_null(pages.data);
	assert_int_equal(pages.capacity, 0);
}

static void pages_stay_where_memory_is_short(void **state)
{
	struct pages pages = {0};
	const unsigned char *data;

	(void)state;
	assert_false(pages_reserve(&pages, SIZE_MAX / 2));
	assert_null(pages.data);
	assert_true(pages_reserve(&pages, MB));
	data = pages.data;
	assert_false(pages_reserve(&pages, SIZE_MAX / 2));
	assert_ptr_equal(pages.data, data);
	assert_int_equal(pages.capacity, MB);
	memset(pages.data, 1, MB);
	pages_trim(&pages, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_the_limit_that_is_tightest),
	    cmocka_unit_test(no_limit_leaves_everything),
	    cmocka_unit_test(knows_the_words_for_it),
	    cmocka_unit_test(pages_grow_and_shrink),
	    cmocka_unit_test(pages_stay_where_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
