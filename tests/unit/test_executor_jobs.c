/* test_executor_jobs.c - one contract, run over all four executors: handles, threads, priorities,
 * timeouts of single jobs, workers that are replaced.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "executor_fixture.h"

/* Patient: these tests run on busy machines. */
static struct br_executor_result await(struct br_executor_future *future)
{
	struct br_executor_result result;
	int status;

	do {
		status = br_executor_future_wait(future, &result, 30000);
	} while (status == -EAGAIN);
	assert_int_equal(status, 0);
	return result;
}

/* Lets the executor work until so many jobs have been begun. */
static void wait_until_begun(struct br_executor *executor, struct fixture *fixture, int count)
{
	struct br_executor_result none;

	for (unsigned i = 0; i < 3000 && counted(&fixture->counters->begun) < count; i++) {
		(void)br_executor_next(executor, &none, 0);
		pause_ms(10);
	}
	assert_int_equal(counted(&fixture->counters->begun), count);
}

/* --- futures --------------------------------------------------------------------------------- */

static void test_futures(void **state)
{
	struct br_executor *executor = make_executor(options_for(*state));
	struct br_executor_future *futures[10];
	struct br_executor_result result;

	for (int i = 0; i < 10; i++)
		futures[i] = submit_future(executor, (struct sum_job){.kind = ADD, .a = i, .b = 1});
	assert_int_equal(br_executor_next(executor, &result, 0), -ENODATA);
	for (int i = 9; i >= 0; i--)
		assert_int_equal(sum_of(await(futures[i])), i + 1);
	/* as often as one likes, until it is freed */
	assert_int_equal(sum_of(await(futures[3])), 4);
	assert_int_equal(br_executor_future_cancel(futures[3], true), -EALREADY);
	assert_int_equal(br_executor_stats(executor).under_way, 10);
	for (int i = 0; i < 9; i++)
		br_executor_future_free(futures[i]);
	br_executor_future_free(NULL);
	assert_int_equal(br_executor_stats(executor).under_way, 1);
	/* the last one is the executor's to free */
	br_executor_free(executor);
}

static void test_futures_beside_results(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.ordered = true;
	struct br_executor *executor = make_executor(options);
	struct br_executor_future *future;

	submit(executor, (struct sum_job){.kind = ADD, .a = 1}, 0);
	future = submit_future(executor, (struct sum_job){.kind = ADD, .a = 2});
	submit(executor, (struct sum_job){.kind = ADD, .a = 3}, 1);
	/* dropped while it is under way, it is run all the same */
	br_executor_future_free(submit_future(executor, (struct sum_job){.kind = ADD, .a = 4}));
	assert_int_equal(sum_of(next_result(executor)), 1);
	assert_int_equal(sum_of(next_result(executor)), 3);
	assert_int_equal(sum_of(await(future)), 2);
	br_executor_future_free(future);
	for (unsigned i = 0; i < 3000 && br_executor_stats(executor).under_way > 0; i++) {
		struct br_executor_result none;

		assert_int_equal(br_executor_next(executor, &none, 0), -ENODATA);
		pause_ms(10);
	}
	assert_int_equal(br_executor_stats(executor).under_way, 0);
	br_executor_free(executor);
	assert_int_equal(counted(&fixture->counters->committed), 4);
	assert_balanced(fixture);
}

static void test_cancel_one(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));
	const enum kind busy = fixture->mode == BR_EXECUTOR_SERIAL ? ADD : HANG;
	struct br_executor_future *wanted, *unwanted;

	for (unsigned i = 0; i < 2; i++)
		submit(executor, (struct sum_job){.kind = busy}, i);
	wanted = submit_future(executor, (struct sum_job){.kind = ADD, .a = 5});
	unwanted = submit_future(executor, (struct sum_job){.kind = ADD});
	assert_int_equal(br_executor_future_cancel(unwanted, false), 0);
	assert_int_equal(await(unwanted).status, BR_EXECUTOR_CANCELLED);
	assert_int_equal(br_executor_future_cancel(unwanted, false), -EALREADY);
	release_hanging(fixture);
	assert_int_equal(sum_of(await(wanted)), 5);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void test_kill_one(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.workers = 1;
	struct br_executor *executor = make_executor(options);
	struct br_executor_future *hangs, *after;

	hangs = submit_future(executor, (struct sum_job){.kind = HANG});
	wait_until_begun(executor, fixture, 1); /* what is opened first begins first */
	after = submit_future(executor, (struct sum_job){.kind = ADD, .a = 6});
	assert_int_equal(br_executor_future_cancel(hangs, false), -EBUSY);
	assert_int_equal(br_executor_future_cancel(hangs, true), 0);
	assert_int_equal(await(hangs).status, BR_EXECUTOR_CANCELLED);
	struct br_executor_result result = await(after);

	assert_int_equal(sum_of(result), 6);
	assert_int_equal(result.attempt, 1);
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_future_free(hangs);
	br_executor_future_free(after);
	(void)br_executor_free(executor);
	let_go(fixture);
}

static void test_future_wait_times_out(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));
	struct br_executor_future *future = submit_future(executor, (struct sum_job){.kind = HANG});
	struct br_executor_result result;

	assert_int_equal(br_executor_future_wait(future, &result, 0), -EAGAIN);
	assert_int_equal(br_executor_future_wait(future, &result, 10), -EAGAIN);
	release_hanging(fixture);
	assert_int_equal(await(future).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

/* --- threads --------------------------------------------------------------------------------- */

#define SUBMITTERS 4
#define EACH       30

struct submitter {
	struct br_executor *executor;
	int base;
	int sum;
};

static void *submit_and_wait(void *arg)
{
	struct submitter *submitter = arg;
	struct br_executor_result result;

	for (int i = 0; i < EACH; i++) {
		const struct sum_job sum = {.kind = ADD, .a = submitter->base, .b = i};
		const struct br_executor_job job = {.bytes = &sum};
		struct br_executor_future *future;

		/* full: others will take their results */
		while (br_executor_submit_future(submitter->executor, &job, &future) == -EAGAIN)
			pause_ms(1);
		while (br_executor_future_wait(future, &result, 30000) != 0)
			;
		if (result.status == BR_EXECUTOR_DONE)
			submitter->sum += ((const struct sum_result *)result.result)->sum;
		br_executor_future_free(future);
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	struct submitter submitters[SUBMITTERS];
	pthread_t threads[SUBMITTERS];

	options.capacity = 3;
	struct br_executor *executor = make_executor(options);

	for (int i = 0; i < SUBMITTERS; i++) {
		submitters[i] = (struct submitter){.executor = executor, .base = 1000 * i};
		assert_int_equal(pthread_create(&threads[i], NULL, submit_and_wait, &submitters[i]),
		                 0);
	}
	for (int i = 0; i < SUBMITTERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < SUBMITTERS; i++)
		assert_int_equal(submitters[i].sum, 1000 * i * EACH + EACH * (EACH - 1) / 2);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void *cancel_soon(void *arg)
{
	pause_ms(50);
	br_executor_cancel(arg, true);
	return NULL;
}

/* Who waits for a job that never ends is told when another thread has it killed. */
static void test_cancel_from_another_thread(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));
	pthread_t thread;

	submit(executor, (struct sum_job){.kind = HANG}, 0);
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, executor), 0);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_CANCELLED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)br_executor_free(executor);
	let_go(fixture);
}

struct countdown {
	struct br_executor *executor;
};

static int submit_next(void *ctx, const void *job, void *result)
{
	const struct countdown *countdown = ctx;
	const int left = *(const int *)job - 1;

	(void)result;
	return left >= 0 ? br_executor_submit(countdown->executor, &left, 0) : 0;
}

static void test_jobs_submit_jobs(void **state)
{
	struct countdown countdown;
	const struct br_executor_options options = {.mode = BR_EXECUTOR_THREAD,
	                                            .workers = 2,
	                                            .job_size = sizeof(int),
	                                            .function = submit_next,
	                                            .ctx = &countdown};

	(void)state;
	countdown.executor = make_executor(options);
	assert_int_equal(br_executor_submit(countdown.executor, &(int){20}, 0), 0);
	for (unsigned i = 0; i < 21; i++)
		assert_int_equal(next_result(countdown.executor).status, BR_EXECUTOR_DONE);
	br_executor_free(countdown.executor);
}

/* --- threads -----------------------------------------------------------------------------------
 */

#define THREADS_MOST 9

static struct {
	int inside, most; /* calls under way at a time */
} slow_calls;

/* As a server far away would serve it: its answer takes a while, however many ask at a time. */
static int open_slowly(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	const int inside = __atomic_add_fetch(&slow_calls.inside, 1, __ATOMIC_SEQ_CST);
	int most = __atomic_load_n(&slow_calls.most, __ATOMIC_SEQ_CST);

	(void)ctx;
	(void)job;
	(void)slot;
	(void)result;
	while (most < inside && !__atomic_compare_exchange_n(&slow_calls.most, &most, inside, false,
	                                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	pause_ms(20);
	(void)__atomic_sub_fetch(&slow_calls.inside, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int copy_number(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	(void)ctx;
	(void)slot;
	*(int *)result = *(const int *)job;
	return 0;
}

static const struct br_task_ops slow_ops = {.open = open_slowly, .transform = copy_number};

static struct br_executor *make_slow_executor(const struct fixture *fixture, unsigned most)
{
	slow_calls.inside = slow_calls.most = 0;
	return make_executor((struct br_executor_options){.mode = fixture->mode,
	                                                  .workers = 2,
	                                                  .io_threads = 2,
	                                                  .io_threads_most = most,
	                                                  .job_size = sizeof(int),
	                                                  .result_size = sizeof(int),
	                                                  .ops = &slow_ops});
}

/* Until so many calls were under way at a time, or so many jobs are done. */
static void run_slow_jobs(struct br_executor *executor, int most, int count)
{
	int submitted = 0, done = 0;

	while (done < count && __atomic_load_n(&slow_calls.most, __ATOMIC_SEQ_CST) < most) {
		while (submitted < done + 30) {
			assert_int_equal(br_executor_submit(executor, &submitted, 0), 0);
			submitted++;
		}
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
		done++;
	}
}

static void test_threads_that_wait(void **state)
{
	struct br_executor *executor = make_slow_executor(*state, THREADS_MOST);

	run_slow_jobs(executor, THREADS_MOST, 10000);
	assert_int_equal(slow_calls.most, THREADS_MOST);
	run_slow_jobs(executor, THREADS_MOST + 1, 30);
	assert_int_equal(slow_calls.most, THREADS_MOST);
	br_executor_free(executor);
}

static void test_no_more_threads(void **state)
{
	struct br_executor *executor = make_slow_executor(*state, 0);

	run_slow_jobs(executor, 3, 20);
	assert_int_equal(slow_calls.most, 2);
	br_executor_free(executor);
}

/* --- what can be said of one job -------------------------------------------------------------- */

/* One worker and one thread hang at first, so that all others are there when the next is chosen. */
static void test_priorities(void **state)
{
	static const int priorities[] = {0, 5, -3, 5, 7, 0};
	static const unsigned order[] = {9, 4, 1, 3, 0, 5, 2};
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	const enum kind first = fixture->mode == BR_EXECUTOR_SERIAL   ? ADD
	                        : fixture->mode == BR_EXECUTOR_THREAD ? HANG
	                                                              : HANG_OPEN;

	options.workers = 1;
	options.io_threads = 1;
	struct br_executor *executor = make_executor(options);

	submit_with(executor, first, (struct br_executor_job){.priority = 100, .tag = 9});
	for (unsigned i = 0; i < 6; i++)
		submit_with(executor, ADD,
		            (struct br_executor_job){.priority = priorities[i], .tag = i});
	release_hanging(fixture);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(next_result(executor).tag, order[i]);
	br_executor_free(executor);
}

static void test_timeout_of_one(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));
	const enum kind late = fixture->mode == BR_EXECUTOR_SERIAL ? SLEEP : HANG;

	submit_with(executor, late, (struct br_executor_job){.timeout_ms = 20, .tag = 1});
	submit_with(executor, SLEEP, (struct br_executor_job){.tag = 2});
	for (unsigned i = 0; i < 2; i++) {
		struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status,
		                 result.tag == 1 ? BR_EXECUTOR_TIMEOUT : BR_EXECUTOR_DONE);
	}
	assert_int_equal(br_executor_stats(executor).timeouts, 1);
	(void)br_executor_free(executor);
	let_go(fixture);
}

static void test_no_timeout_for_one(void **state)
{
	struct br_executor_options options = options_for(*state);

	options.timeout_ms = 1;
	struct br_executor *executor = make_executor(options);

	submit_with(executor, SLEEP,
	            (struct br_executor_job){.timeout_ms = BR_EXECUTOR_NO_TIMEOUT});
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

/* --- workers that are replaced ---------------------------------------------------------------- */

static void test_max_jobs_per_worker(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.max_jobs_per_worker = 3;
	options.capacity = 40;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 40; i++)
		submit(executor, (struct sum_job){.kind = ADD, .a = (int)i}, i);
	for (unsigned i = 0; i < 40; i++) {
		struct br_executor_result result = next_result(executor);
		const struct sum_result *sum = result.result;

		assert_int_equal(sum_of(result), (int)result.tag);
		assert_int_equal(result.attempt, 1);
		assert_in_range(sum->nth, 1, 3);
	}
	/* 13 that are used up, and one that is not */
	assert_true(br_executor_stats(executor).workers_started >= 14);
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_free(executor);
	assert_true(counted(&fixture->counters->initialised) >= 14);
	assert_balanced(fixture);
}

static int init_thrice(void *ctx, void **state)
{
	const struct fixture *fixture = ctx;

	*state = NULL;
	return __atomic_add_fetch(&fixture->counters->tries, 1, __ATOMIC_SEQ_CST) > 3 ? -ENODEV : 0;
}

static int do_nothing(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	(void)ctx;
	(void)job;
	(void)slot;
	(void)result;
	return 0;
}

/* No replacement can be had (processes are tried for some seconds): what is left is handed back,
 * and the reason told. */
static void test_no_more_workers(void **state)
{
	static const struct br_task_ops ops = {.transform = do_nothing, .worker_init = init_thrice};
	struct br_executor_options options = options_for(*state);
	struct br_executor_result result;
	unsigned done = 0, cancelled = 0;
	int status;

	options.ops = &ops;
	options.workers = 1;
	options.max_jobs_per_worker = 2;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 10; i++)
		submit(executor, (struct sum_job){.kind = ADD}, i);
	while ((status = br_executor_next(executor, &result, 30000)) == 0) {
		done += result.status == BR_EXECUTOR_DONE;
		cancelled += result.status == BR_EXECUTOR_CANCELLED;
	}
	assert_int_equal(status, -ECHILD);
	assert_int_equal(done, 6);
	assert_int_equal(cancelled, 4);
	assert_int_equal(br_executor_stats(executor).error, -ENODEV);
	br_executor_free(executor);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	const struct CMUnitTest threads[] = {
	    cmocka_unit_test(test_jobs_submit_jobs),
	    EXECUTOR_TEST(test_no_more_workers, &fixtures[BR_EXECUTOR_THREAD]),
	    EXECUTOR_TEST(test_no_more_workers, &fixtures[BR_EXECUTOR_SERIAL]),
	};
	int failed = 0;

	/* Threads that are abandoned for a while would keep processes from being forked. */
	for (unsigned i = BR_EXECUTOR_MODES; i-- > 0;) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest contract[] = {
		    EXECUTOR_TEST(test_futures, f),
		    EXECUTOR_TEST(test_futures_beside_results, f),
		    EXECUTOR_TEST(test_cancel_one, f),
		    EXECUTOR_TEST(test_many_threads, f),
		    EXECUTOR_TEST(test_priorities, f),
		    EXECUTOR_TEST(test_timeout_of_one, f),
		    EXECUTOR_TEST(test_no_timeout_for_one, f),
		    EXECUTOR_TEST(test_max_jobs_per_worker, f),
		};
		const struct CMUnitTest pooled[] = {
		    EXECUTOR_TEST(test_kill_one, f),
		    EXECUTOR_TEST(test_future_wait_times_out, f),
		    EXECUTOR_TEST(test_cancel_from_another_thread, f),
		};
		const struct CMUnitTest waiting[] = {
		    EXECUTOR_TEST(test_threads_that_wait, f),
		    EXECUTOR_TEST(test_no_more_threads, f),
		};

		f->mode = (enum br_executor_mode)i;
		failed += cmocka_run_group_tests_name(br_executor_mode_name(f->mode), contract,
		                                      NULL, NULL);
		if (f->mode != BR_EXECUTOR_SERIAL)
			failed += cmocka_run_group_tests_name("pooled", pooled, NULL, NULL);
		if (isolated(f))
			failed += cmocka_run_group_tests_name("waiting", waiting, NULL, NULL);
	}
	return failed + cmocka_run_group_tests_name("threads", threads, NULL, NULL);
}
