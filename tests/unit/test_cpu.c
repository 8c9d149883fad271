/* test_cpu.c - the choice of a version by what the processor has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"

/* No processor has it. */
#define UNHEARD_OF (1U << 31)

static const struct cpu_code portable = {.name = "portable"};
static const struct cpu_code wide = {.name = "wide", .needs = UNHEARD_OF};
static const struct cpu_code mixed = {.name = "mixed", .needs = UNHEARD_OF | CPU_SSE41};
static const struct cpu_code always = {.name = "always"};

static void what_is_lacking_is_left_out(void **state)
{
	const struct cpu_code *const list[] = {&wide, &always, &mixed, &portable, NULL};

	(void)state;
	assert_ptr_equal(cpu_version(list, 0), &always);
	assert_ptr_equal(cpu_version(list, 1), &portable);
	assert_null(cpu_version(list, 2));
	assert_null(cpu_version(list, 100));
}

static void nothing_is_needed_of_anyone(void **state)
{
	(void)state;
	assert_true(cpu_has(0));
	assert_false(cpu_has(UNHEARD_OF));
	/* as every processor that has the one has the other */
	assert_true(!cpu_has(CPU_AVX2) || cpu_has(CPU_SSE41 | CPU_AVX2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_lacking_is_left_out),
	    cmocka_unit_test(nothing_is_needed_of_anyone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
