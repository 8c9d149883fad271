/* test_state_fetched.c - what a state keeps of what servers said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "state/state.h"
#include "state_fixture.h"

#define URL "https://example.org/a.jpg?b=1"

static void note(struct state *state, const char *name, const char *etag)
{
	const struct state_fetched fetched = {.url = URL, .etag = etag, .modified = "yesterday"};

	assert_int_equal(state_note_fetched(state, "photos", name, &fetched), 0);
}

static bool knows(struct state *state, const char *name, const char *url,
                  char etag[STATE_FETCHED_MAX])
{
	char modified[STATE_FETCHED_MAX] = "";

	return state_fetched(state, "photos", name, url, etag, modified) &&
	       strcmp(modified, "yesterday") == 0;
}

static void what_was_said_comes_back(void **cmocka)
{
	char etag[STATE_FETCHED_MAX] = "";
	struct state *state = open_state(true, 1);

	(void)cmocka;
	assert_false(knows(state, "a.jpg", URL, etag));
	note(state, "a.jpg", "\"one\"");
	note(state, "a.jpg", "\"two\"");
	note(state, "b.jpg", "");
	close_state(state);
	state = open_state(false, 1);
	assert_true(knows(state, "a.jpg", URL, etag));
	assert_string_equal(etag, "\"two\"");
	assert_true(knows(state, "b.jpg", URL, etag));
	assert_string_equal(etag, "");
	assert_false(knows(state, "c.jpg", URL, etag));
	assert_false(knows(state, "a.jpg", "https://example.org/a.jpg", etag));
	close_state(state);
	state = open_state(false, 2); /* of other names of outputs */
	assert_false(knows(state, "a.jpg", URL, etag));
	close_state(state);
}

static void what_is_forgotten_is_not_known(void **cmocka)
{
	char etag[STATE_FETCHED_MAX];
	struct state *state = open_state(true, 1);

	(void)cmocka;
	assert_int_equal(state_forget(state, "photos", "a.jpg", 1), 0); /* no table yet */
	note(state, "a.jpg", "\"one\"");
	note(state, "b.jpg", "\"one\"");
	assert_int_equal(state_forget(state, "photos", "a.jpg", 1), 0);
	assert_false(knows(state, "a.jpg", URL, etag));
	assert_true(knows(state, "b.jpg", URL, etag));
	close_state(state);
}

/* It goes into a request. */
static void what_is_no_line_is_not_believed(void **cmocka)
{
	static const char *const rows[] = {
	    "UPDATE fetched SET etag = CAST('\"a\"' || char(13, 10) || 'X: y' AS BLOB)",
	    "UPDATE fetched SET etag = zeroblob(3)",
	    "UPDATE fetched SET etag = CAST(printf('%200d', 1) AS BLOB)",
	    "UPDATE fetched SET url = zeroblob(5000)",
	    "DROP TABLE fetched",
	};
	char etag[STATE_FETCHED_MAX];

	(void)cmocka;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct state *state = open_state(true, 1);

		note(state, "a.jpg", "\"one\"");
		assert_true(knows(state, "a.jpg", URL, etag));
		close_state(state);
		execute(rows[i]);
		state = open_state(true, 1);
		assert_false(knows(state, "a.jpg", URL, etag));
		close_state(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_said_comes_back),
	    TEST(what_is_forgotten_is_not_known),
	    TEST(what_is_no_line_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
