/* test_io_control.c - how many readers the controller comes to on disks and servers of all kinds,
 * and which way jobs of an auto executor go.
 *
 * A storage is a function from readers at a time to a rate; each sample tells the controller what
 * that comes to. Nothing waits: times are numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exec/io_control.h"
#include "exec/way.h"

#define LEAST 8
#define MOST  192
#define MS    UINT64_C(1000000)

/* Work in a second, by so many at a time. */
typedef double storage(unsigned readers);

/* A server that takes 20 ms for each, however many ask. */
static double far_away(unsigned readers)
{
	return readers / 0.02;
}

/* The same, which answers 1,500 a second at most. */
static double far_and_busy(unsigned readers)
{
	const double rate = readers / 0.02;

	return rate < 1500 ? rate : 1500;
}

/* So many bytes a second, and no more. */
static double narrow(unsigned readers)
{
	(void)readers;
	return 20;
}

/* A disk with one arm, which goes to and fro. */
static double one_arm(unsigned readers)
{
	return 100.0 / (1 + 0.05 * readers);
}

/* Takes two at a time, then breaks down. */
static double two_only(unsigned readers)
{
	return readers <= 2 ? 50 * readers : 60.0 / readers;
}

/* Looks once a millisecond at readers of which all are busy for so long, and some not, by turns,
 * and each is done with `each` pieces of work while they are: when that is a sample, ms; 0: never.
 */
static unsigned time_of_sample(unsigned busy_ms, unsigned idle_ms, unsigned each)
{
	struct io_watch watch = {0};
	struct io_look look = {0};

	for (unsigned ms = 1; ms <= 1000; ms++) {
		uint64_t deadline = UINT64_MAX;
		struct io_sample sample;

		look.now = ms * MS;
		look.busy = (ms - 1) % (busy_ms + idle_ms) < busy_ms;
		if (look.busy && ms % busy_ms == 0)
			look.served += (uint64_t)each * LEAST;
		look.work = 3 * look.served;
		if (!io_watch_look(&watch, &look, LEAST, &sample, &deadline))
			continue;
		assert_int_equal(sample.ns, (ms - 1) * MS);
		assert_int_equal(sample.work, look.work);
		return ms;
	}
	return 0;
}

static void readers_in_step_are_busy(void **state)
{
	(void)state;
	assert_int_equal(time_of_sample(20, 0, 1), 20);
	/* each end of their work is one of several, and workers take a while for what they read */
	assert_in_range(time_of_sample(40, 20, 1), 40, 60);
	assert_in_range(time_of_sample(10, 4, 1), 16, 40);
}

static void readers_that_wait_for_work_are_not_busy(void **state)
{
	(void)state;
	assert_int_equal(time_of_sample(4, 5, 1), 0);
	assert_int_equal(time_of_sample(1, 2, 1), 0);
}

static void nothing_is_told_by_readers_that_get_no_answer(void **state)
{
	(void)state;
	assert_int_equal(time_of_sample(20, 0, 0), 0);
}

static void a_look_is_due_when_the_while_is_over(void **state)
{
	const struct io_look first = {.now = 100 * MS, .busy = true};
	const struct io_look second = {
	    .now = 104 * MS, .busy = true, .served = LEAST, .work = LEAST};
	struct io_watch watch = {0};
	uint64_t deadline = 200 * MS;
	struct io_sample sample;

	(void)state;
	assert_false(io_watch_look(&watch, &first, LEAST, &sample, &deadline));
	assert_int_equal(deadline, 200 * MS); /* nobody is done with anything */
	assert_false(io_watch_look(&watch, &second, LEAST, &sample, &deadline));
	assert_int_equal(deadline, 115 * MS);
}

static unsigned noise;

/* 0.9 to 1.1, the same in each run. */
static double uneven(void)
{
	noise = noise * 1103515245U + 12345U;
	return 0.9 + 0.2 * (noise >> 16 & 0x7fff) / 0x7fff;
}

/* Takes so many samples; returns in how many the limit changed. */
static unsigned work(struct io_control *control, storage *disk, unsigned samples, int is_noisy)
{
	unsigned changes = 0;

	for (unsigned i = 0; i < samples; i++) {
		const unsigned before = control->limit;
		const double rate = disk(before) * (is_noisy ? uneven() : 1);
		const struct io_sample sample = {.ns = 1000 * MS, .work = (uint64_t)(rate * 100)};

		assert_int_not_equal(io_control_sample(control, &sample), 0);
		assert_true(control->limit <= control->most);
		changes += control->limit != before;
	}
	return changes;
}

static void test_far_away_takes_all(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);

	(void)state;
	(void)work(&control, far_away, 3, 0);
	assert_int_equal(control.limit, MOST);
	assert_int_equal(work(&control, far_away, 1000, 0), 0);
}

static void test_no_more_than_is_of_use(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);

	(void)state;
	(void)work(&control, far_and_busy, 3, 0);
	assert_int_equal(control.limit, 32);
	/* and now and then it is tried again, more and more rarely */
	assert_in_range(work(&control, far_and_busy, 1000, 0), 2, 30);
	assert_int_equal(far_and_busy(control.limit) >= 1500, 1);
}

static void test_a_narrow_one_is_left_alone(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);
	unsigned most = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		(void)work(&control, narrow, 1, 0);
		most = control.limit > most ? control.limit : most;
	}
	assert_true(most <= LEAST * 4);
	assert_int_equal(control.limit, LEAST);
}

static void test_readers_in_the_way_of_each_other(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);

	(void)state;
	(void)work(&control, one_arm, 6, 0);
	assert_true(control.limit <= 2);
	control = io_control_start(LEAST, MOST);
	(void)work(&control, two_only, 6, 0);
	assert_true(control.limit <= 2);
	(void)work(&control, two_only, 500, 0);
	assert_true(control.limit <= LEAST);
}

/* A cache that is cold now, a server that others leave. */
static void test_follows_what_changes(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);

	(void)state;
	(void)work(&control, narrow, 40, 0);
	assert_true(control.limit <= LEAST * 4);
	(void)work(&control, far_away, 140, 0);
	assert_int_equal(control.limit, MOST);
}

static void test_noise_moves_it_little(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);

	(void)state;
	(void)work(&control, far_away, 3, 1);
	assert_int_equal(control.limit, MOST);
	control = io_control_start(LEAST, MOST);
	assert_true(work(&control, narrow, 1000, 1) < 120);
	assert_true(control.limit <= LEAST * 4);
}

static void test_a_number_that_was_asked_for_stays(void **state)
{
	struct io_control control = io_control_start(5, 5);

	(void)state;
	assert_int_equal(work(&control, far_away, 100, 0), 0);
	assert_int_equal(control.limit, 5);
}

static void test_nothing_was_done(void **state)
{
	struct io_control control = io_control_start(LEAST, MOST);
	const struct io_sample none = {.ns = MS, .work = 0};

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		assert_in_range(io_control_sample(&control, &none), 1, MOST);
}

static void test_work_counts_files_and_bytes(void **state)
{
	(void)state;
	assert_int_equal(io_work(0), 1);
	assert_true(io_work((uint64_t)3 << 20) > 10 * io_work(100000));
	assert_true(io_work(UINT64_MAX) > 0);
}

/* --- whose way ---------------------------------------------------------------------------------
 */

#define SLOTS ((uint64_t)1 << 30)
#define PHOTO ((uint64_t)3 << 20)

static unsigned hybrid_of(struct exec_way *way, unsigned jobs, uint64_t bytes)
{
	unsigned hybrid = 0;

	for (unsigned i = 0; i < jobs; i++)
		hybrid += way_is_hybrid(way, &(struct way_input){.bytes = bytes}, SLOTS);
	return hybrid;
}

static unsigned hybrid_of_those_at_hand(struct exec_way *way, unsigned jobs, uint64_t bytes)
{
	const struct way_input input = {.bytes = bytes, .at_hand = true};
	unsigned hybrid = 0;

	for (unsigned i = 0; i < jobs; i++)
		hybrid += way_is_hybrid(way, &input, SLOTS);
	return hybrid;
}

static void note(struct exec_way *way, unsigned calls, bool waited)
{
	for (unsigned i = 0; i < calls; i++)
		way_note(way, waited);
}

static void test_way_of_small_ones(void **state)
{
	struct exec_way way = {0};

	(void)state;
	assert_int_equal(hybrid_of(&way, 10, 50000), 10);
	note(&way, 100, false);
	assert_int_equal(hybrid_of(&way, 100, 50000), 100);
	assert_int_equal(hybrid_of(&way, 100, 0), 100);
}

static void test_way_of_large_ones(void **state)
{
	struct exec_way way = {0};

	(void)state;
	assert_int_equal(hybrid_of(&way, 10, PHOTO), 10); /* nothing is known yet */
	note(&way, 4, false);
	assert_in_range(hybrid_of(&way, 160, PHOTO), 1, 16);
	note(&way, 1, true);
	assert_int_equal(hybrid_of(&way, 160, PHOTO), 160);
	note(&way, 4, false); /* no longer enough: it was wrong before */
	assert_int_equal(hybrid_of(&way, 10, PHOTO), 10);
	note(&way, 4, false);
	assert_in_range(hybrid_of(&way, 160, PHOTO), 1, 16);
}

static void test_way_of_what_is_at_hand(void **state)
{
	struct exec_way way = {0};

	(void)state;
	assert_int_equal(hybrid_of_those_at_hand(&way, 15, 50000), 0);
	assert_int_equal(hybrid_of_those_at_hand(&way, 160, PHOTO),
	                 10); /* to see what is to come */
	assert_int_equal(hybrid_of(&way, 10, 50000), 10);
	note(&way, 1, true); /* it may be outputs that are waited for */
	assert_int_equal(hybrid_of_those_at_hand(&way, 100, 50000), 100);
	note(&way, 4, false);
	assert_in_range(hybrid_of_those_at_hand(&way, 160, 50000), 1, 16);
	note(&way, 1, true); /* it was wrong again: more is asked for */
	note(&way, 7, false);
	assert_int_equal(hybrid_of_those_at_hand(&way, 100, 50000), 100);
	note(&way, 1, false);
	assert_in_range(hybrid_of_those_at_hand(&way, 160, 50000), 1, 16);
}

static void test_way_of_what_is_too_large_for_slots(void **state)
{
	struct exec_way way = {0};

	(void)state;
	for (unsigned at_hand = 0; at_hand < 2; at_hand++)
		for (uint64_t bytes = SLOTS; bytes; bytes = bytes == SLOTS ? UINT64_MAX : 0)
			assert_false(way_is_hybrid(
			    &way, &(struct way_input){.bytes = bytes, .at_hand = at_hand}, SLOTS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readers_in_step_are_busy),
	    cmocka_unit_test(readers_that_wait_for_work_are_not_busy),
	    cmocka_unit_test(nothing_is_told_by_readers_that_get_no_answer),
	    cmocka_unit_test(a_look_is_due_when_the_while_is_over),
	    cmocka_unit_test(test_far_away_takes_all),
	    cmocka_unit_test(test_no_more_than_is_of_use),
	    cmocka_unit_test(test_a_narrow_one_is_left_alone),
	    cmocka_unit_test(test_readers_in_the_way_of_each_other),
	    cmocka_unit_test(test_follows_what_changes),
	    cmocka_unit_test(test_noise_moves_it_little),
	    cmocka_unit_test(test_a_number_that_was_asked_for_stays),
	    cmocka_unit_test(test_nothing_was_done),
	    cmocka_unit_test(test_work_counts_files_and_bytes),
	    cmocka_unit_test(test_way_of_small_ones),
	    cmocka_unit_test(test_way_of_large_ones),
	    cmocka_unit_test(test_way_of_what_is_at_hand),
	    cmocka_unit_test(test_way_of_what_is_too_large_for_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
