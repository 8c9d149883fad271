/* fuzz_image.c - any bytes through br_image_resize(), under limits that keep each run short.
 *
 * Checked besides what the sanitizers see: nothing is appended on failure, the error says why, the
 * outputs lie one after another and are of the format they say.
 */
#include <stdlib.h>

#include <batchresize/image.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How strict to be, and what to make of it, by the input itself: so that a file replays alike. */
static struct br_image_options choose_options(const uint8_t *data, size_t size)
{
	struct br_image_options options = br_image_options_default();
	const unsigned choice = size ? data[size - 1] : 0, more = size > 1 ? data[size - 2] : 0;

	options.max_pixels = 1 << 20;
	options.alone = true;
	options.fail_on = (enum br_image_fail_on)(choice & 3);
	options.fit = (enum br_image_fit)(choice >> 2 & 3);
	options.sizes = 2;
	options.size[0] = (struct br_image_size){.width = 40, .height = 30};
	options.size[1] = (struct br_image_size){.percent = 50000};
	if (choice & 0x10)
		options.format = BR_IMAGE_FORMAT_JPEG;
	options.gravity = (enum br_image_gravity)(more % (BR_IMAGE_GRAVITY_ENTROPY + 1));
	options.filter = (enum br_image_filter)(more % (BR_IMAGE_FILTER_NEAREST + 1));
	options.enlarge = more >> 5 & 1;
	options.linear = more >> 6 & 1;
	options.transparent = more >> 7 & 1;
	if (choice & 0x20)
		options.profile = BR_IMAGE_PROFILE_KEEP;
	if (choice & 0x40)
		options.metadata = BR_IMAGE_METADATA_KEEP;
	return options;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Whether another output begins where this one ends; the last one ends with the buffer. */
static bool is_followed(const struct br_buffer *out, const struct br_image_result *result,
                        uint64_t end)
{
	if (end == out->size)
		return true;
	for (unsigned i = 0; i < result->outputs; i++)
		if (result->output[i].size && result->output[i].offset == end)
			return true;
	return false;
}

/* They lie one after another, in the order in which they were made. */
static void check_outputs(const struct br_buffer *out, const struct br_image_result *result)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < result->outputs; i++) {
		const struct br_image_output *output = &result->output[i];

		if (!output->size && result->notes & BR_IMAGE_NOTE_SIZE_SKIPPED)
			continue;
		check(output->offset <= out->size && output->size <= out->size - output->offset);
		check(is_followed(out, result, output->offset + output->size));
		check(br_image_sniff(out->data + output->offset, output->size) ==
		      result->out_format);
		check(output->width && output->height);
		sum += output->size;
	}
	check(sum == out->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	const struct br_image_options options = choose_options(data, size);
	struct br_buffer out = BR_BUFFER_HEAP;
	struct br_image_result result;
	struct br_error error = {0};
	int status;

	if (!ready) {
		check(!br_image_init(&error));
		ready = true;
	}
	status = br_image_resize(NULL, data, size, &options, &out, &result, &error);
	if (status)
		check(out.size == 0 && error.code == br_error_code_of(status) && error.msg[0]);
	else
		check(result.outputs == options.sizes);
	if (!status)
		check_outputs(&out, &result);
	br_buffer_release(&out);
	return 0;
}
