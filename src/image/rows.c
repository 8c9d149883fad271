/* rows.c - from finished pixels to a file. */
#include "image/rows.h"

#include <errno.h>

#include "base/base.h"

const struct row_sink *row_sink_of(enum br_image_format format)
{
	static const struct row_sink *const sinks[] = {&row_sink_jpeg, &row_sink_png,
	                                               &row_sink_webp};

	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
		if (sinks[i]->format == format)
			return sinks[i];
	return NULL;
}

bool rows_are_late(void *context)
{
	struct picture *picture = context;

	return run_limit_over(&picture->pull.limit);
}

static struct metadata_change change_of(const struct picture *picture,
                                        const struct row_picture *what)
{
	const struct br_image_options *options = picture->options;
	struct metadata_change change = {
	    .placement = source_placement(&picture->source, &picture->geometry[what->size]),
	    .from = picture->source.info.format,
	    .format = what->sink->format,
	    .gray = what->raster.bands < 3,
	    .codes = picture->source.profile.hdr,
	};

	if (options->metadata == BR_IMAGE_METADATA_KEEP ||
	    options->profile == BR_IMAGE_PROFILE_KEEP)
		change.profile = what->profile;
	return change;
}

static int encode(struct picture *picture, const struct row_picture *what,
                  const struct metadata_parts *parts)
{
	struct br_image_output *output = &picture->result->output[what->size];
	const size_t begin = picture->out->size;
	int status = what->sink->encode(picture, what, parts);

	if (!status)
		status = metadata_embed(what->sink->format, parts, picture->out, begin);
	if (status)
		return status;
	*output = (struct br_image_output){.offset = begin,
	                                   .size = picture->out->size - begin,
	                                   .width = what->raster.width,
	                                   .height = what->raster.height};
	picture->result->notes |= parts->notes | source_size_notes(&picture->source, output->size);
	return 0;
}

static int fault(const struct picture *picture, const struct row_picture *what, int status)
{
	struct br_error *error = picture->error;

	if (status == -ECANCELED)
		return source_fault(&picture->source, BR_ERROR_TIMEOUT, error);
	if (status < 0)
		return br_error_system(error, -status, "no room for the output");
	return br_error_set(error, BR_ERROR_ENCODE, "%s of %ux%u pixels cannot be encoded",
	                    br_image_format_name(what->sink->format), what->raster.width,
	                    what->raster.height);
}

int rows_make_file(struct picture *picture, const struct row_picture *what)
{
	const bool keep = picture->options->metadata == BR_IMAGE_METADATA_KEEP;
	const struct metadata_change change = change_of(picture, what);
	struct metadata_parts parts;
	int status = metadata_parts_make(&parts, keep ? &picture->metadata : NULL, &change);

	if (!status)
		status = encode(picture, what, &parts);
	metadata_parts_release(&parts);
	return status && status != -ENOTSUP ? fault(picture, what, status) : status;
}
