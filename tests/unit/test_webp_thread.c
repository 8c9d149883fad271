/* test_webp_thread.c - libwebp works in the thread that calls it, once the image library is loaded.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/libraries.h"
#include "image_fixture.h"

/* As in src/webp/one_thread.c. */
struct webp_thread {
	void *thread;
	int status;
	int (*hook)(void *data1, void *data2);
	void *data1, *data2;
	int had_error;
};

struct webp_threads {
	void (*init)(struct webp_thread *worker);
	int (*reset)(struct webp_thread *worker);
	int (*sync)(struct webp_thread *worker);
	void (*launch)(struct webp_thread *worker);
	void (*execute)(struct webp_thread *worker);
	void (*end)(struct webp_thread *worker);
};

static const struct webp_threads *threads_of_libwebp(void)
{
	static const char *const name[] = {"WebPGetWorkerInterface"};
	const struct webp_threads *(*get)(void);

	assert_true(libraries_bind(libraries_open(LIBRARY_WEBP), name, 1, &get));
	return get();
}

static int note_thread(void *thread, void *answer)
{
	*(pthread_t *)thread = pthread_self();
	return *(int *)answer;
}

/* What another part of the program has begun before goes on as it has begun. */
static void what_has_a_thread_keeps_it(void **state)
{
	const struct webp_threads *with = threads_of_libwebp();
	pthread_t thread = 0;
	int answer = 0;
	struct webp_thread worker;

	(void)state;
	with->init(&worker);
	assert_true(with->reset(&worker));
	if (!worker.thread) /* a libwebp that is built without threads */
		skip();
	assert_int_equal(br_image_load_library(NULL), 0);
	worker.hook = note_thread;
	worker.data1 = &thread;
	worker.data2 = &answer;
	for (unsigned i = 0; i < 2; i++) {
		with->launch(&worker);
		assert_false(with->sync(&worker));
		assert_true(thread && !pthread_equal(thread, pthread_self()));
		thread = 0;
		assert_true(with->reset(&worker));
	}
	with->end(&worker);
	assert_null(worker.thread);
}

static void what_is_launched_is_done_by_the_caller(void **state)
{
	const struct webp_threads *with = threads_of_libwebp();
	pthread_t thread = 0;
	int answer = 1;
	struct webp_thread worker;

	(void)state;
	assert_int_equal(br_image_load_library(NULL), 0);
	with->init(&worker);
	worker.hook = note_thread;
	worker.data1 = &thread;
	worker.data2 = &answer;
	assert_true(with->reset(&worker));
	with->launch(&worker);
	assert_true(pthread_equal(thread, pthread_self()));
	assert_true(with->sync(&worker));
	answer = 0;
	with->launch(&worker);
	assert_false(with->sync(&worker));
	assert_true(with->reset(&worker)); /* what has failed is forgotten */
	assert_true(with->sync(&worker));
	with->end(&worker);
}

static void a_picture_that_it_would_share_is_decoded(void **state)
{
	struct file file = fixture_encode(fixture_picture(1200, 900, 3), ".webp[Q=60]");
	const struct br_image_options options = fixture_options(1200, 900);
	struct br_buffer out = BR_BUFFER_HEAP;
	struct br_image_result result;
	struct br_error error;

	(void)state;
	assert_int_equal(
	    br_image_resize(NULL, file.data, file.size, &options, &out, &result, &error), 0);
	assert_int_equal(result.output[0].width, 1200);
	fixture_cut(&file, file.size / 2);
	out.size = 0;
	assert_int_equal(
	    br_image_resize(NULL, file.data, file.size, &options, &out, &result, &error),
	    BR_ERROR_TRUNCATED);
	fixture_free(&file);
	br_buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest before[] = {cmocka_unit_test(what_has_a_thread_keeps_it)};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_launched_is_done_by_the_caller),
	    cmocka_unit_test(a_picture_that_it_would_share_is_decoded),
	};

	return cmocka_run_group_tests(before, NULL, NULL) +
	       cmocka_run_group_tests(tests, fixture_init, NULL);
}
