/* fuzz_exif.c - hostile bytes through what reads and writes metadata, profiles and chunks. The last
 * byte chooses the format that the parts are put into. */
#include <stdlib.h>

#include "colour/colour_codes.h"
#include "metadata/av1_colour.h"
#include "metadata/exif.h"
#include "metadata/gain_map.h"
#include "metadata/heif_colour.h"
#include "metadata/heif_tell.h"
#include "metadata/hevc_colour.h"
#include "colour/icc.h"
#include "metadata/jpeg_markers.h"
#include "metadata/jxl_colour.h"
#include "metadata/metadata.h"
#include "metadata/png_colour.h"

#define METADATA_MAX (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Shown as it is stored. */
static struct placement as_it_is(uint32_t width, uint32_t height)
{
	return (struct placement){width,
	                          height,
	                          1,
	                          {.scaled_width = width,
	                           .scaled_height = height,
	                           .crop_width = width,
	                           .crop_height = height,
	                           .canvas_width = width,
	                           .canvas_height = height}};
}

/* What is kept must be upright, and the same when it goes through once more. */
static void check_exif(struct bytes exif)
{
	const struct exif_change change = {
	    .placement = as_it_is(640, 70000), .orientation = 1, .srgb = true};
	struct br_buffer once = BR_BUFFER_HEAP, twice = BR_BUFFER_HEAP;

	(void)exif_orientation(exif);
	if (exif_change(exif, &change, &once) == 0) {
		const struct bytes kept = {once.data, once.size};

		if (exif_orientation(kept) != 1 || exif_change(kept, &change, &twice) ||
		    twice.size != once.size)
			abort();
	}
	br_buffer_release(&once);
	br_buffer_release(&twice);
}

/* What is embedded must be found again where the format has it. */
static void check_parts(const struct metadata *metadata, struct bytes file, uint8_t choice)
{
	static const enum br_image_format formats[] = {BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_PNG,
	                                               BR_IMAGE_FORMAT_WEBP, BR_IMAGE_FORMAT_JXL};
	const struct metadata_change change = {
	    .placement = as_it_is(10, 20), .format = formats[choice & 3], .profile = file};
	struct metadata_parts parts;
	struct br_buffer out = BR_BUFFER_HEAP;

	if (!metadata_parts_make(&parts, metadata, &change) &&
	    !br_buffer_append(&out, file.data, file.size))
		(void)metadata_embed(formats[choice & 3], &parts, &out, 0);
	metadata_parts_release(&parts);
	br_buffer_release(&out);
}

/* Numbers that are told in an AVIF are found again. */
static void check_colours(struct bytes file)
{
	const struct colour_codes codes = {.told = true, .primaries = 9, .transfer = 16};
	struct br_buffer told = BR_BUFFER_HEAP;

	(void)exif_is_adobe_rgb(file);
	(void)icc_codes(file);
	(void)heif_codes(file);
	(void)av1_codes(file);
	(void)hevc_codes(file);
	(void)jxl_codes(file);
	for (int format = 0; format < BR_IMAGE_FORMATS; format++)
		(void)gain_map_exists((enum br_image_format)format, file);
	if (!br_buffer_append(&told, file.data, file.size) && !heif_tell_codes(&told, 0, &codes) &&
	    heif_codes((struct bytes){told.data, told.size}).transfer != codes.transfer)
		abort();
	br_buffer_release(&told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = {data, size - 1};
	struct metadata metadata = METADATA_NONE;
	struct br_buffer profile = BR_BUFFER_HEAP;
	bool found;

	if (!size)
		return 0;
	check_exif(file);
	(void)icc_classify(file, ICC_RGB);
	(void)icc_classify(file, ICC_GRAY);
	(void)png_colour_read(file);
	check_colours(file);
	(void)jpeg_markers_profile(file, &profile, &found);
	if (file.size >= 2 &&
	    metadata_read(&metadata,
	                  data[size - 1] & 4 ? BR_IMAGE_FORMAT_JPEG : BR_IMAGE_FORMAT_PNG, file,
	                  METADATA_MAX, NULL) == 0) {
		check_exif((struct bytes){metadata.exif.data, metadata.exif.size});
		check_parts(&metadata, file, data[size - 1]);
	}
	metadata_release(&metadata);
	br_buffer_release(&profile);
	return 0;
}
