/* codec_vips.c - every format by libvips' loaders and savers. */
#include "image/codec_vips.h"

#include "image/metadata.h"
#include "image/png_image.h"

struct codec {
	const char *loader, *saver;
	uint32_t side_max; /* of an output */
};

static const struct codec codecs[IMAGE_FORMATS] = {
    [IMAGE_FORMAT_JPEG] = {"jpegload_buffer", "jpegsave_buffer", 65500},
    [IMAGE_FORMAT_PNG] = {"pngload_buffer", "pngsave_buffer", 10000000},
    [IMAGE_FORMAT_WEBP] = {"webpload_buffer", "webpsave_buffer", 16383},
    [IMAGE_FORMAT_TIFF] = {"tiffload_buffer", "tiffsave_buffer", 10000000},
    [IMAGE_FORMAT_GIF] = {"gifload_buffer", "gifsave_buffer", 65535},
    [IMAGE_FORMAT_AVIF] = {"heifload_buffer", "heifsave_buffer", 16384},
    [IMAGE_FORMAT_HEIC] = {"heifload_buffer", "heifsave_buffer", 16384},
    [IMAGE_FORMAT_JXL] = {"jxlload_buffer", "jxlsave_buffer", 10000000},
};

const char *codec_vips_loader(enum image_format format)
{
	return (unsigned)format < IMAGE_FORMATS ? codecs[format].loader : NULL;
}

const char *codec_vips_saver(enum image_format format)
{
	return (unsigned)format < IMAGE_FORMATS ? codecs[format].saver : NULL;
}

/* A larger JPEG is written with the standard's tables. */
#define OPTIMIZE_PIXELS_MAX (UINT64_C(64) << 20)

uint32_t codec_vips_side_max(enum image_format format)
{
	return (unsigned)format < IMAGE_FORMATS ? codecs[format].side_max : 0;
}

static VipsFailOn fail_on(enum image_fail_on level)
{
	switch (level) {
	case IMAGE_FAIL_ON_NONE:
		return VIPS_FAIL_ON_NONE;
	case IMAGE_FAIL_ON_ERROR:
		return VIPS_FAIL_ON_ERROR;
	case IMAGE_FAIL_ON_WARNING:
		return VIPS_FAIL_ON_WARNING;
	case IMAGE_FAIL_ON_TRUNCATED:
	default:
		return VIPS_FAIL_ON_TRUNCATED;
	}
}

int codec_vips_load(enum image_format format, struct bytes bytes,
                    const struct load_options *options, VipsImage **image)
{
	const VipsFailOn level = fail_on(options->fail_on);
	/* libvips takes a pointer to non-const and does not write through it */
	void *data = (void *)(uintptr_t)bytes.data;
	int failed = -1;

	*image = NULL;
	switch (format) {
	case IMAGE_FORMAT_JPEG:
		failed =
		    vips_jpegload_buffer(data, bytes.size, image, "shrink", (int)options->shrink,
		                         "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case IMAGE_FORMAT_PNG:
		failed = vips_pngload_buffer(data, bytes.size, image, "access",
		                             VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case IMAGE_FORMAT_WEBP:
		failed = vips_webpload_buffer(data, bytes.size, image, "scale", options->scale,
		                              "page", (int)options->page, "access",
		                              VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case IMAGE_FORMAT_TIFF:
		failed =
		    vips_tiffload_buffer(data, bytes.size, image, "page", (int)options->page,
		                         "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case IMAGE_FORMAT_GIF:
		failed =
		    vips_gifload_buffer(data, bytes.size, image, "page", (int)options->page,
		                        "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case IMAGE_FORMAT_AVIF:
	case IMAGE_FORMAT_HEIC:
		failed = vips_heifload_buffer(data, bytes.size, image, "access",
		                              VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case IMAGE_FORMAT_JXL:
		failed = vips_jxlload_buffer(data, bytes.size, image, "access",
		                             VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	default:
		break;
	}
	return failed ? ERROR_CORRUPT : 0;
}

unsigned codec_quality(enum image_format format, const struct image_options *options)
{
	return options->format_quality[format] ? options->format_quality[format] : options->quality;
}

/* By our own encoder where it can. zlib's levels end at 9. */
static int save_png(VipsImage *image, const struct image_options *options, void **data,
                    size_t *size)
{
	if (!png_image_save(image, options->png_effort, NULL, 0, data, size))
		return 0;
	return vips_pngsave_buffer(image, data, size, "compression",
	                           (int)VIPS_MIN(options->png_effort, 9), "filter",
	                           VIPS_FOREIGN_PNG_FILTER_ALL, "strip", TRUE, NULL);
}

int codec_vips_save(enum image_format format, VipsImage *image, const struct image_options *options,
                    void **data, size_t *size)
{
	const int q = (int)codec_quality(format, options);
	/* optimal tables take all coefficients in memory: up to 6 bytes a pixel */
	const gboolean optimize =
	    (uint64_t)image->Xsize * (uint64_t)image->Ysize <= OPTIMIZE_PIXELS_MAX;
	/* see metadata.h: the others are given theirs afterwards */
	const gboolean strip = !metadata_wanted(image);
	int failed = -1;

	*data = NULL;
	switch (format) {
	case IMAGE_FORMAT_JPEG:
		failed = vips_jpegsave_buffer(image, data, size, "Q", q, "optimize_coding",
		                              optimize, "strip", TRUE, NULL);
		break;
	case IMAGE_FORMAT_PNG:
		failed = save_png(image, options, data, size);
		break;
	case IMAGE_FORMAT_WEBP:
		failed = vips_webpsave_buffer(image, data, size, "Q", q, "strip", TRUE, NULL);
		break;
	case IMAGE_FORMAT_TIFF:
		failed = vips_tiffsave_buffer(
		    image, data, size, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
		    "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, "strip", strip, NULL);
		break;
	case IMAGE_FORMAT_GIF:
		failed = vips_gifsave_buffer(image, data, size, "strip", TRUE, NULL);
		break;
	case IMAGE_FORMAT_AVIF:
		failed =
		    vips_heifsave_buffer(image, data, size, "Q", q, "bitdepth", 8, "compression",
		                         VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "strip", strip, NULL);
		break;
	case IMAGE_FORMAT_HEIC:
		failed =
		    vips_heifsave_buffer(image, data, size, "Q", q, "bitdepth", 8, "compression",
		                         VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "strip", strip, NULL);
		break;
	case IMAGE_FORMAT_JXL:
		failed = vips_jxlsave_buffer(image, data, size, "Q", q, "strip", strip, NULL);
		break;
	default:
		break;
	}
	return failed ? ERROR_ENCODE : 0;
}
