/* fields.c - metadata from and to the image library's fields. */
#include "libvips/fields.h"

#include <stdlib.h>
#include <string.h>

#include "metadata/exif.h"
#include "libvips/pixels.h"

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

/* Pixels per millimetre, 1 if nobody has said any; the shape of a pixel if no unit was said.
 */
static struct density density_of(const VipsImage *header)
{
	const double x = header->Xres, y = header->Yres;

	if (x <= 0 || y <= 0 || (x == 1 && y == 1))
		return (struct density){0};
	if (vips_image_get_typeof(header, VIPS_META_RESOLUTION_UNIT))
		return (struct density){10 * x, 10 * y, DENSITY_CM};
	return x < y || x > y ? (struct density){x, y, DENSITY_SHAPE} : (struct density){0};
}

struct metadata_fields fields_read(const VipsImage *header)
{
	return (struct metadata_fields){
	    .exif = field(header, VIPS_META_EXIF_NAME),
	    .xmp = find_xmp(header),
	    .iptc = field(header, VIPS_META_IPTC_NAME),
	    .profile = field(header, VIPS_META_ICC_NAME),
	    .density = density_of(header),
	};
}

/* --- writing ------------------------------------------------------------------------- */

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
	struct br_buffer named = BR_BUFFER_HEAP;
	int status;

	if (!exif.size)
		return 0;
	status = br_buffer_append(&named, EXIF_NAME, EXIF_NAME_SIZE);
	if (!status)
		status = br_buffer_append(&named, exif.data, exif.size);
	if (!status) {
		vips_image_map((VipsImage *)(uintptr_t)header, copy_exif_field, image);
		remove_subjects(image, exif);
		vips_image_set_blob_copy(image, VIPS_META_EXIF_NAME, named.data, named.size);
		vips_image_set_int(image, VIPS_META_ORIENTATION, 1);
	}
	br_buffer_release(&named);
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

/* Of the field's unit libvips makes what TIFF says; 1 stands for none, also if a number without
 * a unit came with the picture. */
static int set_density(VipsImage **image, const struct density *density)
{
	VipsImage *next;
	double x = 1, y = 1;
	const bool told = density_to_mm(density, &x, &y);

	if (vips_copy(*image, &next, "xres", x, "yres", y, NULL))
		return -1;
	pixels_step(image, next);
	if (told)
		vips_image_set_string(*image, VIPS_META_RESOLUTION_UNIT, "in");
	else
		(void)vips_image_remove(*image, VIPS_META_RESOLUTION_UNIT);
	return 0;
}

static void set_field(VipsImage *image, const char *name, struct bytes bytes)
{
	if (bytes.size)
		vips_image_set_blob_copy(image, name, bytes.data, bytes.size);
}

static bool is_by_library(enum br_image_format format)
{
	return format == BR_IMAGE_FORMAT_TIFF || format == BR_IMAGE_FORMAT_AVIF ||
	       format == BR_IMAGE_FORMAT_HEIC;
}

static int set_fields(VipsImage *image, enum br_image_format format, const VipsImage *header,
                      const struct metadata_parts *parts)
{
	if (is_by_library(format) || format == BR_IMAGE_FORMAT_JXL)
		set_field(image, VIPS_META_ICC_NAME, parts->profile);
	if (!is_by_library(format))
		return 0;
	set_field(image, VIPS_META_XMP_NAME, (struct bytes){parts->xmp.data, parts->xmp.size});
	/* a TIFF's own tag; of AVIF and HEIC it would turn the pixels, see metadata_embed() */
	if (format == BR_IMAGE_FORMAT_TIFF && parts->orientation > 1)
		vips_image_set_int(image, VIPS_META_ORIENTATION, (int)parts->orientation);
	return format == BR_IMAGE_FORMAT_TIFF
	           ? set_iptc(image, parts->iptc)
	           : set_exif(image, header, (struct bytes){parts->exif.data, parts->exif.size});
}

int fields_write(VipsImage **image, enum br_image_format format, const VipsImage *header,
                 const struct metadata_parts *parts)
{
	VipsImage *next;

	/* our own writer looks at the pixels only, and wants them in memory */
	if (format == BR_IMAGE_FORMAT_PNG && pixels_settled(*image))
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
