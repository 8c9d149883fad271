/* test_executor_loops.c - an executor in a program's own event loop, and in the loops that are
 * ready made, all four of them.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

/* --- event loops ------------------------------------------------------------------------------ */

/* What an event loop does, which has nothing else to do. False when nothing is under way. */
static bool poll_once(struct br_executor *executor, int fd, struct br_executor_result *result)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int status;

	while ((status = br_executor_next(executor, result, 0)) == -EAGAIN)
		assert_int_equal(poll(&ready, 1, 60000), 1);
	return status == 0;
}

static void test_event_loop(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct br_executor_result result;
	unsigned submitted = 0, got = 0;
	int before = descriptors();

	options.capacity = 5;
	struct br_executor *executor = make_executor(options);
	const int fd = br_executor_fd(executor);

	assert_true(fd >= 0);
	assert_int_equal(br_executor_fd(executor), fd);
	while (got < 50) {
		const struct sum_job job = {.kind = ADD, .a = (int)submitted};

		while (submitted < 50 && br_executor_submit(executor, &job, submitted) == 0)
			submitted++;
		assert_true(poll_once(executor, fd, &result));
		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		got++;
	}
	assert_false(poll_once(executor, fd, &result));
	br_executor_free(executor);
	assert_int_equal(descriptors(), before);
}

static void test_event_loop_future(void **state)
{
	struct br_executor *executor = make_executor(options_for(*state));
	const int fd = br_executor_fd(executor);
	struct br_executor_future *future =
	    submit_future(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 20, .a = 8});
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct br_executor_result result;

	while (br_executor_future_wait(future, &result, 0) == -EAGAIN) {
		assert_int_equal(poll(&ready, 1, 60000), 1);
		assert_int_equal(br_executor_next(executor, &result, 0), -ENODATA);
	}
	assert_int_equal(sum_of(result), 8);
	br_executor_free(executor);
}

/* Nothing happens when a job's time is over, but the descriptor tells. */
static void test_event_loop_timeout(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));
	const int fd = br_executor_fd(executor);
	struct br_executor_result result;

	submit_with(executor, HANG, (struct br_executor_job){.timeout_ms = 50});
	assert_true(poll_once(executor, fd, &result));
	assert_int_equal(result.status, BR_EXECUTOR_TIMEOUT);
	(void)br_executor_free(executor);
	let_go(fixture);
}

/* When workers have begun, and what they had is done, nothing wakes a program that only waits. */
static void test_event_loop_has_rest(void **state)
{
	struct br_executor_options options = options_for(*state);
	unsigned woken = 0;

	options.workers = 3;
	struct br_executor *executor = make_executor(options);
	struct pollfd ready = {.fd = br_executor_fd(executor), .events = POLLIN};
	struct br_executor_result result;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
		    br_executor_submit(executor, &(struct sum_job){.kind = ADD, .a = 1}, i), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(poll_once(executor, ready.fd, &result));
	while (woken < 100 && poll(&ready, 1, 300) > 0) {
		assert_int_equal(br_executor_next(executor, &result, 0), -ENODATA);
		woken++;
	}
	assert_true(woken < 100);
	(void)br_executor_free(executor);
}

/* --- loops that are ready made ---------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

struct walk {
	struct fixture *fixture;
	unsigned jobs, results, looks;
	enum kind kind;
	unsigned limit;
};

static bool next_of_walk(void *arg, void *job, uint64_t *tag)
{
	struct walk *walk = arg;

	*(struct sum_job *)job = (struct sum_job){.kind = walk->kind};
	*tag = walk->jobs;
	return walk->jobs < walk->limit && ++walk->jobs;
}

static int interrupt_at_third(void *arg, const struct br_executor_result *result)
{
	struct walk *walk = arg;

	(void)result;
	if (++walk->results == 3)
		(void)kill(getpid(), SIGINT);
	return 0;
}

static int see_interrupt(void *arg)
{
	(void)arg;
	return interrupted ? 42 : 0;
}

/* Jobs without end, ended by SIGINT: every job that was given comes back. */
static void test_map_ends_with_a_signal(void **state)
{
	const struct sigaction action = {.sa_handler = note_interrupt};
	struct walk walk = {.fixture = *state, .kind = ADD, .limit = UINT_MAX};
	const struct br_executor_loop loop = {.next_job = next_of_walk,
	                                      .finished = interrupt_at_third,
	                                      .look = see_interrupt,
	                                      .arg = &walk};
	struct sigaction before;
	struct br_executor *executor = make_executor(options_for(*state));

	interrupted = 0;
	assert_int_equal(sigaction(SIGINT, &action, &before), 0);
	assert_int_equal(br_executor_map(executor, &loop), 42);
	assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
	assert_true(walk.results >= 3);
	assert_int_equal(walk.results, walk.jobs);
	br_executor_free(executor);
	assert_balanced(*state);
}

static int count_result(void *arg, const struct br_executor_result *result)
{
	(void)result;
	((struct walk *)arg)->results++;
	return 0;
}

static int let_go_at_third(void *arg)
{
	struct walk *walk = arg;

	if (++walk->looks == 3)
		release_hanging(walk->fixture);
	return 0;
}

/* Nothing is finished and no signal comes, and the caller is asked all the same. */
static void test_map_looks_by_itself(void **state)
{
	struct walk walk = {.fixture = *state, .kind = HANG, .limit = 2};
	const struct br_executor_loop loop = {.next_job = next_of_walk,
	                                      .finished = count_result,
	                                      .look = let_go_at_third,
	                                      .look_ms = 5,
	                                      .arg = &walk};
	struct br_executor *executor = make_executor(options_for(*state));

	assert_int_equal(br_executor_map(executor, &loop), 0);
	assert_int_equal(walk.results, 2);
	assert_true(walk.looks >= 3);
	br_executor_free(executor);
}

/* One job at a time, and none before the third look at all. */
static bool ready_when_idle(void *arg)
{
	const struct walk *walk = arg;

	return walk->looks >= 3 && walk->jobs == walk->results;
}

static int count_look(void *arg)
{
	((struct walk *)arg)->looks++;
	return 0;
}

static bool next_when_ready(void *arg, void *job, uint64_t *tag)
{
	assert_true(ready_when_idle(arg));
	return next_of_walk(arg, job, tag);
}

/* A caller that has nothing to do for now is asked again, also when nothing is under way. */
static void test_map_waits_until_ready(void **state)
{
	struct walk walk = {.fixture = *state, .kind = ADD, .limit = 7};
	const struct br_executor_loop loop = {.next_job = next_when_ready,
	                                      .ready = ready_when_idle,
	                                      .finished = count_result,
	                                      .look = count_look,
	                                      .look_ms = 1,
	                                      .arg = &walk};
	struct br_executor *executor = make_executor(options_for(*state));

	assert_int_equal(br_executor_map(executor, &loop), 0);
	assert_int_equal(walk.results, 7);
	br_executor_free(executor);
}

struct woken {
	struct walk walk; /* first: it is what the other functions get */
	int pipe[2];
	int wake;
	unsigned asked;
};

/* Not ready at first, but what it waits for is there right afterwards; and again at the fourth job,
 * with others under way. */
static bool ready_when_told(void *arg)
{
	struct woken *woken = arg;
	char byte;

	if (woken->wake < 0 && (woken->walk.jobs == 0 || woken->walk.jobs == 3) &&
	    woken->asked++ % 2 == 0) {
		woken->wake = woken->pipe[0];
		assert_int_equal(write(woken->pipe[1], "x", 1), 1);
		return false;
	}
	if (woken->wake >= 0)
		assert_int_equal(read(woken->pipe[0], &byte, 1), 1);
	woken->wake = -1;
	return true;
}

/* Of a caller, whose walk comes first, that is woken by the descriptor, and not by the time between
 * two looks, which is longer than a test may take. */
static struct br_executor_loop woken_loop(bool (*ready)(void *arg), const int *wake, void *caller)
{
	return (struct br_executor_loop){.next_job = next_of_walk,
	                                 .ready = ready,
	                                 .wake = wake,
	                                 .finished = count_result,
	                                 .look_ms = INT_MAX,
	                                 .arg = caller};
}

static void test_map_is_woken(void **state)
{
	struct woken woken = {.walk = {.fixture = *state, .kind = ADD, .limit = 7}, .wake = -1};
	const struct br_executor_loop loop = woken_loop(ready_when_told, &woken.wake, &woken);
	struct br_executor *executor = make_executor(options_for(*state));

	assert_int_equal(pipe(woken.pipe), 0);
	assert_int_equal(br_executor_map(executor, &loop), 0);
	assert_int_equal(woken.walk.results, 7);
	assert_true(woken.asked >= 2);
	assert_int_equal(close(woken.pipe[0]) + close(woken.pipe[1]), 0);
	br_executor_free(executor);
}

/* Of a caller that could be woken all the time: how many results there were when it was last asked
 * in vain. */
struct wakeful {
	struct walk walk; /* first: it is what the other functions get */
	int wake;
	int refused;
};

/* Far more than two workers and two I/O threads have to do. */
#define PLENTY 40

/* Has all its jobs under way at once, and no more. */
static bool ready_until_plenty(void *arg)
{
	struct wakeful *wakeful = arg;
	const struct walk *walk = &wakeful->walk;

	if (walk->jobs < PLENTY)
		return true;
	/* not ready: and with much under way it is asked again only when there is a result */
	if (walk->results < PLENTY / 4)
		assert_int_not_equal(wakeful->refused, (int)walk->results);
	wakeful->refused = (int)walk->results;
	return walk->results == walk->jobs;
}

/* With jobs in plenty under way the loop goes by results alone, whatever the descriptor says. */
static void test_map_with_plenty_is_not_woken(void **state)
{
	struct wakeful wakeful = {.walk = {.fixture = *state, .kind = ADD, .limit = PLENTY},
	                          .refused = -1};
	const struct br_executor_loop loop =
	    woken_loop(ready_until_plenty, &wakeful.wake, &wakeful);
	struct br_executor *executor = make_executor(options_for(*state));
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	wakeful.wake = ends[0];
	assert_int_equal(br_executor_map(executor, &loop), 0);
	assert_int_equal(wakeful.walk.results, PLENTY);
	assert_int_equal(close(ends[0]) + close(ends[1]), 0);
	br_executor_free(executor);
}

/* A loop that is woken leaves the descriptor that a program has got as it was: it tells also of
 * what nothing but the clock does. */
static void test_map_leaves_the_descriptor(void **state)
{
	struct woken woken = {.walk = {.fixture = *state, .kind = ADD, .limit = 7}, .wake = -1};
	const struct br_executor_loop loop = woken_loop(ready_when_told, &woken.wake, &woken);
	struct br_executor *executor = make_executor(options_for(*state));
	struct pollfd ready = {.fd = br_executor_fd(executor), .events = POLLIN};
	struct br_executor_result result;
	unsigned polls = 0;

	assert_int_equal(pipe(woken.pipe), 0);
	assert_int_equal(br_executor_map(executor, &loop), 0);
	submit_with(executor, HANG, (struct br_executor_job){.timeout_ms = 200});
	while (br_executor_next(executor, &result, 0) == -EAGAIN) {
		assert_int_equal(poll(&ready, 1, 10000), 1);
		assert_true(++polls < 200); /* it is not true all the time */
	}
	assert_int_equal(result.status, BR_EXECUTOR_TIMEOUT);
	assert_int_equal(close(woken.pipe[0]) + close(woken.pipe[1]), 0);
	(void)br_executor_free(executor);
	let_go(*state);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static int cancel_at_third(void *arg)
{
	struct walk *walk = arg;

	return ++walk->looks == 3 ? 42 : 0;
}

/* Who is never ready can still end the loop. */
static void test_map_ends_unready(void **state)
{
	struct walk walk = {.fixture = *state, .kind = ADD, .limit = 7};
	const struct br_executor_loop loop = {.next_job = next_of_walk,
	                                      .ready = never,
	                                      .finished = count_result,
	                                      .look = cancel_at_third,
	                                      .look_ms = 1,
	                                      .arg = &walk};
	struct br_executor *executor = make_executor(options_for(*state));

	assert_int_equal(br_executor_map(executor, &loop), 42);
	assert_int_equal(walk.jobs, 0);
	br_executor_free(executor);
}

static int halve(void *ctx, const void *job, void *result)
{
	const int number = *(const int *)job;

	(void)ctx;
	if (number % 2)
		return number;
	*(double *)result = number * 0.5;
	return 0;
}

static void test_array(void **state)
{
	const struct br_executor_options options = {.mode = ((struct fixture *)*state)->mode,
	                                            .function = halve,
	                                            .job_size = sizeof(int),
	                                            .result_size = sizeof(double)};
	double halves[300] = {0};
	int numbers[300];

	for (int i = 0; i < 300; i++)
		numbers[i] = i * 2;
	assert_int_equal(br_executor_array(&options, numbers, halves, 300), 0);
	for (int i = 0; i < 300; i++)
		assert_true(halves[i] == i);
	/* one that fails does not keep the others from being run */
	numbers[200] = 17;
	numbers[250] = 19;
	halves[299] = 0;
	assert_int_equal(br_executor_array(&options, numbers, halves, 300), 17);
	assert_true(halves[299] == 299);
	assert_int_equal(br_executor_array(&options, numbers, halves, 0), 0);
}

static void test_function_or_ops(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct br_executor *executor;

	options.function = halve;
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
	options.function = NULL;
	options.ops = NULL;
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	int failed = 0;

	for (unsigned i = BR_EXECUTOR_MODES; i-- > 0;) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest contract[] = {
		    EXECUTOR_TEST(test_event_loop, f),
		    EXECUTOR_TEST(test_event_loop_future, f),
		    EXECUTOR_TEST(test_map_ends_with_a_signal, f),
		    EXECUTOR_TEST(test_map_waits_until_ready, f),
		    EXECUTOR_TEST(test_map_is_woken, f),
		    EXECUTOR_TEST(test_map_with_plenty_is_not_woken, f),
		    EXECUTOR_TEST(test_map_ends_unready, f),
		    EXECUTOR_TEST(test_array, f),
		    EXECUTOR_TEST(test_function_or_ops, f),
		};
		const struct CMUnitTest pooled[] = {
		    EXECUTOR_TEST(test_event_loop_timeout, f),
		    EXECUTOR_TEST(test_event_loop_has_rest, f),
		    EXECUTOR_TEST(test_map_looks_by_itself, f),
		    EXECUTOR_TEST(test_map_leaves_the_descriptor, f),
		};

		f->mode = (enum br_executor_mode)i;
		failed += cmocka_run_group_tests_name(br_executor_mode_name(f->mode), contract,
		                                      NULL, NULL);
		if (f->mode != BR_EXECUTOR_SERIAL)
			failed += cmocka_run_group_tests_name("pooled", pooled, NULL, NULL);
	}
	return failed;
}
