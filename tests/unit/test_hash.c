/* test_hash.c - what stands for bytes is the same on every processor, and as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/hash_kernel.h"

static unsigned char bytes[100000];

static void fill(void)
{
	uint32_t number = 1;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		number = number * 1664525U + 1013904223U;
		bytes[i] = (unsigned char)(number >> 24);
	}
}

/* Values that xxhsum -H3 says, which files have. */
static void is_as_it_was(void **state)
{
	static const unsigned char zeros[2000];

	(void)state;
	assert_int_equal(hash_bytes("", 0, 0), 0x2d06800538d394c2);
	assert_int_equal(hash_bytes("batchresize", 11, 0), 0x40034239da3c9f18);
	assert_int_equal(hash_bytes(zeros, sizeof(zeros), 0), 0x79ab79a537a40ce7);
}

static void is_the_same_by_all(void **state)
{
	const struct cpu_code *code;

	(void)state;
	fill();
	for (unsigned i = 0; (code = cpu_version(hash_kernels, i)); i++) {
		const struct hash_kernel *kernel = (const struct hash_kernel *)code;

		for (size_t size = 0; size < sizeof(bytes); size = size * 9 / 8 + 1)
			for (uint64_t seed = 0; seed < 3; seed++)
				assert_int_equal(
				    kernel->bytes(bytes + seed, size - (size > seed ? seed : 0),
				                  seed * 77),
				    hash_bytes(bytes + seed, size - (size > seed ? seed : 0),
				               seed * 77));
	}
}

static void is_that_of_a_file(void **state)
{
	FILE *file = tmpfile();
	uint64_t hash = 0;

	(void)state;
	fill();
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	assert_int_equal(fflush(file), 0);
	assert_int_equal(hash_file(fileno(file), NULL, &hash), 0);
	assert_true(hash == hash_bytes(bytes, sizeof(bytes), 0));
	(void)fclose(file); /* it is gone with that */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_as_it_was),
	                                   cmocka_unit_test(is_the_same_by_all),
	                                   cmocka_unit_test(is_that_of_a_file)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
