/* scan.c - hands a file to the scan of its format. */
#include "probe/scan.h"

int scan_run(enum br_image_format format, struct bytes bytes, const struct scan_limits *limits,
             struct scan *scan, struct br_error *error)
{
	*scan = (struct scan){.pages = 1};
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		return scan_jpeg(bytes, limits, scan, error);
	case BR_IMAGE_FORMAT_PNG:
		return scan_png(bytes, scan, error);
	case BR_IMAGE_FORMAT_WEBP:
		return scan_webp(bytes, scan, error);
	case BR_IMAGE_FORMAT_GIF:
		return scan_gif(bytes, scan, error);
	case BR_IMAGE_FORMAT_TIFF:
		return scan_tiff(bytes, limits->max_metadata, scan, error);
	case BR_IMAGE_FORMAT_JXL:
		scan->pages = scan_jxl_is_animated(bytes) ? 2 : 1;
		return scan_boxes(bytes, scan, error);
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return scan_boxes(bytes, scan, error);
	default:
		return br_error_set(error, BR_ERROR_INTERNAL, "no scan for format %s",
		                    br_image_format_name(format));
	}
}

int scan_rewrite(enum br_image_format format, struct bytes bytes, struct bytes *rewritten,
                 struct br_error *error)
{
	int status;

	if (format == BR_IMAGE_FORMAT_PNG)
		status = scan_png_rewrite(bytes, rewritten);
	else if (format == BR_IMAGE_FORMAT_JXL)
		status = scan_jxl_rewrite(bytes, rewritten);
	else
		status = scan_webp_rewrite(bytes, rewritten);

	if (status)
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for a copy of %zu bytes",
		                    bytes.size);
	return 0;
}

int scan_raw(struct br_error *error)
{
	return br_error_set(
	    error, BR_ERROR_RAW_THUMBNAIL,
	    "RAW photograph, of which only a thumbnail or preview could be read: "
	    "develop it first (darktable-cli, rawtherapee-cli), or take the camera's "
	    "JPEG (exiftool -b -JpgFromRaw)");
}
