/* exif_thumbnail.c - the thumbnail, which is of the picture as it was, goes out of EXIF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/exif_tiff.h"

/* How many kept things begin, less how many end, at each byte of a region and right behind it. */
struct cover {
	struct exif_region region;
	int32_t *change;
};

static void cover(const struct cover *cover, uint64_t at, uint64_t size)
{
	const uint64_t begin = cover->region.at, end = begin + cover->region.size;

	if (!size || at >= end || at + size <= begin)
		return;
	cover->change[at > begin ? at - begin : 0]++;
	cover->change[(at + size < end ? at + size : end) - begin]--;
}

static void cover_directory(const struct exif_tiff *tiff, const struct directory *directory,
                            const struct cover *region)
{
	if (!directory->at)
		return;
	cover(region, directory->at - 2, directory_end(directory) - directory->at + 2);
	for (uint32_t i = 0; i < directory->entries; i++) {
		const struct exif_region values =
		    directory_values(tiff, directory_entry(directory, i));

		cover(region, values.at, values.size);
	}
}

/* Makes zeros of what is not covered. Returns where the last covered byte ends; 0: none is. */
static uint64_t erase_between(struct exif_tiff *tiff, const struct cover *cover)
{
	uint64_t last = 0;
	int64_t depth = 0;

	for (uint64_t i = 0; i < cover->region.size; i++) {
		depth += cover->change[i];
		if (depth > 0)
			last = cover->region.at + i + 1;
		else
			tiff->data[cover->region.at + i] = 0;
	}
	return last;
}

static int erase(struct exif_tiff *tiff, const struct kept *kept, struct exif_region region)
{
	struct cover cover = {.region = region};
	uint64_t last;

	if (!region.size || region.at >= tiff->size)
		return 0;
	if (region.size > tiff->size - region.at)
		cover.region.size = tiff->size - region.at;
	cover.change = calloc(cover.region.size + 1, sizeof *cover.change);
	if (!cover.change)
		return -ENOMEM;
	for (unsigned i = 0; i < kept->count; i++)
		cover_directory(tiff, &kept->directory[i], &cover);
	last = erase_between(tiff, &cover);
	if (cover.region.at + cover.region.size == tiff->size)
		tiff->size = last ? last : cover.region.at;
	free(cover.change);
	return 0;
}

/* What the tags say of a thumbnail's place: as JPEG, or as one strip. Cut to what is there. */
static struct exif_region pointed_region(const struct exif_tiff *tiff,
                                         const struct directory *directory, uint32_t offset,
                                         uint32_t bytes)
{
	struct exif_region region = {directory_value(tiff, directory, offset),
	                             directory_value(tiff, directory, bytes)};

	if (region.at < TIFF_HEADER || region.at >= tiff->size)
		return (struct exif_region){0};
	if (region.size > tiff->size - region.at)
		region.size = tiff->size - region.at;
	return region;
}

/* A second directory that is not there has no thumbnail that could be found: its link alone goes.
 */
int exif_drop_thumbnail(struct exif_tiff *tiff, const struct kept *kept)
{
	const struct directory *first = &kept->directory[0];
	const uint64_t link = directory_end(first) - 4;
	struct directory second;
	struct exif_region region[3];
	int status = 0;

	if (!first->whole || !tiff_get32(tiff, link))
		return 0;
	if (!directory_open(tiff, tiff_get32(tiff, link), &second)) {
		tiff_put(tiff, link, 0, 4);
		return 0;
	}
	region[0] = pointed_region(tiff, &second, TAG_JPEG_OFFSET, TAG_JPEG_BYTES);
	region[1] = pointed_region(tiff, &second, TAG_STRIP_OFFSETS, TAG_STRIP_BYTES);
	region[2] = (struct exif_region){second.at - 2, directory_end(&second) - second.at + 2};
	tiff_put(tiff, link, 0, 4);
	for (int i = 0; i < 3 && !status; i++)
		status = erase(tiff, kept, region[i]);
	return status;
}
