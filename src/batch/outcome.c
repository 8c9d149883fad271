/* outcome.c - see outcome.h. */
#include "batch/outcome.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "batch/plug.h"
#include "base/transfer.h"

/* The largest number that stands for an error of the system. */
#define ERRNO_MAX 4095

/* --- values ------------------------------------------------------------------------------------
 */

/* A byte that is neither 0 nor 1 is no bool, and must not be read as one. */
static bool is_bool(const bool *value)
{
	unsigned char byte;

	memcpy(&byte, value, sizeof(byte));
	return byte < 2;
}

/* No stage takes eleven days; and times are added up. */
static bool is_time(float ms)
{
	return isfinite(ms) && ms >= 0 && ms <= 1e9F;
}

static bool is_span(const struct br_batch_span *span)
{
	return span->begin <= span->end;
}

static bool is_format(enum br_image_format format)
{
	return (unsigned)format < BR_IMAGE_FORMATS;
}

/* One line of text that ends within its place, as br_error_set() makes it. */
static bool is_text(const char text[BR_ERROR_TEXT_MAX])
{
	size_t length = strnlen(text, BR_ERROR_TEXT_MAX);

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7F)
			return false;
	}
	return length < BR_ERROR_TEXT_MAX;
}

/* Whether a worker's stages can return that code: some only the parent finds out, and "nothing to
 * do" is theirs only when the parent left that open. */
static bool is_workers_code(enum br_error_code code, const struct task_outcome *sent)
{
	switch (code) {
	case BR_ERROR_COLLISION:
	case BR_ERROR_IS_SOURCE:
	case BR_ERROR_CRASHED:
	case BR_ERROR_TIMEOUT:
	case BR_ERROR_CANCELLED:
	case BR_ERROR_NO_WORKER:
	case BR_ERROR_OWN_OUTPUT:
	case BR_ERROR_LOCKED:
	case BR_ERROR_UNSETTLED:
	case BR_ERROR_TIME_BOX:
	case BR_ERROR_EMPTIED:
	case BR_ERROR_NETWORK:
	case BR_ERROR_HTTP:
	case BR_ERROR_HTTP_NOT_FOUND:
	case BR_ERROR_HTTP_DENIED:
	case BR_ERROR_PRIVATE_ADDRESS:
		return false;
	case BR_ERROR_SKIPPED:
		return sent->present != 0 || sent->expected != 0;
	case BR_ERROR_POISON:
		return sent->suspect;
	case BR_ERROR_EXISTS:
		return sent->present != 0;
	default:
		return (unsigned)code < BR_ERROR_CODES;
	}
}

/* --- the outcome -------------------------------------------------------------------------------
 */

/* What open() found out and commit() will is the parent's, and in a hybrid what read() has: it
 * comes back as it went. */
static bool is_unchanged(const struct task_outcome *sent, const struct task_outcome *got)
{
	return memcmp(&got->source, &sent->source, sizeof(got->source)) == 0 &&
	       got->bytes_in == sent->bytes_in && got->present == sent->present &&
	       got->notes == sent->notes && got->expected == sent->expected &&
	       got->suspect == sent->suspect &&
	       memcmp(got->left, sent->left, sizeof(got->left)) == 0 && !got->committed &&
	       memcmp(&got->validators, &sent->validators, sizeof(got->validators)) == 0 &&
	       (sent->hash == 0 || got->hash == sent->hash) &&
	       (sent->read_ms == 0 || got->read_ms == sent->read_ms) &&
	       (sent->step[BR_BATCH_STEP_READ].end == 0 ||
	        memcmp(&got->step[BR_BATCH_STEP_READ], &sent->step[BR_BATCH_STEP_READ],
	               sizeof(got->step[0])) == 0) &&
	       memcmp(&got->step[BR_BATCH_STEP_PUBLISH], &sent->step[BR_BATCH_STEP_PUBLISH],
	              sizeof(got->step[0])) == 0 &&
	       got->there == sent->there && got->older == sent->older &&
	       got->doubt == sent->doubt && !got->listed && !got->unsettled && !got->lost &&
	       !got->gone;
}

static bool is_well_formed(const struct task_outcome *got)
{
	const struct br_image_result *image = &got->image;

	return is_bool(&got->looked) && is_bool(&got->suspect) && is_bool(&got->refused) &&
	       is_bool(&got->committed) && is_bool(&got->listed) && is_bool(&got->unsettled) &&
	       is_bool(&got->lost) && is_bool(&got->gone) && is_bool(&got->older) &&
	       is_bool(&image->info.alpha) && is_bool(&image->info.profile) &&
	       is_bool(&image->library) && is_time(got->read_ms) && is_time(got->publish_ms) &&
	       is_time(image->decode_ms) && is_time(image->resize_ms) &&
	       is_time(image->encode_ms) && is_span(&got->step[BR_BATCH_STEP_READ]) &&
	       is_span(&got->step[BR_BATCH_STEP_MAKE]) &&
	       is_span(&got->step[BR_BATCH_STEP_WRITE]) && is_format(image->info.format) &&
	       is_format(image->out_format) && image->info.orientation <= 8 &&
	       image->outputs <= BR_IMAGE_SIZES_MAX && image->notes >> BR_IMAGE_NOTES == 0 &&
	       (unsigned)image->detour < BR_IMAGE_DETOURS && is_text(got->error.msg) &&
	       got->error.sys_errno >= 0 && got->error.sys_errno <= ERRNO_MAX;
}

static bool is_failure(const struct task_outcome *sent, const struct task_outcome *got, int status)
{
	return status >= -ERRNO_MAX && status < BR_ERROR_CODES &&
	       is_workers_code(br_error_code_of(status), sent) &&
	       is_workers_code(got->error.code, sent) && (!got->refused || status < 0);
}

static bool is_side(uint32_t pixels)
{
	return pixels > 0 && pixels <= BR_IMAGE_SIDE_MAX;
}

static bool overlap(const struct br_image_output *a, const struct br_image_output *b)
{
	return a->size > 0 && b->size > 0 && a->offset < b->offset + b->size &&
	       b->offset < a->offset + a->size;
}

/* The files lie side by side, in whatever order they were made, and fill the output; sizes that
 * were left out have none. */
static bool is_laid_out(const struct br_image_result *image, uint64_t bytes)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < image->outputs; i++) {
		const struct br_image_output *made = &image->output[i];

		if (made->size == 0)
			continue;
		if (made->offset > bytes || made->size > bytes - made->offset ||
		    !is_side(made->width) || !is_side(made->height))
			return false;
		for (unsigned other = 0; other < i; other++)
			if (overlap(made, &image->output[other]))
				return false;
		sum += made->size;
	}
	return bytes > 0 && sum == bytes;
}

static bool is_success(const struct br_image_options *options, enum br_image_format format,
                       const struct task_outcome *got, uint64_t bytes)
{
	const struct br_image_result *image = &got->image;

	return got->looked && !got->refused && image->outputs == options->sizes &&
	       image->out_format != BR_IMAGE_FORMAT_UNKNOWN &&
	       (format == BR_IMAGE_FORMAT_UNKNOWN || image->out_format == format) &&
	       got->bytes_out == bytes && is_laid_out(image, bytes);
}

int outcome_check(void *ctx, const void *job, const struct br_slot *slot, const void *sent,
                  const void *result, int status)
{
	const struct task_context *context = ctx;
	const struct task_job *asked = job;
	const struct task_outcome *before = sent, *got = result;
	bool good = is_well_formed(got) && is_unchanged(before, got) && plug_is_sound(context, got);

	if (good && status)
		good = is_failure(before, got, status);
	else if (good)
		good = is_success(&context->options->image, asked->format, got, slot->out.size);
	return good ? 0 : -EPROTO;
}

/* --- the file ----------------------------------------------------------------------------------
 */

/* Bytes of a file's end that are looked at: a PNG's last chunk. */
#define TAIL_BYTES 12

/* Whether a file of that format ends as it does when nothing is missing; true for those whose end
 * tells nothing. `tail` are its last TAIL_BYTES bytes, `head` its first. */
static bool is_whole(enum br_image_format format, const unsigned char *head,
                     const unsigned char *tail, uint64_t size)
{
	static const unsigned char iend[TAIL_BYTES] = {0,   0,   0,    0,    'I',  'E',
	                                               'N', 'D', 0xAE, 0x42, 0x60, 0x82};

	switch (format) {
	case BR_IMAGE_FORMAT_JPEG: /* ITU-T T.81, B.1.1.3: EOI */
		return tail[TAIL_BYTES - 2] == 0xFF && tail[TAIL_BYTES - 1] == 0xD9;
	case BR_IMAGE_FORMAT_PNG:
		return memcmp(tail, iend, sizeof(iend)) == 0;
	case BR_IMAGE_FORMAT_GIF: /* GIF89a, 27: the trailer */
		return tail[TAIL_BYTES - 1] == 0x3B;
	case BR_IMAGE_FORMAT_WEBP: /* the size that RIFF tells is that of what follows it */
		return le32(head + 4) == size - 8;
	default:
		return true;
	}
}

/* Returns 0 when all of it is there, a negative errno otherwise. */
static int read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
	const ssize_t got = transfer_read_at(fd, bytes, size, (off_t)offset);

	if (got < 0)
		return (int)got;
	return (size_t)got == size ? 0 : -EIO;
}

int outcome_check_file(int fd, const struct br_image_output *made, enum br_image_format format,
                       struct br_error *error)
{
	unsigned char head[BR_IMAGE_SNIFF_BYTES] = {0}, tail[TAIL_BYTES];
	struct stat st;
	int status;

	if (fstat(fd, &st) != 0)
		return br_error_system(error, errno, "cannot examine the output");
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return br_error_system(error, EIO, "the output is no file of its own");
	if (st.st_size < 0 || (uint64_t)st.st_size != made->size)
		return br_error_system(error, EIO,
		                       "%lld bytes of the output are there, not the %llu that were "
		                       "made (is the disk or mount healthy?)",
		                       (long long)st.st_size, (unsigned long long)made->size);
	const size_t looked = made->size < sizeof(head) ? (size_t)made->size : sizeof(head);

	/* no format is that small */
	if (made->size < TAIL_BYTES)
		return br_error_system(error, EIO, "too few bytes of the output are there");
	status = read_at(fd, head, looked, 0);
	if (!status)
		status = read_at(fd, tail, sizeof(tail), made->size - sizeof(tail));
	if (status)
		return br_error_system(error, -status, "cannot read the output again");
	if (br_image_sniff(head, looked) != format)
		return br_error_system(error, EIO,
		                       "what was written does not begin as %s does (is the disk or "
		                       "mount healthy?)",
		                       br_image_format_name(format));
	if (!is_whole(format, head, tail, made->size))
		return br_error_system(error, EIO,
		                       "what was written does not end as %s does (is the disk or "
		                       "mount healthy?)",
		                       br_image_format_name(format));
	return 0;
}
