/* metadata.c - what is the same for every format. */
#include "metadata/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "metadata/exif.h"
#include "metadata/heif_colour.h"
#include "metadata/heif_tell.h"
#include "metadata/jpeg_markers.h"
#include "metadata/mark.h"

static struct bytes bytes_of(const struct br_buffer *buffer)
{
	return (struct bytes){buffer->data, buffer->size};
}

/* --- reading ------------------------------------------------------------------------- */

static int read_fields(struct metadata *metadata, const struct metadata_fields *fields)
{
	struct bytes exif = fields->exif;
	int status;

	metadata->density = fields->density;
	if (exif.size > EXIF_NAME_SIZE && !memcmp(exif.data, EXIF_NAME, EXIF_NAME_SIZE))
		exif = (struct bytes){exif.data + EXIF_NAME_SIZE, exif.size - EXIF_NAME_SIZE};
	status = br_buffer_append(&metadata->exif, exif.data, exif.size);
	if (!status)
		status = br_buffer_append(&metadata->xmp, fields->xmp.data, fields->xmp.size);
	return status ? status
	              : br_buffer_append(&metadata->iptc, fields->iptc.data, fields->iptc.size);
}

static int read_format(struct metadata *metadata, enum br_image_format format, struct bytes file,
                       uint64_t max, const struct metadata_fields *fields)
{
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		return jpeg_markers_read(metadata, file, max);
	case BR_IMAGE_FORMAT_PNG:
		return png_metadata_read(metadata, file, max);
	case BR_IMAGE_FORMAT_JXL:
		return jxl_metadata_read(metadata, file, max);
	default:
		return read_fields(metadata, fields);
	}
}

static void drop_longer(struct metadata *metadata, struct br_buffer *part, uint64_t max)
{
	if (part->size <= max)
		return;
	part->size = 0;
	metadata->lost = true;
}

static void drop_long(struct metadata *metadata, uint64_t max)
{
	drop_longer(metadata, &metadata->exif, max);
	drop_longer(metadata, &metadata->xmp, max);
	drop_longer(metadata, &metadata->iptc, max);
	drop_longer(metadata, &metadata->comment, max);
	drop_longer(metadata, &metadata->text, max);
}

int metadata_read(struct metadata *metadata, enum br_image_format format, struct bytes file,
                  uint64_t max, const struct metadata_fields *fields)
{
	int status = read_format(metadata, format, file, max, fields);

	drop_long(metadata, max);
	if (!status)
		status = xmp_make_utf8(&metadata->xmp);
	if (status > 0) {
		metadata->lost = true;
		metadata->xmp.size = 0;
		status = 0;
	}
	if (format == BR_IMAGE_FORMAT_AVIF || format == BR_IMAGE_FORMAT_HEIC)
		metadata->turned = heif_orientation(file);
	if (metadata->density.unit == DENSITY_NONE)
		metadata->density = exif_density(bytes_of(&metadata->exif));
	return status;
}

/* --- an output's parts --------------------------------------------------------------- */

/* Whether EXIF says turned, and the file's own transformations, which count, do not. */
static bool is_tag_ignored(const struct metadata *metadata, const struct metadata_change *change)
{
	const bool heif =
	    change->from == BR_IMAGE_FORMAT_AVIF || change->from == BR_IMAGE_FORMAT_HEIC;

	return heif && metadata->turned == 1 && exif_orientation(bytes_of(&metadata->exif)) != 1;
}

/* The orientation that is said of the output. A tag that did not count is the only word of how the
 * picture was held, and stays: heif-enc writes it, and no transformation, of a JPEG that is to be
 * turned, so that what a JPEG made of it shows is the picture as it was. */
static unsigned said_orientation(const struct metadata *metadata,
                                 const struct metadata_change *change)
{
	return is_tag_ignored(metadata, change) ? exif_orientation(bytes_of(&metadata->exif)) : 1;
}

/* What the decoder has turned was stored otherwise: places are said of that. */
static struct placement placement_of(const struct metadata *metadata,
                                     const struct metadata_change *change)
{
	struct placement placement = change->placement;

	if (metadata->turned == 1 || placement.orientation != 1)
		return placement;
	placement.orientation = metadata->turned;
	if (metadata->turned > 4) {
		placement.width = change->placement.height;
		placement.height = change->placement.width;
	}
	return placement;
}

/* Counts a positive code, which says that it can't be relied upon, as lost. */
static int lose(int status, bool *lost)
{
	*lost |= status > 0;
	return status > 0 ? 0 : status;
}

static int make_exif(struct metadata_parts *parts, const struct metadata *metadata,
                     const struct metadata_change *change, bool *lost)
{
	const struct exif_change exif = {
	    .placement = placement_of(metadata, change),
	    .orientation = parts->orientation,
	    .srgb = change->srgb,
	};
	int status = 0;

	if (metadata->exif.size)
		status = lose(exif_change(bytes_of(&metadata->exif), &exif, &parts->exif), lost);
	if (change->format == BR_IMAGE_FORMAT_JPEG && parts->exif.size > JPEG_EXIF_MAX) {
		parts->exif.size = 0;
		*lost = true;
	}
	return status;
}

/* A JPEG has segments, and a way to go on in others. */
static int fit_xmp(struct metadata_parts *parts)
{
	struct br_buffer head = BR_BUFFER_HEAP;
	int status = xmp_split(bytes_of(&parts->xmp), JPEG_XMP_MAX, &head, &parts->xmp_more,
	                       parts->xmp_guid);

	br_buffer_release(&parts->xmp);
	parts->xmp = head;
	return status;
}

static int make_xmp(struct metadata_parts *parts, const struct metadata *metadata,
                    const struct metadata_change *change, bool *lost)
{
	const struct xmp_change xmp = {
	    .placement = placement_of(metadata, change),
	    .orientation = parts->orientation,
	    .srgb = change->srgb,
	    .gray = change->gray,
	    .recoded = change->from != change->format,
	};
	int status = 0;

	if (metadata->xmp.size)
		status = xmp_change(bytes_of(&metadata->xmp), &xmp, &parts->xmp, lost);
	if (!status && change->format == BR_IMAGE_FORMAT_JPEG && parts->xmp.size > JPEG_XMP_MAX)
		status = fit_xmp(parts);
	return lose(status, lost);
}

struct density metadata_density(const struct metadata *metadata, unsigned orientation)
{
	struct density density = metadata->density;

	if (orientation > 4) {
		density.x = metadata->density.y;
		density.y = metadata->density.x;
	}
	return density;
}

int metadata_parts_make(struct metadata_parts *parts, const struct metadata *metadata,
                        const struct metadata_change *change)
{
	bool lost;
	int status;

	*parts = (struct metadata_parts){
	    .exif = BR_BUFFER_HEAP,
	    .xmp = BR_BUFFER_HEAP,
	    .xmp_more = BR_BUFFER_HEAP,
	    .profile = change->profile,
	    .codes = change->codes,
	};
	if (!metadata)
		return 0;
	lost = metadata->lost;
	parts->iptc = bytes_of(&metadata->iptc);
	parts->comment = bytes_of(&metadata->comment);
	parts->text = bytes_of(&metadata->text);
	parts->orientation = said_orientation(metadata, change);
	parts->density = metadata_density(metadata, change->placement.orientation);
	status = make_exif(parts, metadata, change, &lost);
	if (!status)
		status = make_xmp(parts, metadata, change, &lost);
	parts->notes = (lost ? BR_IMAGE_NOTE_METADATA_DROPPED : 0) |
	               (is_tag_ignored(metadata, change) ? BR_IMAGE_NOTE_ORIENTATION_IGNORED : 0);
	return status;
}

/* --- embedding ------------------------------------------------------------------------- */

/* The library says upright in the EXIF that it writes, and would turn the picture by a tag that
 * said otherwise; and it makes a density up if there is none. The EXIF is found by its first ten
 * bytes, which no coded picture has by chance. */
static void mend_exif(const struct metadata_parts *parts, struct br_buffer *out, size_t begin)
{
	static const char *const heads[] = {"Exif\0\0II*", "Exif\0\0MM\0*"};
	const unsigned char *found = NULL;
	size_t at;

	for (int i = 0; i < 2 && !found && parts->exif.size; i++)
		found = memmem(out->data + begin, out->size - begin, heads[i], 10);
	if (!found)
		return;
	at = (size_t)(found - out->data) + EXIF_NAME_SIZE;
	exif_say_orientation(out->data + at, out->size - at, parts->orientation);
	if (parts->density.unit == DENSITY_NONE || parts->density.unit == DENSITY_SHAPE)
		exif_say_no_density(out->data + at, out->size - at);
}

int metadata_embed(enum br_image_format format, const struct metadata_parts *parts,
                   struct br_buffer *out, size_t begin)
{
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		return jpeg_markers_embed(parts, out, begin);
	case BR_IMAGE_FORMAT_PNG:
		return png_metadata_embed(parts, out, begin);
	case BR_IMAGE_FORMAT_WEBP:
		return webp_metadata_embed(parts, out, begin);
	case BR_IMAGE_FORMAT_JXL:
		return jxl_metadata_embed(parts, out, begin);
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		mend_exif(parts, out, begin);
		return parts->codes.told ? heif_tell_codes(out, begin, &parts->codes) : 0;
	case BR_IMAGE_FORMAT_TIFF:
		return mark_tiff(out, begin);
	case BR_IMAGE_FORMAT_GIF:
		return mark_gif(out, begin);
	default:
		return 0;
	}
}
