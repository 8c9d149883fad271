/* test_executor_gather.c - jobs of one worker that wait for each other, in every executor: what is
 * done for several has all of them, once; and one that ends it, or its worker, costs itself.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "executor_fixture.h"

#define MIB (UINT64_C(1) << 20)

enum what {
	GATHER,
	GATHER_TWICE,
	GATHER_NOT,
	FAIL_BEFORE, /* fails before it waits, or behind */
	FAIL_BEHIND,
	CRASH_BEFORE,
	CRASH_BEHIND,
	CRASH_TOGETHER,
	CRASH_IN_PAIRS, /* two of them, in one call */
	HANG_BEFORE,
	HANG_BEHIND,
	HANG_TOGETHER,
	ACCUSE, /* dies, and says that it was the job behind it */
	DENY,   /* and that it has not begun itself */
	TAKE    /* `value` MiB */
};

struct gather_job {
	enum what what;
	int value;
};

struct gather_result {
	int twice;          /* of the value, by what is done for several */
	int together, then; /* how many it was done for, the first time and the second */
	int times;
};

/* A job's part. */
struct piece {
	const struct gather_job *job;
	struct gather_result *result;
	struct counters *counters;
	int count;
};

static void hang(struct counters *counters)
{
	__atomic_add_fetch(&counters->waiting, 1, __ATOMIC_SEQ_CST);
	while (!counted(&counters->let_go))
		pause_ms(5);
}

static void work_in_pairs(void *const *pieces, unsigned count)
{
	unsigned crash = 0;

	for (unsigned i = 0; i < count; i++)
		crash += ((const struct piece *)pieces[i])->job->what == CRASH_IN_PAIRS;
	if (crash == 2)
		raise(SIGKILL);
}

static void work_together(void *arg, void *const *pieces, unsigned count)
{
	assert_non_null(arg);
	__atomic_add_fetch(&((const struct piece *)pieces[0])->counters->begun, 1,
	                   __ATOMIC_SEQ_CST);
	work_in_pairs(pieces, count);
	for (unsigned i = 0; i < count; i++) {
		struct piece *piece = pieces[i];

		if (piece->job->what == CRASH_TOGETHER)
			raise(SIGKILL);
		if (piece->job->what == HANG_TOGETHER)
			hang(piece->counters);
		piece->result->twice = 2 * piece->job->value;
		piece->result->times++;
		piece->count = (int)count;
	}
}

static int before(const struct gather_job *job, struct br_slot *slot, struct counters *counters)
{
	if (job->what == CRASH_BEFORE)
		raise(SIGKILL);
	if (job->what == HANG_BEFORE)
		hang(counters);
	if (job->what == TAKE)
		return br_executor_admit(slot, (uint64_t)job->value * MIB);
	return job->what == FAIL_BEFORE ? -EBADMSG : 0;
}

static int behind(const struct gather_job *job, struct br_slot *slot, struct counters *counters)
{
	if (job->what == ACCUSE || job->what == DENY)
		accuse_next(slot, job->what == DENY);
	if (job->what == CRASH_BEHIND || job->what == ACCUSE || job->what == DENY)
		raise(SIGKILL);
	if (job->what == HANG_BEHIND)
		hang(counters);
	return job->what == FAIL_BEHIND ? -EBADMSG : 0;
}

static int transform(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	struct counters *counters = ((struct fixture *)ctx)->counters;
	const struct gather_job *job = data;
	struct piece piece = {.job = job, .result = out, .counters = counters};
	int status = before(job, slot, counters);

	if (status || job->what == GATHER_NOT)
		return status;
	br_executor_gather(slot, &piece, work_together, ctx);
	piece.result->together = piece.count;
	if (job->what == GATHER_TWICE) {
		br_executor_gather(slot, &piece, work_together, ctx);
		piece.result->then = piece.count;
	}
	return behind(job, slot, counters);
}

static int opened(void *ctx, const void *job, struct br_slot *slot, void *out)
{
	(void)job, (void)slot, (void)out;
	__atomic_add_fetch(&((struct fixture *)ctx)->counters->opened, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int committed(void *ctx, const void *job, struct br_slot *slot, void *out)
{
	(void)job, (void)out;
	if (br_executor_confirm(slot))
		return -ECANCELED;
	__atomic_add_fetch(&((struct fixture *)ctx)->counters->committed, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int discarded(void *ctx, const void *job, struct br_slot *slot, void *out)
{
	(void)job, (void)slot, (void)out;
	__atomic_add_fetch(&((struct fixture *)ctx)->counters->discarded, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static const struct br_task_ops gather_ops = {
    .open = opened, .transform = transform, .commit = committed, .discard = discarded};

static struct br_executor_options gathering(struct fixture *fixture, unsigned together)
{
	struct br_executor_options options = options_for(fixture);

	options.ops = &gather_ops;
	options.job_size = sizeof(struct gather_job);
	options.result_size = sizeof(struct gather_result);
	options.together = together;
	options.capacity = 256;
	return options;
}

static void give(struct br_executor *executor, enum what what, int value)
{
	const struct gather_job job = {.what = what, .value = value};

	assert_int_equal(br_executor_submit(executor, &job, (uint64_t)value), 0);
}

static struct gather_result got(const struct br_executor_result *result)
{
	struct gather_result got;

	memcpy(&got, result->result, sizeof(got));
	return got;
}

/* Of `count` jobs with the values from 0 each comes once, with `status`, `other` as the second one
 * says. */
static void expect(struct br_executor *executor, int count, int other,
                   enum br_executor_status status)
{
	char seen[256] = "";

	for (int i = 0; i < count; i++) {
		const struct br_executor_result result = next_result(executor);
		const int value = (int)result.tag;

		assert_true(value >= 0 && value < count && !seen[value]);
		seen[value] = 1;
		if (value == other) {
			assert_int_equal(result.status, status);
			continue;
		}
		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(got(&result).twice, 2 * value);
		assert_int_equal(got(&result).times, 1);
	}
}

/* --- what all do ----------------------------------------------------------------------------- */

/* All at once come together sooner or later, and never more. */
static void come_together(struct fixture *fixture, unsigned together)
{
	struct br_executor_options options = gathering(fixture, together);
	const int most = fixture->mode == BR_EXECUTOR_SERIAL ? 1 : (int)together;
	int value = 0, largest = 0;

	options.workers = 1;
	struct br_executor *executor = make_executor(options);

	while (largest < most || value < 300) {
		int under_way = 0;

		for (; under_way < 2 * (int)together && under_way < 128; under_way++)
			give(executor, GATHER_TWICE, value++);
		for (; under_way > 0; under_way--) {
			const struct br_executor_result result = next_result(executor);
			const struct gather_result what = got(&result);

			assert_int_equal(result.status, BR_EXECUTOR_DONE);
			assert_int_equal(what.twice, 2 * (int)result.tag);
			assert_int_equal(what.times, 2);
			assert_true(what.together > 0 && what.together <= most);
			assert_true(what.then > 0 && what.then <= most);
			if (what.together > largest && what.then == what.together)
				largest = what.together;
		}
	}
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void test_one(void **state)
{
	come_together(*state, 1);
}

static void test_some(void **state)
{
	come_together(*state, 4);
}

static void test_many(void **state)
{
	come_together(*state, BR_EXECUTOR_TOGETHER_MAX);
}

static void test_too_many_are_refused(void **state)
{
	const struct br_executor_options options = gathering(*state, BR_EXECUTOR_TOGETHER_MAX + 1);
	struct br_executor *executor;

	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
}

/* One that comes by itself does not wait for others. */
static void test_none_waits_for_ever(void **state)
{
	struct br_executor *executor = make_executor(gathering(*state, 8));

	for (int i = 0; i < 20; i++) {
		give(executor, GATHER, i);
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(got(&result).together, 1);
	}
	br_executor_free(executor);
}

static void test_of_all_sorts(void **state)
{
	static const enum what sorts[] = {GATHER, GATHER_NOT, FAIL_BEFORE, FAIL_BEHIND,
	                                  GATHER_TWICE};
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(gathering(fixture, 8));
	int done = 0, failed = 0;

	for (int i = 0; i < 60; i++)
		give(executor, sorts[i % 5], i);
	for (int i = 0; i < 60; i++) {
		const struct br_executor_result result = next_result(executor);
		const enum what what = sorts[result.tag % 5];

		done += result.status == BR_EXECUTOR_DONE;
		failed += result.status == BR_EXECUTOR_FAILED && result.error == -EBADMSG;
		assert_int_equal(got(&result).times, what == GATHER_TWICE ? 2
		                                     : what == GATHER_NOT || what == FAIL_BEFORE
		                                         ? 0
		                                         : 1);
	}
	assert_int_equal(done, 36);
	assert_int_equal(failed, 24);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void test_in_order(void **state)
{
	struct br_executor_options options = gathering(*state, 8);

	options.ordered = true;
	struct br_executor *executor = make_executor(options);

	for (int i = 0; i < 60; i++)
		give(executor, i % 3 ? GATHER : GATHER_NOT, i);
	for (uint64_t i = 0; i < 60; i++)
		assert_int_equal(next_result(executor).tag, i);
	br_executor_free(executor);
}

static void test_states_are_renewed(void **state)
{
	struct br_executor_options options = gathering(*state, 4);

	options.max_jobs_per_worker = 6;
	struct br_executor *executor = make_executor(options);

	for (int i = 0; i < 60; i++)
		give(executor, GATHER, i);
	expect(executor, 60, -1, BR_EXECUTOR_DONE);
	assert_true(br_executor_stats(executor).workers_started >= 10);
	br_executor_free(executor);
}

/* Of 64 MiB each worker has 32, for all that it has under way. */
static void test_memory_is_for_all(void **state)
{
	static const int sizes[] = {1, 5, 30, 12, 40, 8, 60, 2, 33, 64};
	struct br_executor_options options = gathering(*state, 8);
	const bool serial = options.mode == BR_EXECUTOR_SERIAL;

	options.memory = 64 * MIB;
	struct br_executor *executor = make_executor(options);

	for (int i = 0; i < 60; i++)
		give(executor, TAKE, sizes[i % 10]);
	for (int i = 0; i < 60; i++) {
		const struct br_executor_result result = next_result(executor);
		const bool small = 2 * result.tag <= 64;

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		/* with the others it can't be more than the worker has */
		if (!serial)
			assert_true(got(&result).together * (int)(small ? 4 : 32) <= 64);
		if (result.tag > 28)
			assert_int_equal(got(&result).together, 1);
	}
	give(executor, TAKE, 65);
	const struct br_executor_result result = next_result(executor);

	assert_int_equal(result.status, BR_EXECUTOR_FAILED);
	assert_int_equal(result.error, -E2BIG);
	br_executor_free(executor);
}

static void test_free_and_cancel(void **state)
{
	struct br_executor *executor = make_executor(gathering(*state, 8));

	for (int i = 0; i < 40; i++)
		give(executor, GATHER, i);
	br_executor_cancel(executor, false);
	for (int i = 0; i < 40; i++) {
		const struct br_executor_result result = next_result(executor);

		assert_true(result.status == BR_EXECUTOR_DONE ||
		            result.status == BR_EXECUTOR_CANCELLED);
	}
	br_executor_free(executor);
	executor = make_executor(gathering(*state, 8));
	for (int i = 0; i < 40; i++)
		give(executor, GATHER, i);
	br_executor_free(executor);
}

/* --- faults ---------------------------------------------------------------------------------- */

/* One of 40 does what it does, and the others come all the same, each once. */
static void fault(struct fixture *fixture, enum what what, unsigned retries,
                  enum br_executor_status status)
{
	const bool late = status == BR_EXECUTOR_TIMEOUT;
	struct br_executor_options options = gathering(fixture, late ? 4 : 8);

	options.retries = retries;
	options.timeout_ms = late ? 500 : 0;
	struct br_executor *executor = make_executor(options);

	for (int i = 0; i < 40; i++)
		give(executor, i == 5 ? what : GATHER, i);
	expect(executor, 40, 5, status);
	assert_int_equal(br_executor_stats(executor).error, 0);
	br_executor_free(executor);
	let_go(fixture);
}

static void test_crash_together(void **state)
{
	fault(*state, CRASH_TOGETHER, 0, BR_EXECUTOR_CRASHED);
	fault(*state, CRASH_TOGETHER, 2, BR_EXECUTOR_CRASHED);
}

static void test_crash_before(void **state)
{
	fault(*state, CRASH_BEFORE, 0, BR_EXECUTOR_CRASHED);
	fault(*state, CRASH_BEFORE, 1, BR_EXECUTOR_CRASHED);
}

static void test_crash_behind(void **state)
{
	fault(*state, CRASH_BEHIND, 0, BR_EXECUTOR_CRASHED);
}

/* 64 jobs of which one worker has all at once: 63 of that kind, that one and the two. Those of
 * status DONE come once each. Returns how often something was done for several. */
static int all_at_once(struct fixture *fixture, enum what what, int one, int two,
                       enum br_executor_status status)
{
	struct br_executor_options options = gathering(fixture, 64);

	options.workers = 1;
	struct br_executor *executor = make_executor(options);
	struct br_executor_result none;

	fixture->counters->begun = 0;
	fixture->counters->waiting = 0;
	fixture->counters->let_go = 0;
	give(executor, HANG_BEFORE, 0);
	while (!counted(&fixture->counters->waiting))
		assert_int_equal(br_executor_next(executor, &none, 1), -EAGAIN);
	for (int i = 1; i < 64; i++)
		give(executor, i == one || i == two ? what : GATHER, i);
	assert_int_equal(br_executor_next(executor, &none, 20), -EAGAIN);
	fixture->counters->let_go = 1;
	for (int i = 0; i < 64; i++) {
		const struct br_executor_result result = next_result(executor);
		const bool guilty = (int)result.tag == one || (int)result.tag == two;

		assert_int_equal(result.status, guilty ? status : BR_EXECUTOR_DONE);
		assert_int_equal(got(&result).times, result.status == BR_EXECUTOR_DONE);
	}
	br_executor_free(executor);
	return counted(&fixture->counters->begun);
}

/* A worker that is faster than what it is given does less at a time, so: sooner or later. */
static void takes_at_most(struct fixture *fixture, int calls, enum what what, int one, int two,
                          enum br_executor_status status)
{
	int times = 0;

	while (all_at_once(fixture, what, one, two, status) > calls)
		assert_true(++times < 200);
}

/* 64 at once, 32 and 32, the half of that which died, and so on down to the guilty one. */
static void test_the_guilty_are_found_by_halves(void **state)
{
	takes_at_most(*state, 13, CRASH_TOGETHER, 40, -1, BR_EXECUTOR_CRASHED);
	takes_at_most(*state, 23, CRASH_TOGETHER, 3, 40, BR_EXECUTOR_CRASHED);
}

/* None is guilty by itself, and the others are not made alone for that. */
static void test_a_pair_is_parted(void **state)
{
	takes_at_most(*state, 3, CRASH_IN_PAIRS, 3, 40, BR_EXECUTOR_DONE);
	takes_at_most(*state, 13, CRASH_IN_PAIRS, 40, 41, BR_EXECUTOR_DONE);
}

/* Nobody else is lost by what a worker says that one of them has taken over. */
static void test_false_witness(void **state)
{
	for (unsigned retries = 0; retries < 2; retries++) {
		fault(*state, ACCUSE, retries, BR_EXECUTOR_CRASHED);
		fault(*state, DENY, retries, BR_EXECUTOR_CRASHED);
	}
}

/* Others that are late on a busy machine have more attempts. */
static void test_hang_together(void **state)
{
	fault(*state, HANG_TOGETHER, isolated(*state) ? 2 : 0, BR_EXECUTOR_TIMEOUT);
}

static void test_hang_before(void **state)
{
	fault(*state, HANG_BEFORE, isolated(*state) ? 2 : 0, BR_EXECUTOR_TIMEOUT);
}

static void test_hang_behind(void **state)
{
	fault(*state, HANG_BEHIND, isolated(*state) ? 2 : 0, BR_EXECUTOR_TIMEOUT);
}

/* All that one has under way are handed back at once. */
static void test_kill(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(gathering(fixture, 4));

	for (int i = 0; i < 12; i++)
		give(executor, HANG_TOGETHER, i);
	while (!counted(&fixture->counters->waiting)) {
		struct br_executor_result result;

		assert_int_equal(br_executor_next(executor, &result, 10), -EAGAIN);
	}
	br_executor_cancel(executor, true);
	for (int i = 0; i < 12; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_CANCELLED);
	br_executor_free(executor);
	let_go(fixture);
}

/* A job that waits for others is cancelled by itself: the others begin again. */
static void test_kill_one(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = gathering(fixture, 4);
	struct br_executor_future *future;
	struct br_executor_result result;
	const struct gather_job hanging = {.what = HANG_TOGETHER};

	options.workers = 1;
	struct br_executor *executor = make_executor(options);

	assert_int_equal(br_executor_submit_future(
			     executor, &(struct br_executor_job){.bytes = &hanging}, &future),
	                 0);
	for (int i = 0; i < 8; i++)
		give(executor, GATHER, i);
	while (!counted(&fixture->counters->waiting))
		(void)br_executor_future_wait(future, &result, 10);
	assert_int_equal(br_executor_future_cancel(future, true), 0);
	expect(executor, 8, -1, BR_EXECUTOR_DONE);
	assert_int_equal(br_executor_future_wait(future, &result, 30000), 0);
	assert_int_equal(result.status, BR_EXECUTOR_CANCELLED);
	br_executor_future_free(future);
	br_executor_free(executor);
	let_go(fixture);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	int failed = 0;

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest contract[] = {
		    EXECUTOR_TEST(test_one, f),
		    EXECUTOR_TEST(test_some, f),
		    EXECUTOR_TEST(test_many, f),
		    EXECUTOR_TEST(test_too_many_are_refused, f),
		    EXECUTOR_TEST(test_none_waits_for_ever, f),
		    EXECUTOR_TEST(test_of_all_sorts, f),
		    EXECUTOR_TEST(test_in_order, f),
		    EXECUTOR_TEST(test_states_are_renewed, f),
		    EXECUTOR_TEST(test_memory_is_for_all, f),
		    EXECUTOR_TEST(test_free_and_cancel, f),
		};
		const struct CMUnitTest isolated_faults[] = {
		    EXECUTOR_TEST(test_crash_together, f),
		    EXECUTOR_TEST(test_crash_before, f),
		    EXECUTOR_TEST(test_crash_behind, f),
		    EXECUTOR_TEST(test_the_guilty_are_found_by_halves, f),
		    EXECUTOR_TEST(test_a_pair_is_parted, f),
		    EXECUTOR_TEST(test_false_witness, f),
		};
		const struct CMUnitTest hangs[] = {
		    EXECUTOR_TEST(test_hang_together, f), EXECUTOR_TEST(test_hang_before, f),
		    EXECUTOR_TEST(test_hang_behind, f),   EXECUTOR_TEST(test_kill, f),
		    EXECUTOR_TEST(test_kill_one, f),
		};

		f->mode = (enum br_executor_mode)i;
		failed += cmocka_run_group_tests_name(br_executor_mode_name(f->mode), contract,
		                                      NULL, NULL);
		if (isolated(f))
			failed +=
			    cmocka_run_group_tests_name("crashes", isolated_faults, NULL, NULL);
		if (f->mode != BR_EXECUTOR_SERIAL)
			failed += cmocka_run_group_tests_name("hangs", hangs, NULL, NULL);
	}
	return failed;
}
