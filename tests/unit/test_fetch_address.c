/* test_fetch_address.c - which addresses are public. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "fetch/address.h"

struct row {
	const char *text;
	bool public;
};

/* The first and the last of each range, and their neighbours outside. */
static const struct row rows[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"1.1.1.1", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.169.254", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"192.0.0.8", false},
    {"192.0.1.0", true},
    {"192.0.2.1", false},
    {"192.0.3.0", true},
    {"192.88.98.255", true},
    {"192.88.99.1", false},
    {"192.88.100.0", true},
    {"192.167.255.255", true},
    {"192.168.0.1", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.100.7", false},
    {"203.0.113.7", false},
    {"203.0.114.0", true},
    {"223.255.255.255", true},
    {"224.0.0.1", false},
    {"239.255.255.250", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"::", false},
    {"::1", false},
    {"::2", false},
    {"[::1]", false},
    {"::1%lo", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.1.2.3", false},
    {"::ffff:1.1.1.1", true},
    {"::ffff:a9fe:a9fe", false},
    {"::127.0.0.1", false},
    {"::1.1.1.1", false},
    {"64:ff9b::10.0.0.1", false},
    {"64:ff9b::1.1.1.1", true},
    {"64:ff9b:1::1.1.1.1", false},
    {"100::1", false},
    {"1fff::1", false},
    {"2000::1", true},
    {"2001::1", false},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"2002:7f00:1::1", false},
    {"2002:c0a8:101::1", false},
    {"2002:101:101::1", true},
    {"2606:4700:4700::1111", true},
    {"[2606:4700:4700::1111]", true},
    {"2620:4f:8000::1", false},
    {"3fff::1", false},
    {"3fff:fff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"5f00::1", false},
    {"fc00::1", false},
    {"fdff::1", false},
    {"fe80::1%eth0", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
    {"ffff::1", false},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool is_address;
		const bool public = address_text_is_public(rows[i].text, &is_address);

		if (!is_address || public != rows[i].public)
			fail_msg("%s: %s", rows[i].text, public ? "public" : "not public");
	}
}

static void test_what_is_no_address(void **state)
{
	static const char *const texts[] = {"localhost",  "example.org", "",
	                                    "1.2.3",      "1.2.3.4.5",   "0x7f.0.0.1",
	                                    "2130706433", "::g",         "/tmp/socket"};
	const struct sockaddr_un socket = {.sun_family = AF_UNIX, .sun_path = "/tmp/socket"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		bool is_address = true;

		assert_false(address_text_is_public(texts[i], &is_address));
		assert_false(is_address);
	}
	assert_false(address_is_public((const struct sockaddr *)&socket));
	assert_false(own_addresses_have(NULL, (const struct sockaddr *)&socket));
}

/* What IPv6 carries of IPv4 is judged as IPv4 is, of every first byte. */
static void test_ways_to_write_one_address(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		const unsigned a = i >> 8, b = i & 0xFF;
		char plain[64], written[4][64];
		bool public;

		(void)snprintf(plain, sizeof(plain), "%u.%u.3.4", a, b);
		(void)snprintf(written[0], 64, "::ffff:%u.%u.3.4", a, b);
		(void)snprintf(written[1], 64, "::ffff:%02x%02x:0304", a, b);
		(void)snprintf(written[2], 64, "64:ff9b::%u.%u.3.4", a, b);
		(void)snprintf(written[3], 64, "2002:%02x%02x:0304::7", a, b);
		public = address_text_is_public(plain, NULL);
		for (unsigned way = 0; way < 4; way++)
			if (address_text_is_public(written[way], NULL) != public)
				fail_msg("%s and %s", plain, written[way]);
	}
}

static void test_own_addresses(void **state)
{
	struct own_addresses *own = own_addresses_new();

	(void)state;
	if (!own_addresses_have_text(own, "127.0.0.1"))
		skip(); /* without a loopback */
	assert_true(own_addresses_have_text(own, "::ffff:127.0.0.1"));
	assert_false(own_addresses_have_text(own, "1.1.1.1"));
	assert_false(own_addresses_have_text(own, "localhost"));
	own_addresses_free(own);
	own_addresses_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_what_is_no_address),
	    cmocka_unit_test(test_ways_to_write_one_address),
	    cmocka_unit_test(test_own_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
