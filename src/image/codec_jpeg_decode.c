/* codec_jpeg_decode.c - decodes band by band into rings and resamples what has come. */
#include "base/base.h"
#include "image/codec_jpeg_parts.h"

/* Rows of one component in one iMCU row: sampling factors of 4, blocks of 8. */
#define BAND_MAX 32

/* Whether every component with this identifier is decoded to one sample a block: its mean, for
 * which the transform reads the DC coefficient alone. (At two and four samples libjpeg's reads up
 * to the last coefficient: there nothing can be left out.) */
static bool dc_only(const struct jpeg_decompress_struct *in, uint8_t identifier)
{
	bool found = false;

	for (int i = 0; i < in->num_components; i++) {
		if (in->comp_info[i].component_id != identifier)
			continue;
		if (in->comp_info[i].DCT_scaled_size != 1)
			return false;
		found = true;
	}
	return found;
}

/* Scans of AC coefficients that nobody will look at are not shown to libjpeg: the picture is the
 * same. Only where the file is structurally whole (else libjpeg must find out what is missing) and
 * not every flaw counts. */
static void leave_out_scans(struct jpeg_codec *codec)
{
	struct jpeg_decompress_struct *in = &codec->in;
	struct jpeg_outline *outline = &codec->outline;
	unsigned gaps = 0;

	if (!in->progressive_mode || in->min_DCT_scaled_size != 1 ||
	    codec->limits.fail_on >= IMAGE_FAIL_ON_WARNING)
		return;
	jpeg_outline_scans(codec->bytes, outline);
	if (!outline->ended)
		return;
	for (unsigned i = 0; i < outline->scans; i++) {
		const struct jpeg_scan *scan = &outline->scan[i];

		if (scan->from > 0 && scan->from <= scan->to && scan->to < DCTSIZE2 &&
		    dc_only(in, scan->component))
			codec->gap[gaps++] =
			    (struct jpeg_gap){.begin = scan->begin, .end = scan->end};
	}
	if (!gaps)
		return;
	/* Guessing coefficients from their neighbours' is for those that are missing. */
	in->do_block_smoothing = FALSE;
	jpeg_source_leave_out(&codec->source, codec->gap, gaps);
}

/* Decodes one iMCU row into the rings. */
static void decode_band(struct jpeg_codec *codec)
{
	JSAMPROW row[JPEG_COMPONENTS][BAND_MAX];
	JSAMPARRAY planes[JPEG_COMPONENTS];
	JDIMENSION lines =
	    (JDIMENSION)(codec->in.max_v_samp_factor * codec->in.min_DCT_scaled_size);

	for (unsigned c = 0; c < codec->components; c++) {
		struct source_plane *plane = &codec->plane[c];
		uint32_t at = plane->decoded % plane->rows.ring;

		for (uint32_t i = 0; i < plane->band; i++)
			row[c][i] = plane->data + (at + i) * plane->rows.stride;
		planes[c] = row[c];
		plane->decoded += plane->band;
	}
	jpeg_read_raw_data(&codec->in, planes, lines);
}

/* Makes the rows of one target's component that can be made by now, of the source or of another
 * target, which has had its turn before. */
static void resample_rows(struct jpeg_codec *codec, unsigned target, unsigned index)
{
	const struct source_plane *source = &codec->plane[index];
	const uint32_t from = codec->cascade.from[target];
	struct target_plane *plane = &codec->target[target][index];

	if (from == CASCADE_SOURCE) {
		resampler_run(codec->resampler, &plane->pass, &source->rows,
		              source->decoded < source->height ? source->decoded : source->height,
		              plane->stored.data, plane->stored.stride);
	} else {
		const struct target_plane *larger = &codec->target[from][index];
		const struct resampler_rows rows = {.base = larger->stored.data,
		                                    .stride = larger->stored.stride,
		                                    .ring = larger->stored.height};

		resampler_run(codec->resampler, &plane->pass, &rows, larger->pass.next,
		              plane->stored.data, plane->stored.stride);
	}
}

static void resample_band(struct jpeg_codec *codec)
{
	uint64_t before = clock_ns();

	for (unsigned c = 0; c < codec->components; c++)
		for (unsigned t = 0; t < codec->job->targets; t++)
			resample_rows(codec, codec->cascade.order[t], c);
	codec->resize_ns += clock_ns() - before;
}

void codec_jpeg_decode(struct jpeg_codec *codec)
{
	leave_out_scans(codec);
	jpeg_start_decompress(&codec->in);
	while (codec->in.output_scanline < codec->in.output_height) {
		decode_band(codec);
		resample_band(codec);
	}
}
