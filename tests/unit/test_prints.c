/* The set of fingerprints: nothing is lost when it leaves memory, and nothing when it can't. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "state/prints.h"

#define PRINTS    20000
#define IN_MEMORY 1024

/* Far apart, and not in order. */
static uint64_t print_of(uint64_t number)
{
	return (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

/* Adds all, some of them twice, and looks for each as well as for others. */
static void fill(struct prints *prints)
{
	assert_non_null(prints);
	assert_false(prints_has(prints, print_of(0)));
	for (uint64_t i = 0; i < PRINTS; i++) {
		assert_int_equal(prints_add(prints, print_of(i)), 0);
		assert_int_equal(prints_add(prints, print_of(i / 2)), 0);
		assert_true(prints_has(prints, print_of(i / 3)));
	}
	for (uint64_t i = 0; i < PRINTS; i++) {
		assert_true(prints_has(prints, print_of(i)));
		assert_false(prints_has(prints, print_of(PRINTS + i)));
	}
	prints_free(prints);
}

static void all_in_memory(void **state)
{
	(void)state;
	fill(prints_new((size_t)4 * PRINTS));
}

static void most_in_a_file(void **state)
{
	(void)state;
	fill(prints_new(IN_MEMORY));
}

static void a_file_that_may_only_be_so_long(void **state)
{
	const struct rlimit *all = *state;
	static const rlim_t most[] = {0, 8192, 100000};

	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		const struct rlimit limit = {most[i], all->rlim_max};

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		fill(prints_new(IN_MEMORY));
		assert_int_equal(setrlimit(RLIMIT_FSIZE, all), 0);
	}
}

static int remember_limit(void **state)
{
	static struct rlimit all;

	*state = &all;
	(void)signal(SIGXFSZ, SIG_IGN);
	return getrlimit(RLIMIT_FSIZE, &all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_in_memory),
	    cmocka_unit_test(most_in_a_file),
	    cmocka_unit_test_setup(a_file_that_may_only_be_so_long, remember_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
