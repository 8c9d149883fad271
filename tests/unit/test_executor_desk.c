/* test_executor_desk.c - the memory that a worker of a hybrid shares with its supervisor: how
 * inputs and outputs are laid out in it, and that a worker can't have more of it than there is for
 * all.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "exec/desk.h"
#include "exec/internal.h"
#include "executor_fixture.h"

#define MIB    ((size_t)1 << 20)
#define PLACES 4

/* Both sides of one, in one process. */
struct sides {
	struct desk_shape shape;
	struct desk desk;
	struct desk_view *view;
};

static void open_sides(struct sides *sides, size_t largest)
{
	assert_int_equal(desk_choose(&sides->shape, PLACES, largest), 0);
	assert_int_equal(desk_new(&sides->desk, &sides->shape), 0);
	assert_int_equal(desk_attach(&sides->view, &sides->shape, sides->desk.fd), 0);
}

/* A view lives as long as its process: what it has mapped stays. */
static void close_sides(struct sides *sides)
{
	desk_free(&sides->desk);
	free(sides->view);
}

/* What desk_put() says of an input of so many bytes. */
static int put(struct sides *sides, size_t size, size_t *at)
{
	unsigned char *bytes = calloc(1, size + 1);
	const struct br_slot slot = {.in = {.data = bytes, .size = size, .capacity = size}};
	int place;

	assert_non_null(bytes);
	place = desk_put(&sides->desk, &sides->shape, &slot, at);
	free(bytes);
	return place;
}

/* A job begins, with a small input. */
static struct br_slot *begin(struct sides *sides, unsigned *place)
{
	size_t at;
	const int got = put(sides, 1, &at);
	struct br_slot *slot;

	assert_in_range(got, 0, PLACES - 1);
	*place = (unsigned)got;
	slot = desk_slot(sides->view, *place, at, 1);
	assert_non_null(slot);
	return slot;
}

static void fill(struct br_slot *slot, size_t bytes, char with)
{
	assert_int_equal(br_buffer_reserve(&slot->out, bytes), 0);
	(void)memset(slot->out.data + slot->out.size, with, bytes - slot->out.size);
	slot->out.size = bytes;
}

static void assert_all(const unsigned char *bytes, size_t size, char with)
{
	size_t others = 0;

	for (size_t i = 0; i < size; i++)
		others += bytes[i] != (unsigned char)with;
	assert_int_equal(others, 0);
}

static void assert_filled(const struct br_slot *slot, size_t from, size_t to, char with)
{
	assert_all(slot->out.data + from, to - from, with);
}

static void clear(struct sides *sides, unsigned place, size_t at, size_t capacity)
{
	assert_true(desk_can_hold(&sides->shape, at, capacity, capacity));
	desk_clear(&sides->desk, &sides->shape, place, (struct desk_extent){at, capacity});
}

static uint64_t memory_in(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

/* --- inputs ----------------------------------------------------------------------------------- */

static void test_inputs_share_their_region(void **state)
{
	struct sides sides;
	size_t at[3] = {1, 1, 1}, none;

	(void)state;
	open_sides(&sides, 4 * MIB);
	assert_int_equal(put(&sides, 4 * MIB + 1, &none), -EFBIG);
	assert_int_equal(put(&sides, 3 * MIB, &at[0]), 0);
	assert_int_equal(put(&sides, 2 * MIB, &none), -EAGAIN);
	assert_int_equal(put(&sides, 0, &at[1]), 1);
	assert_int_equal(put(&sides, 1, &at[2]), 2);
	assert_int_equal(at[0], 0);
	assert_true(at[1] >= 3 * MIB && at[2] > at[1]);
	desk_withdraw(&sides.desk, &sides.shape, 0);
	assert_int_equal(put(&sides, 2 * MIB, &at[0]), 0);
	assert_int_equal(put(&sides, MIB, &none), 3);
	assert_int_equal(put(&sides, 1, &none), -EAGAIN);
	for (unsigned i = 0; i < PLACES; i++)
		desk_withdraw(&sides.desk, &sides.shape, i);
	assert_int_equal(put(&sides, 4 * MIB, &at[0]), 0);
	close_sides(&sides);
}

static void test_a_job_lies_within_its_region(void **state)
{
	struct sides sides;

	(void)state;
	open_sides(&sides, 4 * MIB);
	assert_non_null(desk_slot(sides.view, 0, MIB, 3 * MIB));
	assert_null(desk_slot(sides.view, PLACES, 0, 1));
	assert_null(desk_slot(sides.view, 0, 0, 4 * MIB + 1));
	assert_null(desk_slot(sides.view, 0, MIB, 3 * MIB + 1));
	assert_null(desk_slot(sides.view, 0, UINT64_MAX, 2));
	assert_true(desk_can_hold(&sides.shape, 0, 0, 0));
	assert_true(desk_can_hold(&sides.shape, MIB, 4 * MIB, 4 * MIB));
	assert_false(desk_can_hold(&sides.shape, MIB, 4 * MIB, 4 * MIB + 1));
	assert_false(desk_can_hold(&sides.shape, MIB + MEMORY_STEP, 4 * MIB, 1));
	assert_false(desk_can_hold(&sides.shape, UINT64_MAX - MEMORY_STEP + 1, MEMORY_STEP, 1));
	assert_false(desk_can_hold(&sides.shape, 0, UINT64_MAX - MEMORY_STEP + 1, 1));
	assert_false(desk_can_hold(&sides.shape, 1, MEMORY_STEP, 1));
	close_sides(&sides);
}

/* --- outputs ---------------------------------------------------------------------------------- */

static void test_outputs_move_to_where_there_is_room(void **state)
{
	struct br_slot *first, *second;
	struct sides sides;
	unsigned a, b;

	(void)state;
	open_sides(&sides, 4 * MIB);
	first = begin(&sides, &a);
	second = begin(&sides, &b);
	for (size_t size = 1; size < 5; size++) {
		fill(first, size * MEMORY_STEP, '1');
		fill(second, size * MEMORY_STEP, '2');
		assert_filled(first, 0, first->out.size, '1');
		assert_filled(second, 0, second->out.size, '2');
	}
	/* with no more than that beside it, one can have all the rest */
	const size_t rest = sides.shape.out - second->out.capacity - desk_answer(sides.view, b);

	fill(first, rest, '3');
	assert_filled(first, 0, 4 * MEMORY_STEP, '1');
	assert_filled(first, 4 * MEMORY_STEP, rest, '3');
	assert_filled(second, 0, 4 * MEMORY_STEP, '2');
	close_sides(&sides);
}

static void test_no_room_beside_those_under_way(void **state)
{
	struct br_slot *first, *second;
	struct sides sides;
	unsigned a, b;

	(void)state;
	open_sides(&sides, 4 * MIB);
	first = begin(&sides, &a);
	second = begin(&sides, &b);
	fill(first, 3 * MIB, '1');
	assert_int_equal(br_buffer_reserve(&second->out, 3 * MIB), -ENOMEM);
	assert_int_equal(br_buffer_reserve(&second->out, sides.shape.out + 1), -EFBIG);
	fill(second, MIB, '2');
	assert_filled(first, 0, 3 * MIB, '1');
	close_sides(&sides);
}

struct clearing {
	struct sides *sides;
	unsigned place;
	size_t at, capacity;
};

static void *clear_later(void *arg)
{
	const struct clearing *clearing = arg;

	pause_ms(20);
	clear(clearing->sides, clearing->place, clearing->at, clearing->capacity);
	return NULL;
}

/* What was answered lies there until the supervisor has had its copy. */
static void test_waits_until_others_are_taken(void **state)
{
	struct br_slot *first, *second;
	struct sides sides;
	pthread_t thread;
	unsigned a, b;

	(void)state;
	open_sides(&sides, 4 * MIB);
	first = begin(&sides, &a);
	fill(first, 4 * MIB, '1');
	struct clearing clearing = {&sides, a, desk_answer(sides.view, a), first->out.capacity};

	second = begin(&sides, &b);
	fill(second, MIB, '2');
	assert_filled(first, 0, 4 * MIB, '1');
	assert_int_equal(pthread_create(&thread, NULL, clear_later, &clearing), 0);
	fill(second, 4 * MIB, '3');
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(sides.desk.cleared, 1);
	assert_filled(second, 0, MIB, '2');
	assert_filled(second, MIB, 4 * MIB, '3');
	close_sides(&sides);
}

/* The supervisor takes one after the other, and never waits; what it reads is what was made. */
static void test_many_one_after_the_other(void **state)
{
	unsigned char *bytes = malloc(4 * MIB);
	struct sides sides;

	(void)state;
	assert_non_null(bytes);
	open_sides(&sides, 4 * MIB);
	for (unsigned i = 0; i < 40; i++) {
		const char with = (char)('a' + i % 26);
		const size_t size = i % 5 == 0 ? 4 * MIB : (size_t)i * 1000 + 1;
		unsigned place;
		struct br_slot *slot = begin(&sides, &place);

		fill(slot, size, with);
		const size_t at = desk_answer(sides.view, place);

		assert_int_equal(desk_take(&sides.desk, &sides.shape, at, bytes, size), 0);
		assert_all(bytes, size, with);
		clear(&sides, place, at, slot->out.capacity);
	}
	free(bytes);
	close_sides(&sides);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void test_memory_goes_back(void **state)
{
	struct br_slot *slot;
	struct sides sides;
	unsigned place;
	size_t at;

	(void)state;
	open_sides(&sides, 64 * MIB);
	slot = begin(&sides, &place);
	fill(slot, 40 * MIB, '1');
	assert_true(memory_in(sides.desk.fd) >= 40 * MIB);
	at = desk_answer(sides.view, place);
	clear(&sides, place, at, slot->out.capacity);
	assert_true(memory_in(sides.desk.fd) <= 5 * MIB);
	/* a worker that says nothing of what it has taken */
	slot = begin(&sides, &place);
	fill(slot, 40 * MIB, '1');
	(void)desk_answer(sides.view, place);
	clear(&sides, place, 0, 0);
	assert_true(memory_in(sides.desk.fd) <= 5 * MIB);
	close_sides(&sides);
}

struct greed {
	int grown; /* calls that made the file larger */
	uint64_t memory;
};

/* The desk of the worker that this is. */
static int find_desk(void)
{
	char link[64], target[64];

	for (int fd = STDERR_FILENO + 1; fd < 64; fd++) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		(void)memset(target, 0, sizeof(target));
		if (readlink(link, target, sizeof(target) - 1) > 0 &&
		    strncmp(target, "/memfd:desk", 11) == 0)
			return fd;
	}
	return -1;
}

/* All that it can have. */
static int be_greedy(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	const int fd = find_desk();
	struct greed *greed = result;
	struct stat st;

	(void)ctx;
	(void)job;
	(void)slot;
	if (fd < 0 || fstat(fd, &st) != 0)
		return -ENOENT;
	greed->grown += fallocate(fd, 0, 0, st.st_size + 1) == 0;
	greed->grown += fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, (off_t)MIB) == 0;
	greed->grown += ftruncate(fd, st.st_size * 2) == 0;
	greed->grown += pwrite(fd, "x", 1, st.st_size) == 1;
	if (fallocate(fd, 0, 0, st.st_size) != 0)
		return -errno;
	greed->memory = memory_in(fd);
	return 0;
}

static void test_a_worker_has_no_more_than_there_is_for_all(void **state)
{
	static const struct br_task_ops ops = {.transform = be_greedy};
	struct br_executor_options options = options_for(*state);

	options.ops = &ops;
	options.job_size = 1;
	options.result_size = sizeof(struct greed);
	options.slot_memory = 16 * MIB;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(br_executor_submit(executor, "", i), 0);
	for (unsigned i = 0; i < 4; i++) {
		const struct br_executor_result result = next_result(executor);
		const struct greed *greed = result.result;

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(greed->grown, 0);
		assert_in_range(greed->memory, 32 * MIB, 34 * MIB);
	}
	assert_int_equal(br_executor_free(executor), 0);
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* Makes `before` bytes, waits for others if it is to, and makes the rest. */
struct make_job {
	size_t before, bytes;
	unsigned char with;
	bool gathers;
};

struct make_result {
	size_t right; /* bytes that came back as they were made */
};

static int append(struct br_slot *slot, unsigned char with, size_t bytes)
{
	int status = br_buffer_reserve(&slot->out, slot->out.size + bytes);

	if (status || bytes == 0) /* there may be no buffer yet */
		return status;
	(void)memset(slot->out.data + slot->out.size, with, bytes);
	slot->out.size += bytes;
	return 0;
}

static void do_nothing(void *arg, void *const *pieces, unsigned count)
{
	(void)arg;
	(void)pieces;
	(void)count;
}

static int make_transform(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct make_job *job = data;
	int status = append(slot, job->with, job->before);

	(void)ctx;
	(void)result;
	if (!status && job->gathers)
		br_executor_gather(slot, result, do_nothing, NULL);
	return status ? status : append(slot, job->with, job->bytes - job->before);
}

static int make_write(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	const struct make_job *job = data;
	struct make_result *result = out;

	(void)ctx;
	for (size_t i = 0; i < slot->out.size; i++)
		result->right += slot->out.data[i] == job->with;
	return 0;
}

static void assert_made(struct br_executor_options options, const struct make_job *jobs,
                        unsigned count)
{
	static const struct br_task_ops ops = {.transform = make_transform, .write = make_write};

	options.ops = &ops;
	options.workers = 1;
	options.job_size = sizeof(struct make_job);
	options.result_size = sizeof(struct make_result);
	options.capacity = count;
	options.slot_memory = 8 * MIB;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(br_executor_submit(executor, &jobs[i], i), 0);
	for (unsigned i = 0; i < count; i++) {
		const struct br_executor_result result = next_result(executor);
		const struct make_result *made = result.result;

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(result.attempt, 1);
		assert_int_equal(made->right, jobs[result.tag].bytes);
	}
	assert_int_equal(br_executor_free(executor), 0);
}

/* Small ones are sent ahead of their turn, and then there is one as large as there is memory. */
static void test_the_largest_among_small_ones(void **state)
{
	struct make_job jobs[60];

	for (unsigned i = 0; i < 60; i++) {
		const size_t bytes = i % 7 == 6 ? 8 * MIB : 100 + i;

		jobs[i] = (struct make_job){bytes / 2, bytes, (unsigned char)i, false};
	}
	assert_made(options_for(*state), jobs, 60);
}

static void test_outputs_that_grow_together(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct make_job jobs[32];

	options.together = 8;
	for (unsigned i = 0; i < 32; i++)
		jobs[i] = (struct make_job){(size_t)i * 1000, (size_t)i * 20000 + 1,
		                            (unsigned char)i, true};
	assert_made(options, jobs, 32);
}

/* Those for which there is no room beside the others are made without them. */
static void test_outputs_too_large_together(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct make_job jobs[12];

	options.together = 4;
	for (unsigned i = 0; i < 12; i++)
		jobs[i] = (struct make_job){3 * MIB, 5 * MIB, (unsigned char)i, true};
	assert_made(options, jobs, 12);
}

/* With `before` bytes there is only room in a worker that has made nothing, with more nowhere. */
static int narrow_transform(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	static unsigned made; /* by this worker */
	const struct make_job *job = data;

	(void)ctx;
	(void)result;
	if (job->bytes > job->before || (job->before && made))
		return -ENOMEM;
	made++;
	return append(slot, job->with, job->bytes);
}

/* What a worker keeps of others' memory is no reason to fail; and a job that finds none in a new
 * one either has failed. */
static void test_a_worker_that_keeps_memory(void **state)
{
	static const struct br_task_ops ops = {.transform = narrow_transform};
	struct br_executor_options options = options_for(*state);

	options.ops = &ops;
	options.workers = 1;
	options.job_size = sizeof(struct make_job);
	options.result_size = 1;
	options.together = 4;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 12; i++) {
		const size_t before = i % 4 == 3, more = i % 6 == 5;

		assert_int_equal(br_executor_submit(executor,
		                                    &(struct make_job){before, before + more, 1, 0},
		                                    more),
		                 0);
	}
	for (unsigned i = 0; i < 12; i++) {
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, result.tag ? BR_EXECUTOR_FAILED : BR_EXECUTOR_DONE);
		assert_int_equal(result.error, result.tag ? -ENOMEM : 0);
		assert_int_equal(result.attempt, 1);
	}
	assert_in_range(br_executor_stats(executor).workers_started, 2, 11);
	assert_int_equal(br_executor_free(executor), 0);
}

int main(void)
{
	static struct fixture fixture = {.mode = BR_EXECUTOR_HYBRID};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inputs_share_their_region),
	    cmocka_unit_test(test_a_job_lies_within_its_region),
	    cmocka_unit_test(test_outputs_move_to_where_there_is_room),
	    cmocka_unit_test(test_no_room_beside_those_under_way),
	    cmocka_unit_test(test_waits_until_others_are_taken),
	    cmocka_unit_test(test_many_one_after_the_other),
	    cmocka_unit_test(test_memory_goes_back),
	    EXECUTOR_TEST(test_a_worker_has_no_more_than_there_is_for_all, &fixture),
	    EXECUTOR_TEST(test_the_largest_among_small_ones, &fixture),
	    EXECUTOR_TEST(test_outputs_that_grow_together, &fixture),
	    EXECUTOR_TEST(test_outputs_too_large_together, &fixture),
	    EXECUTOR_TEST(test_a_worker_that_keeps_memory, &fixture),
	};

	return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
