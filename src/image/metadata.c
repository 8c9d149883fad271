/* metadata.c - what is the same for every format. */
#include "image/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/heif_colour.h"
#include "image/heif_tell.h"
#include "image/jpeg_markers.h"
#include "image/pixels.h"

/* What the image library puts before EXIF, as JPEG does. */
static const char exif_name[] = "Exif\0";

static struct bytes bytes_of(const struct buffer *buffer)
{
	return (struct bytes){buffer->data, buffer->size};
}

/* --- reading ------------------------------------------------------------------------- */

static struct bytes field(const VipsImage *header, const char *name)
{
	const void *data;
	size_t size;

	if (!vips_image_get_typeof(header, name) || vips_image_get_blob(header, name, &data, &size))
		return (struct bytes){0};
	return (struct bytes){data, size};
}

/* XMP of AVIF and HEIC: libvips 8.14 numbers its fields, and doesn't say which is what. */
static struct bytes find_xmp(const VipsImage *header)
{
	static const char *const names[] = {VIPS_META_XMP_NAME, "heif-mime-0", "heif-mime-1",
	                                    "heif-mime-2", "heif-mime-3"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct bytes xmp = field(header, names[i]);

		if (xmp.size && (i == 0 || xmp.data[0] == '<'))
			return xmp;
	}
	return (struct bytes){0};
}

static int read_fields(struct metadata *metadata, const VipsImage *header)
{
	struct bytes exif = field(header, VIPS_META_EXIF_NAME), xmp = find_xmp(header);
	struct bytes iptc = field(header, VIPS_META_IPTC_NAME);
	int status;

	/* pixels per millimetre, 1 where nobody has said any */
	if (header->Xres > 0 && header->Yres > 0 && (header->Xres != 1 || header->Yres != 1))
		metadata->density =
		    (struct density){10 * header->Xres, 10 * header->Yres, DENSITY_CM};
	if (exif.size > sizeof exif_name && !memcmp(exif.data, exif_name, sizeof exif_name))
		exif = (struct bytes){exif.data + sizeof exif_name, exif.size - sizeof exif_name};
	status = buffer_append(&metadata->exif, exif.data, exif.size);
	if (!status)
		status = buffer_append(&metadata->xmp, xmp.data, xmp.size);
	return status ? status : buffer_append(&metadata->iptc, iptc.data, iptc.size);
}

static int read_format(struct metadata *metadata, enum image_format format, struct bytes file,
                       const VipsImage *header)
{
	switch (format) {
	case IMAGE_FORMAT_JPEG:
		return jpeg_markers_read(metadata, file);
	case IMAGE_FORMAT_PNG:
		return png_metadata_read(metadata, file);
	case IMAGE_FORMAT_JXL:
		return jxl_metadata_read(metadata, file);
	default:
		return read_fields(metadata, header);
	}
}

int metadata_read(struct metadata *metadata, enum image_format format, struct bytes file,
                  const VipsImage *header)
{
	int status = read_format(metadata, format, file, header);

	if (!status)
		status = xmp_make_utf8(&metadata->xmp);
	if (status > 0) {
		metadata->lost = true;
		metadata->xmp.size = 0;
		status = 0;
	}
	if (format == IMAGE_FORMAT_AVIF || format == IMAGE_FORMAT_HEIC)
		metadata->turned = heif_orientation(file);
	if (metadata->density.unit == DENSITY_NONE)
		metadata->density = exif_density(bytes_of(&metadata->exif));
	return status;
}

void metadata_release(struct metadata *metadata)
{
	buffer_release(&metadata->exif);
	buffer_release(&metadata->xmp);
	buffer_release(&metadata->iptc);
	buffer_release(&metadata->comment);
	buffer_release(&metadata->text);
}

/* --- an output's parts --------------------------------------------------------------- */

/* Whether EXIF says turned, and the file's own transformations, which count, do not. */
static bool is_tag_ignored(const struct metadata *metadata, const struct metadata_change *change)
{
	const bool heif = change->from == IMAGE_FORMAT_AVIF || change->from == IMAGE_FORMAT_HEIC;

	return heif && metadata->turned == 1 && exif_orientation(bytes_of(&metadata->exif)) != 1;
}

/* The orientation that is said of the output. A tag that did not count is the only word of how the
 * picture was held, and stays: heif-enc writes it, and no transformation, of a JPEG that is to be
 * turned, so that what a JPEG made of it shows is the picture as it was. A TIFF has a tag of its
 * own, which the library writes. */
static unsigned said_orientation(const struct metadata *metadata,
                                 const struct metadata_change *change)
{
	return is_tag_ignored(metadata, change) && change->format != IMAGE_FORMAT_TIFF
	           ? exif_orientation(bytes_of(&metadata->exif))
	           : 1;
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
	if (change->format == IMAGE_FORMAT_JPEG && parts->exif.size > JPEG_EXIF_MAX) {
		parts->exif.size = 0;
		*lost = true;
	}
	return status;
}

/* A JPEG has segments, and a way to go on in others. */
static int fit_xmp(struct metadata_parts *parts)
{
	struct buffer head = BUFFER_HEAP;
	int status = xmp_split(bytes_of(&parts->xmp), JPEG_XMP_MAX, &head, &parts->xmp_more,
	                       parts->xmp_guid);

	buffer_release(&parts->xmp);
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
	if (!status && change->format == IMAGE_FORMAT_JPEG && parts->xmp.size > JPEG_XMP_MAX)
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
	    .exif = BUFFER_HEAP,
	    .xmp = BUFFER_HEAP,
	    .xmp_more = BUFFER_HEAP,
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
	parts->notes = (lost ? IMAGE_NOTE_METADATA_DROPPED : 0) |
	               (is_tag_ignored(metadata, change) ? IMAGE_NOTE_ORIENTATION_IGNORED : 0);
	return status;
}

void metadata_parts_release(struct metadata_parts *parts)
{
	if (!parts->exif.grow)
		return;
	buffer_release(&parts->exif);
	buffer_release(&parts->xmp);
	buffer_release(&parts->xmp_more);
}

/* --- fields for the image library ------------------------------------------------------ */

/* Whether a field is one that a saver would write as metadata. Others say how an animation plays,
 * and the like. */
static bool is_metadata(const char *name)
{
	static const char *const prefixes[] = {
	    "exif-",       "xmp-",        "iptc-", "ipct-", "icc-profile", "photoshop-",
	    "png-comment", "gif-comment", "heif-", "jpeg-", "orientation", "image-description"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (g_str_has_prefix(name, prefixes[i]))
			return true;
	return false;
}

static void *note_field(VipsImage *image, const char *name, GValue *value, void *names)
{
	(void)image;
	(void)value;
	if (is_metadata(name))
		g_ptr_array_add(names, g_strdup(name));
	return NULL;
}

static void remove_metadata(VipsImage *image)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	vips_image_map(image, note_field, names);
	for (guint i = 0; i < names->len; i++)
		vips_image_remove(image, g_ptr_array_index(names, i));
	g_ptr_array_unref(names);
}

/* The library writes no tag of EXIF that is not a field as well; the second directory is the
 * thumbnail's. */
static void *copy_exif_field(VipsImage *header, const char *name, GValue *value, void *image)
{
	(void)header;
	if (g_str_has_prefix(name, "exif-") && !g_str_has_prefix(name, "exif-ifd1") &&
	    strcmp(name, VIPS_META_EXIF_NAME) != 0)
		vips_image_set(image, name, value);
	return NULL;
}

/* A field whose tag is not kept would become an empty one. */
static void remove_subjects(VipsImage *image, struct bytes exif)
{
	if (!exif_has_subject_area(exif))
		(void)vips_image_remove(image, "exif-ifd2-SubjectArea");
	if (!exif_has_subject_location(exif))
		(void)vips_image_remove(image, "exif-ifd2-SubjectLocation");
}

static int set_exif(VipsImage *image, const VipsImage *header, struct bytes exif)
{
	struct buffer named = BUFFER_HEAP;
	int status;

	if (!exif.size)
		return 0;
	status = buffer_append(&named, exif_name, sizeof exif_name);
	if (!status)
		status = buffer_append(&named, exif.data, exif.size);
	if (!status) {
		vips_image_map((VipsImage *)(uintptr_t)header, copy_exif_field, image);
		remove_subjects(image, exif);
		vips_image_set_blob_copy(image, VIPS_META_EXIF_NAME, named.data, named.size);
		vips_image_set_int(image, VIPS_META_ORIENTATION, 1);
	}
	buffer_release(&named);
	return status ? -1 : 0;
}

/* libvips 8.14 hands libtiff a quarter of the length, as was right when libtiff counted these in
 * longs; it counts bytes now. What is too much is zeros, which end the records. */
static int set_iptc(VipsImage *image, struct bytes iptc)
{
	unsigned char *padded;

	if (!iptc.size || iptc.size > UINT32_MAX / 8)
		return 0;
	padded = calloc(iptc.size, 4);
	if (!padded)
		return -1;
	memcpy(padded, iptc.data, iptc.size);
	vips_image_set_blob_copy(image, VIPS_META_IPTC_NAME, padded, 4 * iptc.size);
	free(padded);
	return 0;
}

/* Of the field's unit libvips makes what TIFF says. */
static int set_density(VipsImage **image, const struct density *density)
{
	VipsImage *next;
	double x, y;

	if (!density_to_mm(density, &x, &y))
		return 0;
	if (vips_copy(*image, &next, "xres", x, "yres", y, NULL))
		return -1;
	pixels_step(image, next);
	vips_image_set_string(*image, VIPS_META_RESOLUTION_UNIT, "in");
	return 0;
}

static void set_field(VipsImage *image, const char *name, struct bytes bytes)
{
	if (bytes.size)
		vips_image_set_blob_copy(image, name, bytes.data, bytes.size);
}

static bool is_by_library(enum image_format format)
{
	return format == IMAGE_FORMAT_TIFF || format == IMAGE_FORMAT_AVIF ||
	       format == IMAGE_FORMAT_HEIC;
}

static int set_fields(VipsImage *image, enum image_format format, const VipsImage *header,
                      const struct metadata_parts *parts)
{
	if (is_by_library(format) || format == IMAGE_FORMAT_JXL)
		set_field(image, VIPS_META_ICC_NAME, parts->profile);
	if (!is_by_library(format))
		return 0;
	set_field(image, VIPS_META_XMP_NAME, bytes_of(&parts->xmp));
	return format == IMAGE_FORMAT_TIFF ? set_iptc(image, parts->iptc)
	                                   : set_exif(image, header, bytes_of(&parts->exif));
}

int metadata_prepare(VipsImage **image, enum image_format format, const VipsImage *header,
                     const struct metadata_parts *parts)
{
	VipsImage *next;

	/* our own writer looks at nothing but the pixels, and wants them in memory */
	if (format == IMAGE_FORMAT_PNG && pixels_settled(*image))
		return 0;
	if (vips_copy(*image, &next, NULL))
		return -1;
	remove_metadata(next);
	if (set_fields(next, format, header, parts)) {
		g_object_unref(next);
		return -1;
	}
	pixels_step(image, next);
	return is_by_library(format) ? set_density(image, &parts->density) : 0;
}

/* --- embedding ------------------------------------------------------------------------- */

int metadata_insert(struct buffer *out, size_t at, const void *data, size_t size)
{
	int status = size ? buffer_reserve(out, out->size + size) : 0;

	if (status || !size)
		return status;
	memmove(out->data + at + size, out->data + at, out->size - at);
	memcpy(out->data + at, data, size);
	out->size += size;
	return 0;
}

/* The library says upright in the EXIF that it writes, and would turn the picture by a tag that
 * said otherwise. The EXIF is found by its first ten bytes, which no coded picture has by chance.
 */
static void say_orientation(struct buffer *out, size_t begin, unsigned orientation)
{
	static const char *const heads[] = {"Exif\0\0II*", "Exif\0\0MM\0*"};
	const unsigned char *found = NULL;

	for (int i = 0; i < 2 && !found && orientation != 1; i++)
		found = memmem(out->data + begin, out->size - begin, heads[i], 10);
	if (found) {
		const size_t at = (size_t)(found - out->data) + sizeof exif_name;

		exif_say_orientation(out->data + at, out->size - at, orientation);
	}
}

int metadata_embed(enum image_format format, const struct metadata_parts *parts, struct buffer *out,
                   size_t begin)
{
	switch (format) {
	case IMAGE_FORMAT_JPEG:
		return jpeg_markers_embed(parts, out, begin);
	case IMAGE_FORMAT_PNG:
		return png_metadata_embed(parts, out, begin);
	case IMAGE_FORMAT_WEBP:
		return webp_metadata_embed(parts, out, begin);
	case IMAGE_FORMAT_JXL:
		return jxl_metadata_embed(parts, out, begin);
	case IMAGE_FORMAT_AVIF:
	case IMAGE_FORMAT_HEIC:
		say_orientation(out, begin, parts->orientation);
		return parts->codes.told ? heif_tell_codes(out, begin, &parts->codes) : 0;
	default:
		return 0;
	}
}
