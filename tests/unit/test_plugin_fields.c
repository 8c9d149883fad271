/* test_plugin_fields.c - what a plugin tells is JSON, however it was told; and what a worker sends
 * in its place is seen through. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/fields.h"

static void writes_members_of_an_object(void **state)
{
	struct plugin_fields fields = {""};

	(void)state;
	assert_true(fields_are_valid(&fields));
	assert_int_equal(fields_set_text(&fields, "label", "a \"cat\"\\\n"), 0);
	assert_int_equal(fields_set_number(&fields, "score", 0.25), 0);
	assert_int_equal(fields_set_number(&fields, "small", -1e-300), 0);
	assert_string_equal(fields.json,
	                    "\"label\":\"a \\\"cat\\\"\\\\ \",\"score\":0.25,\"small\":-1e-300");
	assert_true(fields_are_valid(&fields));
	assert_int_equal(fields_set_text(&fields, "label", ""), 0);
	assert_string_equal(fields.json, "\"score\":0.25,\"small\":-1e-300,\"label\":\"\"");
	assert_int_equal(fields_set_number(&fields, "small", INFINITY), -EINVAL);
	assert_int_equal(fields_set_text(&fields, "no name", ""), -EINVAL);
	assert_int_equal(fields_set_text(&fields, "bytes", "\xc3"), -EINVAL);
	assert_string_equal(fields.json, "\"score\":0.25,\"small\":-1e-300,\"label\":\"\"");
}

static void ends_where_there_is_no_room(void **state)
{
	struct plugin_fields fields = {""};
	char text[250], name[16];
	int status = 0;

	(void)state;
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20 && !status; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		status = fields_set_text(&fields, name, text);
		assert_true(fields_are_valid(&fields));
	}
	assert_int_equal(status, -ENOSPC);
}

static void sees_through_what_is_none(void **state)
{
	static const char *const wrong[] = {"x",
	                                    "\"a\"",
	                                    "\"a\":",
	                                    "\"a\":1,",
	                                    ",\"a\":1",
	                                    "\"a\":01",
	                                    "\"a\":1.",
	                                    "\"a\":.5",
	                                    "\"a\":1e",
	                                    "\"a\":-",
	                                    "\"a\":nan",
	                                    "\"a\":{}",
	                                    "\"a\":[1]",
	                                    "\"a\":\"",
	                                    "\"a\":\"\\",
	                                    "\"a\":\"\\n\"",
	                                    "\"a\":\"\n\"",
	                                    "\"a\":\"\x7f\"",
	                                    "\"a\":\"\xff\"",
	                                    "\"a b\":1",
	                                    "\"\":1",
	                                    "\"a\":1}",
	                                    "\"a\":1 ",
	                                    "\"a\":\"x\"\"b\":1",
	                                    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1"};
	struct plugin_fields fields;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		(void)snprintf(fields.json, sizeof(fields.json), "%s", wrong[i]);
		if (fields_are_valid(&fields))
			fail_msg("taken for fields: %s", wrong[i]);
	}
	memset(fields.json, '1', sizeof(fields.json));
	assert_false(fields_are_valid(&fields));
	/* one more than a plugin can tell */
	fields.json[0] = '\0';
	for (unsigned i = 0; i <= 16; i++)
		(void)snprintf(fields.json + strlen(fields.json), 16, "%s\"a%u\":1", i ? "," : "",
		               i);
	assert_false(fields_are_valid(&fields));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_members_of_an_object),
	    cmocka_unit_test(ends_where_there_is_no_room),
	    cmocka_unit_test(sees_through_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
