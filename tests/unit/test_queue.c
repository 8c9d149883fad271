/* Addresses of keys, entries as lines of a list, and orders that are held. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "redis/address.h"
#include "queue/orders.h"

struct address_case {
	const char *url, *host, *user, *password, *key;
	int port;
	unsigned database;
};

static void test_addresses(void **state)
{
	static const struct address_case cases[] = {
	    {"redis://h/k", "h", "", "", "k", 6379, 0},
	    {"redis://h:1/a:b/c", "h", "", "", "a:b/c", 1, 0},
	    {"redis://h/3/k", "h", "", "", "k", 6379, 3},
	    {"redis://[::1]:7000/k", "::1", "", "", "k", 7000, 0},
	    {"redis://u:p%40:q@h/k%20k", "h", "u", "p@:q", "k k", 6379, 0},
	    {"redis://p@h/k", "h", "", "p", "k", 6379, 0},
	    {"redis://:a@b@h/k", "h", "", "a@b", "k", 6379, 0},
	    {"REDIS://h/12a/k", "h", "", "", "12a/k", 6379, 0},
	    {"redis://h/1000000/k", "h", "", "", "k", 6379, 1000000},
	    {"redis://h/0/1000001/k", "h", "", "", "1000001/k", 6379, 0},
	    {"redis://h/1000001", "h", "", "", "1000001", 6379, 0},
	    {"redis://h/0/3/k", "h", "", "", "3/k", 6379, 0},
	    {"redis://h/a?b#c%23", "h", "", "", "a?b#c#", 6379, 0},
	    {"redis://U:P@Host.A/K%0A", "host.a", "U", "P", "K\n", 6379, 0},
	};
	struct redis_address address;
	struct br_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(redis_address_parse(&address, cases[i].url, &error), 0);
		assert_string_equal(address.host, cases[i].host);
		assert_string_equal(address.user, cases[i].user);
		assert_string_equal(address.password, cases[i].password);
		assert_string_equal(address.key, cases[i].key);
		assert_int_equal(address.port, cases[i].port);
		assert_int_equal(address.database, cases[i].database);
	}
}

/* One text for all ways to write an address, which is read as the same. */
static void test_addresses_are_written(void **state)
{
	static const char *const cases[][2] = {
	    {"redis://u:secret@h:6379/0/k", "redis://h/k"},
	    {"redis://h/0/3/k", "redis://h/0/3/k"},
	    {"redis://h/2/a%20b%25", "redis://h/2/a%20b%25"},
	    {"redis://[::1]:7000/%61?b#c", "redis://[::1]:7000/a?b#c"},
	    {"redis://[FE80::A]/a%0ab%7F", "redis://[fe80::a]/a%0Ab%7F"},
	    {"redis://LocalHost/A", "redis://localhost/A"},
	};
	struct redis_address address;
	char text[256], again[256], cut[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_null(redis_address_read(&address, cases[i][0]));
		assert_int_equal(redis_address_write(&address, text, sizeof(text)),
		                 strlen(cases[i][1]));
		assert_string_equal(text, cases[i][1]);
		assert_null(redis_address_read(&address, text));
		(void)redis_address_write(&address, again, sizeof(again));
		assert_string_equal(again, text);
	}
	assert_int_equal(redis_address_write(&address, cut, sizeof(cut)), strlen(text));
	assert_string_equal(cut, "redis:/");
	assert_non_null(redis_address_read(&address, "redis://h/"));
	assert_null(redis_address_read_prefix(&address, "redis://h"));
	assert_string_equal(address.key, "");
	assert_null(redis_address_read_prefix(&address, "redis://h/4/"));
	assert_int_equal(address.database, 4);
}

static void test_addresses_that_are_none(void **state)
{
	static const char *const cases[] = {"",
	                                    "redis:/h/k",
	                                    "rediss://h/k",
	                                    "redis://h",
	                                    "redis://h/",
	                                    "redis:///k",
	                                    "redis://:1/k",
	                                    "redis://h:0/k",
	                                    "redis://h:x/k",
	                                    "redis://h:65536/k",
	                                    "redis://h:/k",
	                                    "redis://[::1/k",
	                                    "redis://[]/k",
	                                    "redis://[[]/k",
	                                    "redis://a[b/k",
	                                    "redis://a%5db/k",
	                                    "redis://[::1]x/k",
	                                    "redis://[::1]x:1/k",
	                                    "redis://h%0A/k",
	                                    "redis://h/a\nb",
	                                    "redis://h/%",
	                                    "redis://h/%00",
	                                    "redis://h/%zz",
	                                    "redis://a%0@h/k",
	                                    "redis://h/0/",
	                                    "redis://h/1000001/k",
	                                    "redis://h/99999999999999999999/k"};
	struct redis_address address;
	struct br_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(redis_address_parse(&address, cases[i], &error), BR_ERROR_USAGE);
}

static struct order_verdict *verdict_of(enum verdict_kind kind)
{
	struct order_verdict *verdict = calloc(1, sizeof(*verdict));

	assert_non_null(verdict);
	verdict->kind = kind;
	return verdict;
}

static void test_an_order_is_held_once_and_judged_once(void **state)
{
	struct orders orders;
	struct order_verdict *told;

	(void)state;
	orders_init(&orders);
	assert_int_equal(orders_take(&orders, "1-0", strdup("one"), false), 1);
	assert_int_equal(orders_take(&orders, "1-0", strdup("again"), true), 0);
	assert_int_equal(orders_take(&orders, "2-0", strdup("two"), true), 2);
	assert_int_equal(orders_held(&orders), 2);
	orders_judge(&orders, 2, verdict_of(VERDICT_DONE));
	orders_judge(&orders, 2, verdict_of(VERDICT_DEAD));
	orders_judge(&orders, 0, verdict_of(VERDICT_DEAD));
	assert_int_equal(orders_untold(&orders), 1);
	told = orders_verdicts(&orders);
	assert_string_equal(told->order.id, "2-0");
	assert_string_equal(told->order.line, "two");
	assert_true(told->order.claimed);
	assert_null(told->next);
	/* what could not be told comes before what is judged later */
	orders_give_back(&orders);
	orders_keep(&orders, told);
	told = orders_verdicts(&orders);
	assert_int_equal(told->kind, VERDICT_DONE);
	assert_int_equal(told->next->kind, VERDICT_BACK);
	assert_string_equal(told->next->order.id, "1-0");
	orders_keep(&orders, told);
	assert_int_equal(orders_untold(&orders), 2);
	assert_int_equal(orders_held(&orders), 0);
	orders_release(&orders);
}

static void test_no_more_are_held_than_there_is_room_for(void **state)
{
	struct orders orders;
	char id[ORDER_ID_MAX];

	(void)state;
	orders_init(&orders);
	for (unsigned i = 0; i < ORDERS_MAX; i++) {
		(void)snprintf(id, sizeof(id), "%u-0", i);
		assert_int_equal(orders_take(&orders, id, strdup("x"), false), i + 1);
	}
	assert_int_equal(orders_take(&orders, "more", strdup("x"), false), 0);
	orders_judge(&orders, 7, verdict_of(VERDICT_DONE));
	assert_int_equal(orders_take(&orders, "more", strdup("x"), false), ORDERS_MAX + 1);
	assert_int_equal(orders_answered(&orders), 1);
	orders_release(&orders);
}

/* Who waits for a verdict is not kept from ending. */
static void test_nobody_waits_who_is_to_hurry(void **state)
{
	struct orders orders;

	(void)state;
	orders_init(&orders);
	orders_hurry(&orders);
	orders_wait(&orders, UINT_MAX);
	orders_release(&orders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_addresses_are_written),
	    cmocka_unit_test(test_addresses_that_are_none),
	    cmocka_unit_test(test_an_order_is_held_once_and_judged_once),
	    cmocka_unit_test(test_no_more_are_held_than_there_is_room_for),
	    cmocka_unit_test(test_nobody_waits_who_is_to_hurry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
