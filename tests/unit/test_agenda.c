/* test_agenda.c - which picture is begun next when time is short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batch/agenda.h"
#include "plan_fixture.h"

#define SECOND UINT64_C(1000000000)
#define EVER   1e9

static const struct plan *plan;
static struct agenda *agenda;

static struct br_image_options image = {.size = {{.width = 800, .height = 600}}, .sizes = 1};

static void begin(struct plan_fixture *fixture, unsigned workers)
{
	(void)plan_text(fixture, "in", NULL);
	assert_int_equal(fixture->status, 0);
	plan = fixture->plan;
	agenda = agenda_new(plan, &image, workers);
	assert_non_null(agenda);
}

/* The source that is to be begun, by its name alone; "later", "over". */
static const char *take(double left, uint64_t now, uint64_t *item)
{
	static char path[256];
	uint64_t other;

	switch (agenda_take(agenda, left, now, item ? item : &other)) {
	case AGENDA_LATER:
		return "later";
	case AGENDA_OVER:
		return "over";
	case AGENDA_NEXT:
		break;
	}
	assert_true(plan_source(plan, item ? *item : other, path, sizeof(path)) > 0);
	assert_true(agenda_has_taken(agenda, item ? *item : other));
	return strrchr(path, '/') + 1;
}

static void cheap_formats_first(void **state)
{
	make_file("in/1.avif", 900000);
	make_file("in/2.webp", 10);
	make_file("in/3.jpg", 1000);
	make_file("in/4.png", 2000);
	make_file("in/5.jpeg", 3000);
	make_file("in/6.tif", 9000);
	begin(*state, 4);
	uint64_t item;

	for (const char *const *name = (const char *const[]){"5.jpeg", "3.jpg", "4.png", "6.tif",
	                                                     "2.webp", "1.avif", "over", NULL};
	     *name; name++)
		if (strcmp(take(EVER, 0, &item), *name) == 0)
			agenda_finish(agenda, item, -1, 0);
		else
			fail_msg("not %s", *name);
	agenda_free(agenda);
}

/* What others of a kind took says which still fit. */
static void fills_the_end(void **state)
{
	uint64_t item;

	make_file("in/1.jpg", 930000);
	make_file("in/2.jpg", 930000);
	make_file("in/3.jpg", 430000);
	make_file("in/4.jpg", 30000);
	begin(*state, 1);
	assert_string_equal(take(100, 0, &item), "1.jpg");
	(void)agenda_finish(agenda, item, 10, 10 * SECOND); /* for a million units of work */
	assert_true(agenda_rest(agenda) > 14 && agenda_rest(agenda) < 18);
	/* ten seconds again, or more: neither in 9.5 nor in 10 */
	assert_string_equal(take(9.5, 10 * SECOND, &item), "3.jpg");
	/* one second would do when the worker is free, which takes five */
	assert_string_equal(take(4, 10 * SECOND, NULL), "later");
	assert_true(agenda_finish(agenda, item, 5, 15 * SECOND) > 4);
	assert_string_equal(take(4, 15 * SECOND, &item), "4.jpg");
	agenda_finish(agenda, item, 1, 16 * SECOND);
	assert_string_equal(take(3, 16 * SECOND, &item), "over");
	/* nothing is passed over for good: time may be put back, or others be quick */
	assert_string_equal(take(100, 16 * SECOND, NULL), "2.jpg");
	assert_string_equal(take(100, 16 * SECOND, NULL), "over");
	assert_true(agenda_rest(agenda) == 0);
	agenda_free(agenda);
}

/* What has not been measured is judged by how fast the machine is with the rest. */
static void judges_the_unknown(void **state)
{
	uint64_t item;

	make_file("in/1.jpg", 930000);
	make_file("in/2.avif", 30000);
	begin(*state, 1);
	assert_string_equal(take(100, 0, &item), "1.jpg");
	agenda_finish(agenda, item, 36, SECOND); /* a thousand times what was measured */
	assert_string_equal(take(100, SECOND, &item), "over");
	assert_true(agenda_rest(agenda) > 200);
	assert_string_equal(take(2000, SECOND, &item), "2.avif");
	/* of no use as a measure, and finished all the same */
	agenda_finish(agenda, item, -1, 2 * SECOND);
	agenda_finish(agenda, item, 7, 2 * SECOND);
	assert_string_equal(take(1, 2 * SECOND, &item), "over");
	agenda_free(agenda);
}

/* Before anything was measured, too, more pixels take longer to be written. */
static void larger_outputs_take_longer(void **state)
{
	make_file("in/1.avif", 30000);
	begin(*state, 1);
	assert_string_equal(take(1.2, 0, NULL), "1.avif");
	agenda_free(agenda);
	for (unsigned i = 0; i < 3; i++) {
		image.size[0] = (const struct br_image_size[]){
		    {.width = 1600, .height = 1200}, {.width = 1600}, {.height = 1200}}[i];
		agenda = agenda_new(plan, &image, 1);
		assert_string_equal(take(1.2, 0, NULL), "over");
		assert_string_equal(take(4, 0, NULL), "1.avif");
		agenda_free(agenda);
	}
	image.size[0] = (struct br_image_size){.width = 800, .height = 600};
}

/* What is made of a small file takes as long to be written as what is made of a large one. */
static void outputs_take_the_same_whatever_the_bytes(void **state)
{
	uint64_t item;

	make_file("in/1.jpg", 930000);
	make_file("in/2.jpg", 30000);
	image.format = BR_IMAGE_FORMAT_AVIF;
	begin(*state, 1);
	image.format = BR_IMAGE_FORMAT_UNKNOWN;
	assert_string_equal(take(100, 0, &item), "1.jpg");
	agenda_finish(agenda, item, 4, 4 * SECOND);
	assert_string_equal(take(3, 4 * SECOND, &item), "over");
	assert_string_equal(take(8, 4 * SECOND, &item), "2.jpg");
	agenda_free(agenda);
}

/* As many as there are workers are begun at once; more when it is known that they take little. */
static void waits_in_line_for_a_short_time(void **state)
{
	uint64_t item[3];

	for (char path[] = "in/a.jpg"; path[3] < 'j'; path[3]++)
		make_file(path, 30000);
	begin(*state, 2);
	assert_string_equal(take(EVER, 0, &item[0]), "a.jpg");
	assert_string_equal(take(EVER, 0, &item[1]), "b.jpg");
	assert_string_equal(take(EVER, 0, NULL), "later");
	agenda_finish(agenda, item[0], 0.1, SECOND / 10);
	agenda_finish(agenda, item[1], 0.1, SECOND / 10);
	for (char name[] = "c.jpg"; *name < 'i'; (*name)++)
		assert_string_equal(take(EVER, SECOND / 10, &item[2]), name);
	agenda_finish(agenda, item[2], 10, 11 * SECOND); /* now they are known to be slow */
	assert_string_equal(take(EVER, 11 * SECOND, NULL), "later");
	agenda_free(agenda);
}

/* Without time nothing is begun, and what the plan refuses never is. */
static void begins_nothing(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("in/1.jpg", 10);
	begin(fixture, 2);
	assert_string_equal(take(0, 0, NULL), "over");
	assert_string_equal(take(-5, 0, NULL), "over");
	agenda_free(agenda);
	plan_free(fixture->plan);
	fixture->plan = NULL;
	fixture->options.name = "same.jpg";
	make_file("in/2.jpg", 10);
	begin(fixture, 2);
	assert_int_equal(plan_count(plan), 2);
	assert_string_equal(take(EVER, 0, NULL), "over");
	agenda_free(agenda);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(cheap_formats_first),
	    TEST(fills_the_end),
	    TEST(judges_the_unknown),
	    TEST(waits_in_line_for_a_short_time),
	    TEST(begins_nothing),
	    TEST(larger_outputs_take_longer),
	    TEST(outputs_take_the_same_whatever_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
