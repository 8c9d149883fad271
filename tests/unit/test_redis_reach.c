/* Reaching for a server: the name of the host, its addresses, and that nobody has to wait. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "redis/reach.h"

/* An hour: a test that waited so long would be killed. */
#define LONG_MS 3600000

struct patience {
	unsigned looks, most;
};

static bool goes_on(void *arg)
{
	struct patience *patience = arg;

	return patience->looks++ < patience->most;
}

static bool none(void *ctx, const struct sockaddr *address)
{
	(void)ctx;
	(void)address;
	return false;
}

/* A server at a port of its own that has room for so many connections. */
static int serve(int room, int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, room), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* In a system of nothing but a C library and what builds the program, no name may be known. */
static bool knows_localhost(void)
{
	struct addrinfo *found = NULL;
	const int status = getaddrinfo("localhost", NULL, NULL, &found);

	if (found)
		freeaddrinfo(found);
	return status == 0;
}

static void test_a_server_is_reached(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost"};
	const size_t count = knows_localhost() ? 2 : 1;
	char why[100] = "";
	struct patience patience = {.most = 1000};
	struct reach reach = {.wait_ms = LONG_MS, .goes_on = goes_on, .arg = &patience};
	const int server = serve(4, &reach.port);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		reach.host = hosts[i];
		const int fd = reach_connect(&reach, why, sizeof(why));

		assert_true(fd >= 0);
		assert_false(reach.barred);
		assert_int_equal(close(fd), 0);
	}
	assert_string_equal(why, "");
	assert_int_equal(close(server), 0);
}

static void test_nobody_is_there(void **state)
{
	char why[100] = "";
	struct patience patience = {.most = 1000};
	struct reach reach = {
	    .host = "127.0.0.1", .wait_ms = LONG_MS, .goes_on = goes_on, .arg = &patience};

	(void)state;
	assert_int_equal(close(serve(1, &reach.port)), 0);
	assert_int_equal(reach_connect(&reach, why, sizeof(why)), -1);
	assert_string_equal(why, "Connection refused");
	reach.host = "no-such-host.invalid";
	assert_int_equal(reach_connect(&reach, why, sizeof(why)), -1);
	assert_string_not_equal(why, "Connection refused");
	assert_false(reach.barred);
}

static void test_addresses_that_may_not_be_asked(void **state)
{
	char why[100] = "";
	struct patience patience = {.most = 1000};
	struct reach reach = {.host = knows_localhost() ? "localhost" : "127.0.0.1",
	                      .wait_ms = LONG_MS,
	                      .may_ask = none,
	                      .goes_on = goes_on,
	                      .arg = &patience};
	const int server = serve(1, &reach.port);

	(void)state;
	assert_int_equal(reach_connect(&reach, why, sizeof(why)), -1);
	assert_true(reach.barred);
	assert_int_equal(close(server), 0);
}

/* A server that has no room answers to nothing. */
static void test_it_can_be_given_up(void **state)
{
	int held[4], count = 0;
	char why[100] = "";
	struct patience patience = {.most = 4};
	struct reach reach = {
	    .host = "127.0.0.1", .wait_ms = LONG_MS, .goes_on = goes_on, .arg = &patience};
	const int server = serve(0, &reach.port);

	(void)state;
	while (count < 4) {
		patience.looks = 0;
		held[count] = reach_connect(&reach, why, sizeof(why));
		if (held[count] < 0)
			break;
		count++;
	}
	assert_in_range(count, 1, 3);
	assert_int_equal(patience.looks, patience.most + 1);
	assert_string_equal(why, "");
	reach.wait_ms = 1;
	patience.looks = 0;
	assert_int_equal(reach_connect(&reach, why, sizeof(why)), -1);
	assert_string_equal(why, "no answer for 0.001 s");
	while (count > 0)
		assert_int_equal(close(held[--count]), 0);
	assert_int_equal(close(server), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_server_is_reached),
	    cmocka_unit_test(test_nobody_is_there),
	    cmocka_unit_test(test_addresses_that_may_not_be_asked),
	    cmocka_unit_test(test_it_can_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
