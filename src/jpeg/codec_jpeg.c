/* codec_jpeg.c - JPEG to JPEG in planes: headers, what is taken, and the order of things; planning,
 * decoding and encoding have files of their own. */
#include "jpeg/codec_jpeg.h"

#include <stdlib.h>

#include "base/base.h"
#include "jpeg/codec_jpeg_parts.h"
#include "colour/icc.h"

int codec_jpeg_guarded(struct jpeg_codec *codec, struct jpeg_errors *errors,
                       void (*function)(struct jpeg_codec *))
{
	if (setjmp(errors->jump))
		return errors->code;
	function(codec);
	return 0;
}

static void create_in(struct jpeg_codec *codec)
{
	jpeg_create_decompress(&codec->in);
}

static void create_out(struct jpeg_codec *codec)
{
	jpeg_create_compress(&codec->out);
}

struct jpeg_codec *jpeg_codec_new(void)
{
	struct jpeg_codec *codec = calloc(1, sizeof(*codec));

	if (!codec)
		return NULL;
	codec->reader = jpeg_reader_new();
	codec->writer = jpeg_writer_new();
	jpeg_errors_init(&codec->in_errors);
	jpeg_errors_init(&codec->out_errors);
	codec->in.err = &codec->in_errors.pub;
	codec->out.err = &codec->out_errors.pub;
	if (!codec->reader || !codec->writer ||
	    codec_jpeg_guarded(codec, &codec->in_errors, create_in) ||
	    codec_jpeg_guarded(codec, &codec->out_errors, create_out)) {
		jpeg_codec_free(codec);
		return NULL;
	}
	return codec;
}

void jpeg_codec_free(struct jpeg_codec *codec)
{
	if (!codec)
		return;
	jpeg_destroy_decompress(&codec->in);
	jpeg_destroy_compress(&codec->out);
	jpeg_reader_free(codec->reader);
	jpeg_writer_free(codec->writer);
	free(codec->memory);
	free(codec);
}

void jpeg_codec_trim(struct jpeg_codec *codec, size_t keep)
{
	jpeg_reader_trim(codec->reader, keep / 2);
	jpeg_writer_trim(codec->writer, keep / 6);
	if (codec->capacity <= keep / 3)
		return;
	free(codec->memory);
	codec->memory = NULL;
	codec->capacity = 0;
}

/* --- the header ---------------------------------------------------------------------- */

/* A decompressor that is used again would lend the last picture's tables to one that has none of
 * its own: every picture gets a new one. That takes a microsecond. */
static void read_header(struct jpeg_codec *codec)
{
	jpeg_destroy_decompress(&codec->in);
	create_in(codec);
	jpeg_source_begin(&codec->source, &codec->in, codec->bytes);
	jpeg_read_header(&codec->in, TRUE);
}

int codec_jpeg_decode_failed(struct jpeg_codec *codec, int status, struct br_error *error)
{
	jpeg_abort_decompress(&codec->in);
	switch (status) {
	case BR_ERROR_TRUNCATED:
		return br_error_set(
		    error, BR_ERROR_TRUNCATED,
		    "the JPEG ends early (%s): get a whole copy, or take what is there "
		    "with --fail-on none",
		    codec->in_errors.text);
	case BR_ERROR_MEMORY:
		return br_error_set(error, BR_ERROR_MEMORY, "no memory to decode the JPEG (%s)",
		                    codec->in_errors.text);
	default:
		return br_error_set(error, BR_ERROR_CORRUPT, "the JPEG is damaged (%s)",
		                    codec->in_errors.text);
	}
}

static enum jpeg_decline decline_of(const struct jpeg_codec *codec)
{
	const struct jpeg_decompress_struct *in = &codec->in;
	const struct jpeg_outline *outline = &codec->outline;
	struct bytes profile;
	enum icc_kind kind;

	if (!(in->jpeg_color_space == JCS_GRAYSCALE && in->num_components == 1) &&
	    !(in->jpeg_color_space == JCS_YCbCr && in->num_components == JPEG_COMPONENTS))
		return JPEG_DECLINE_COLOUR;
	for (int i = 0; i < in->num_components; i++)
		if (in->max_h_samp_factor % in->comp_info[i].h_samp_factor ||
		    in->max_v_samp_factor % in->comp_info[i].v_samp_factor)
			return JPEG_DECLINE_SAMPLING;
	if (!outline->profile_size)
		return outline->adobe_rgb && in->num_components == JPEG_COMPONENTS &&
		               !codec->limits.any_profile
		           ? JPEG_DECLINE_PROFILE
		           : JPEG_DECLINE_NONE;
	profile = (struct bytes){codec->bytes.data + outline->profile_at, outline->profile_size};
	kind = icc_classify(profile, in->num_components == 1 ? ICC_GRAY : ICC_RGB);
	if (outline->profile_split || kind == ICC_UNUSABLE ||
	    (kind == ICC_OTHER && !codec->limits.any_profile))
		return JPEG_DECLINE_PROFILE;
	return JPEG_DECLINE_NONE;
}

int jpeg_codec_open(struct jpeg_codec *codec, struct bytes bytes, const struct jpeg_limits *limits,
                    struct br_image_info *info, enum jpeg_decline *decline, struct br_error *error)
{
	const struct jpeg_decompress_struct *in = &codec->in;
	int status;

	codec->bytes = bytes;
	codec->limits = *limits;
	jpeg_errors_begin(&codec->in_errors, limits->fail_on);
	*info =
	    (struct br_image_info){.format = BR_IMAGE_FORMAT_JPEG, .orientation = 1, .pages = 1};
	jpeg_outline_header(bytes, &codec->outline);
	status = codec_jpeg_guarded(codec, &codec->in_errors, read_header);
	if (status)
		return codec_jpeg_decode_failed(codec, status, error);
	info->width = in->image_width;
	info->height = in->image_height;
	info->orientation = codec->outline.orientation;
	info->bands = (uint32_t)in->num_components;
	info->bits = (uint32_t)in->data_precision;
	info->profile = codec->outline.profile_size > 0;
	if ((uint64_t)info->width * info->height > limits->max_pixels)
		return br_error_set(error, BR_ERROR_TOO_MANY_PIXELS,
		                    "%ux%u pixels are more than --max-pixels %llu allows",
		                    info->width, info->height,
		                    (unsigned long long)limits->max_pixels);
	codec->turn = turn_of(info->orientation);
	codec->components = info->bands;
	*decline = decline_of(codec);
	return 0;
}

const char *jpeg_codec_words(const struct jpeg_codec *codec)
{
	return codec->in_errors.text;
}

static float ms(uint64_t ns)
{
	return (float)((double)ns / 1e6);
}

static int decode_by_libjpeg(struct jpeg_codec *codec, struct br_error *error)
{
	int status = codec_jpeg_plan(codec, false, error);

	if (status)
		return status;
	status = codec_jpeg_guarded(codec, &codec->in_errors, codec_jpeg_decode);
	return status ? codec_jpeg_decode_failed(codec, status, error) : 0;
}

/* By the reader, if it is the quicker one and can; what it declines, libjpeg judges. */
static int decode(struct jpeg_codec *codec, struct br_error *error)
{
	int status;

	if (!jpeg_kernels_in_vectors())
		return decode_by_libjpeg(codec, error);
	status = codec_jpeg_plan(codec, true, error);
	if (status || codec_jpeg_read(codec))
		return status;
	codec->resize_ns = 0;
	return decode_by_libjpeg(codec, error);
}

/* Of data that end early the rest is made up, and whatever libjpeg says of it comes of that. */
static uint32_t notes_of(const struct jpeg_errors *errors)
{
	if (errors->truncated)
		return BR_IMAGE_NOTE_TRUNCATED;
	return errors->warnings ? BR_IMAGE_NOTE_DAMAGED : 0;
}

int jpeg_codec_resize(struct jpeg_codec *codec, struct resampler *resampler,
                      const struct jpeg_job *job, struct br_buffer *out,
                      struct br_image_output *output, uint32_t *notes, struct jpeg_times *times,
                      struct br_error *error)
{
	uint64_t begin = clock_ns(), decoded;
	size_t size = out->size;
	int status;

	codec->job = job;
	codec->resampler = resampler;
	codec->resize_ns = 0;
	status = decode(codec, error);
	if (status)
		return status;
	/* What comes after the picture is of no interest: not jpeg_finish_decompress(). */
	jpeg_abort_decompress(&codec->in);
	decoded = clock_ns();
	if (job->stage)
		__atomic_store_n(job->stage, (uint64_t)BR_IMAGE_STAGE_ENCODE, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < job->targets && !status; i++)
		status = codec_jpeg_encode(codec, i, out, &output[i], error);
	if (status)
		out->size = size;
	*notes = notes_of(&codec->in_errors);
	*times = (struct jpeg_times){.decode_ms = ms(decoded - begin - codec->resize_ns),
	                             .resize_ms = ms(codec->resize_ns),
	                             .encode_ms = ms(clock_ns() - decoded)};
	return status;
}

int jpeg_codec_pixels(struct jpeg_codec *codec, uint8_t *pixels, uint32_t *notes,
                      struct br_error *error)
{
	int status = codec_jpeg_check_memory(codec, error);

	if (status)
		return status;
	codec->pixels = pixels;
	status = codec_jpeg_guarded(codec, &codec->in_errors, codec_jpeg_decode_pixels);
	codec->pixels = NULL;
	if (status)
		return codec_jpeg_decode_failed(codec, status, error);
	jpeg_abort_decompress(&codec->in);
	*notes = notes_of(&codec->in_errors);
	return 0;
}
