/* test_fold_unicode.c - one name for two ways to write a letter, by GLib's tables (fold_name.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/fold.h"

static void accents_are_one_way_or_the_other(void **state)
{
	char a[FOLD_MAX], b[FOLD_MAX];

	(void)state;
	(void)fold_name("\xC3\x84rger.JPG", a, sizeof(a)); /* Ä */
	(void)fold_name("a\xCC\x88rger.jpg", b, sizeof(b));
	assert_string_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(accents_are_one_way_or_the_other)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
