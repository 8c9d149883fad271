/* formats.c - the table of formats. */
#include "probe/formats.h"

#include <string.h>
#include <strings.h>

#include "probe/scan.h"

#define VIPS_PACKAGES "libvips42"
#define AVIF_PACKAGES \
	"libheif1, from Debian 13 on also libheif-plugin-aomenc and libheif-plugin-dav1d"
#define HEIC_PACKAGES \
	"libheif1, from Debian 13 on also libheif-plugin-x265 and libheif-plugin-libde265"
#define JXL_PACKAGES "libvips42 of Debian 12 or later, which brings libjxl"
#define GIF_PACKAGES "libvips42 of Debian 12 or later, which brings libcgif0"

struct format {
	const char *name;
	const char *extension; /* the usual one */
	const char *aliases;   /* others, a space after each */
	const char *remedy;    /* of one that is not read: what to do */
	uint32_t side_max;     /* of an output, pixels */
	const char *packages;  /* of Debian, with what the image library needs for it */
};

static const struct format formats[BR_IMAGE_FORMATS] = {
    [BR_IMAGE_FORMAT_UNKNOWN] = {"unknown", "", "", NULL, 0, NULL},
    [BR_IMAGE_FORMAT_JPEG] = {"jpeg", "jpg", "jpeg jpe jfif jif ", NULL, 65500, VIPS_PACKAGES},
    [BR_IMAGE_FORMAT_PNG] = {"png", "png", "apng ", NULL, 10000000, VIPS_PACKAGES},
    [BR_IMAGE_FORMAT_WEBP] = {"webp", "webp", "", NULL, 16383, VIPS_PACKAGES},
    [BR_IMAGE_FORMAT_TIFF] = {"tiff", "tif", "tiff ", NULL, 10000000, VIPS_PACKAGES},
    [BR_IMAGE_FORMAT_GIF] = {"gif", "gif", "", NULL, 65535, GIF_PACKAGES},
    [BR_IMAGE_FORMAT_AVIF] = {"avif", "avif", "avifs ", NULL, 16384, AVIF_PACKAGES},
    [BR_IMAGE_FORMAT_HEIC] = {"heic", "heic", "heif hif heics heifs ", NULL, 16384, HEIC_PACKAGES},
    [BR_IMAGE_FORMAT_JXL] = {"jxl", "jxl", "", NULL, 10000000, JXL_PACKAGES},
    [BR_IMAGE_FORMAT_BMP] = {"bmp", "bmp", "dib ", "convert it to PNG first", 0, NULL},
    [BR_IMAGE_FORMAT_JP2] = {"jp2", "jp2", "j2k j2c jpc jpf jpx ",
                             "convert it to PNG first (opj_decompress)", 0, NULL},
    [BR_IMAGE_FORMAT_SVG] =
	{"svg", "svg", "svgz ",
         "a drawing needs no resizing; for pixels, render it first (rsvg-convert)", 0, NULL},
    [BR_IMAGE_FORMAT_PSD] = {"psd", "psd", "psb ", "save it as PNG or TIFF first", 0, NULL},
    [BR_IMAGE_FORMAT_ICO] =
	{"ico", "ico", "cur ",
         "it holds small pictures of its own sizes; take one out first (icotool -x)", 0, NULL},
    [BR_IMAGE_FORMAT_JXR] = {"jxr", "jxr", "wdp hdp ", "convert it to PNG first (JxrDecApp)", 0,
                             NULL},
    [BR_IMAGE_FORMAT_PNM] = {"pnm", "pnm", "ppm pgm pbm pam pfm ",
                             "convert it to PNG first (pnmtopng)", 0, NULL},
    [BR_IMAGE_FORMAT_PDF] = {"pdf", "pdf", "", "render its pages to PNG first (pdftoppm -png)", 0,
                             NULL},
    /* not "raw" and the like, which are no pictures in most places */
    [BR_IMAGE_FORMAT_RAW] =
	{"raw", "dng",
         "3fr arw cr2 cr3 crw dcr erf iiq kdc mef mrw nef nrw orf pef raf rw2 rwl "
         "sr2 srf srw x3f ",
         "develop it first (darktable-cli, rawtherapee-cli)", 0, NULL},
};

const char *br_image_format_name(enum br_image_format format)
{
	if ((unsigned)format >= BR_IMAGE_FORMATS)
		format = BR_IMAGE_FORMAT_UNKNOWN;
	return formats[format].name;
}

bool br_image_format_is_read(enum br_image_format format)
{
	return format > BR_IMAGE_FORMAT_UNKNOWN && format < BR_IMAGE_FORMATS &&
	       !formats[format].remedy;
}

const char *br_image_format_remedy(enum br_image_format format)
{
	return (unsigned)format < BR_IMAGE_FORMATS && formats[format].remedy
	           ? formats[format].remedy
	           : "";
}

const char *br_image_format_extension(enum br_image_format format)
{
	if ((unsigned)format >= BR_IMAGE_FORMATS)
		format = BR_IMAGE_FORMAT_UNKNOWN;
	return formats[format].extension;
}

static bool has_extension(const struct format *format, const char *extension, size_t length)
{
	const char *word = format->aliases;

	if (strlen(format->extension) == length &&
	    !strncasecmp(format->extension, extension, length))
		return true;
	for (size_t word_length; *word; word += word_length + 1) {
		word_length = strcspn(word, " ");
		if (word_length == length && !strncasecmp(word, extension, length))
			return true;
	}
	return false;
}

enum br_image_format br_image_format_of_extension(const char *extension, size_t length)
{
	for (unsigned format = 1; length && format < BR_IMAGE_FORMATS; format++)
		if (has_extension(&formats[format], extension, length))
			return (enum br_image_format)format;
	return BR_IMAGE_FORMAT_UNKNOWN;
}

static const struct format *format_of(enum br_image_format format)
{
	return &formats[(unsigned)format < BR_IMAGE_FORMATS ? format : BR_IMAGE_FORMAT_UNKNOWN];
}

bool format_is_ours(enum br_image_format format)
{
	return format == BR_IMAGE_FORMAT_JPEG || format == BR_IMAGE_FORMAT_PNG;
}

uint32_t format_side_max(enum br_image_format format)
{
	return format_of(format)->side_max;
}

const char *format_packages(enum br_image_format format)
{
	return format_of(format)->packages;
}

int format_check_read(enum br_image_format format, struct br_error *error)
{
	if (format == BR_IMAGE_FORMAT_RAW)
		return scan_raw(error);
	if (!br_image_format_is_read(format))
		return br_error_set(error, BR_ERROR_UNSUPPORTED, "%s files are not supported: %s",
		                    br_image_format_name(format), br_image_format_remedy(format));
	return 0;
}

unsigned format_quality(enum br_image_format format, const struct br_image_options *options)
{
	return options->format_quality[format] ? options->format_quality[format] : options->quality;
}
