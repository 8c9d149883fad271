/* test_worker.c - what is kept from picture to picture changes none, and stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "jpeg/codec_jpeg_parts.h"
#include "picture/worker.h"
#include "image_fixture.h"

static int resize(struct br_image_worker *worker, struct file file,
                  const struct br_image_options *options, struct br_buffer *out)
{
	struct br_image_result result;
	struct br_error error;

	out->size = 0;
	return br_image_resize(worker, file.data, file.size, options, out, &result, &error);
}

/* Pictures that leave all sorts of things behind. */
static unsigned make_files(struct file *file)
{
	VipsImage *turned = fixture_picture(300, 200, 3);
	unsigned files = 0;

	vips_image_set_int(turned, VIPS_META_ORIENTATION, 6);
	file[files++] = fixture_encode(turned, ".jpg[profile=srgb]");
	file[files++] = fixture_encode(fixture_picture(640, 480, 1), ".jpg[interlace]");
	file[files++] = fixture_encode(fixture_picture(200, 300, 3), ".jpg[subsample_mode=off]");
	file[files++] = fixture_encode(fixture_picture(100, 100, 4), ".png");
	file[files] = fixture_encode(fixture_picture(400, 300, 3), ".jpg");
	fixture_cut(&file[files], file[files].size / 2);
	files++;
	file[files] = fixture_encode(fixture_picture(400, 300, 3), ".jpg");
	fixture_cut(&file[files], 300);
	return files + 1;
}

static void a_worker_changes_no_picture(void **state)
{
	struct br_image_options options = fixture_options(120, 90);
	struct br_image_worker *worker = br_image_worker_new();
	struct br_buffer with = BR_BUFFER_HEAP, without = BR_BUFFER_HEAP;
	struct file file[8];
	const unsigned files = make_files(file);

	(void)state;
	assert_non_null(worker);
	options.size[1] = (struct br_image_size){.width = 50};
	for (unsigned i = 0; i < 8 * files; i++) {
		/* each after each other one */
		const unsigned which = (i * i + i / files) % files;
		int status;

		options.sizes = 1 + i % 2;
		options.metadata = i % 3 ? BR_IMAGE_METADATA_STRIP : BR_IMAGE_METADATA_KEEP;
		options.profile = i % 5 ? BR_IMAGE_PROFILE_SRGB : BR_IMAGE_PROFILE_KEEP;
		status = resize(NULL, file[which], &options, &without);
		assert_int_equal(resize(worker, file[which], &options, &with), status);
		assert_int_equal(with.size, without.size);
		if (with.size)
			assert_memory_equal(with.data, without.data, with.size);
	}
	for (unsigned i = 0; i < files; i++)
		fixture_free(&file[i]);
	br_buffer_release(&with);
	br_buffer_release(&without);
	br_image_worker_free(worker);
}

static void what_a_picture_needed_is_there_for_the_next(void **state)
{
	const struct br_image_options options = fixture_options(300, 300);
	struct file file = fixture_encode(fixture_picture(640, 480, 3), ".jpg[profile=srgb]");
	struct br_image_worker *worker = br_image_worker_new();
	struct br_buffer out = BR_BUFFER_HEAP;

	(void)state;
	assert_int_equal(resize(worker, file, &options, &out), 0);
	const struct br_image_worker before = *worker;
	const unsigned char *planes = worker->jpeg->memory;

	assert_non_null(planes);
	assert_true(worker->profile.capacity > 0);
	assert_int_equal(resize(worker, file, &options, &out), 0);
	assert_ptr_equal(worker->jpeg->memory, planes);
	assert_ptr_equal(worker->profile.data, before.profile.data);
	assert_int_equal(worker->profile.capacity, before.profile.capacity);
	fixture_free(&file);
	br_buffer_release(&out);
	br_image_worker_free(worker);
}

static void what_a_giant_needed_is_not_kept(void **state)
{
	struct br_image_options options = fixture_options(6000, 6000);
	struct file file = fixture_encode(fixture_picture(64, 64, 3), ".jpg");
	struct br_image_worker *worker = br_image_worker_new();
	struct br_buffer out = BR_BUFFER_HEAP;

	(void)state;
	options.enlarge = true;
	assert_int_equal(resize(worker, file, &options, &out), 0);
	assert_null(worker->jpeg->memory);
	assert_int_equal(worker->jpeg->capacity, 0);
	options = fixture_options(30, 30);
	assert_int_equal(resize(worker, file, &options, &out), 0);
	assert_non_null(worker->jpeg->memory);
	fixture_free(&file);
	br_buffer_release(&out);
	br_image_worker_free(worker);
}

/* So that what is kept and a picture that asks nobody fit into a worker's share together. */
static void no_more_is_kept_than_may_be(void **state)
{
	struct br_image_options options = fixture_options(300, 300);
	struct file file = fixture_encode(fixture_picture(640, 480, 3), ".jpg");
	struct br_image_worker *worker = br_image_worker_new();
	struct br_buffer out = BR_BUFFER_HEAP;

	(void)state;
	options.keep = 1000;
	assert_int_equal(resize(worker, file, &options, &out), 0);
	assert_null(worker->jpeg->memory);
	options.keep = 32 << 20;
	assert_int_equal(resize(worker, file, &options, &out), 0);
	assert_non_null(worker->jpeg->memory);
	worker_make_room(worker, 32 << 20, options.keep);
	assert_non_null(worker->jpeg->memory);
	worker_make_room(worker, (32 << 20) + 1, options.keep);
	assert_null(worker->jpeg->memory);
	fixture_free(&file);
	br_buffer_release(&out);
	br_image_worker_free(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_worker_changes_no_picture),
	    cmocka_unit_test(what_a_picture_needed_is_there_for_the_next),
	    cmocka_unit_test(what_a_giant_needed_is_not_kept),
	    cmocka_unit_test(no_more_is_kept_than_may_be),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
