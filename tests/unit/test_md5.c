/* test_md5.c - the test suite of RFC 1321, A.5, and lengths around a block's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/md5.h"

static void expect(const char *text, const char *hex)
{
	unsigned char digest[MD5_SIZE];
	char found[2 * MD5_SIZE + 1];

	md5(text, strlen(text), digest);
	for (int i = 0; i < MD5_SIZE; i++)
		(void)snprintf(found + (size_t)i * 2, 3, "%02x", digest[i]);
	assert_string_equal(found, hex);
}

static void suite(void **state)
{
	(void)state;
	expect("", "d41d8cd98f00b204e9800998ecf8427e");
	expect("a", "0cc175b9c0f1b6a831c399e269772661");
	expect("abc", "900150983cd24fb0d6963f7d28e17f72");
	expect("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
	expect("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
	expect("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	       "d174ab98d277d9f5a5611c2c9f419d9f");
	expect("1234567890123456789012345678901234567890"
	       "1234567890123456789012345678901234567890",
	       "57edf4a22be3c955ac49da2e2107b67a");
}

static void around_a_block(void **state)
{
	char text[130];

	(void)state;
	memset(text, 'x', sizeof text);
	text[55] = '\0';
	expect(text, "04364420e25c512fd958a70738aa8f72");
	text[55] = 'x';
	text[56] = '\0';
	expect(text, "668a72d5ba17f08e62dabcafad6db14b");
	text[56] = 'x';
	text[64] = '\0';
	expect(text, "c1bb4f81d892b2d57947682aeb252456");
	text[64] = 'x';
	text[128] = '\0';
	expect(text, "d69cb61a6ee87200676eb0d4b90edbcb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(suite),
	                                   cmocka_unit_test(around_a_block)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
