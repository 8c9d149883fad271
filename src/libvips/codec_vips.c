/* codec_vips.c - every format by libvips' loaders and savers. */
#include "libvips/codec_vips.h"

#include <dlfcn.h>

#include "jpeg/codec_jpeg.h"
#include "libvips/codec_png_image.h"
#include "probe/formats.h"
#include "libvips/pixels.h"
#include "webp/codec_webp.h"

/* Efforts of the encoders, measured on five photographs of 800x600 at quality 80 (seconds of CPU,
 * bytes, PSNR against the picture itself).
 *   WebP  2: 0.08 s 36.1 kB 37.5 dB   4: 0.10 s 35.2 kB 37.8 dB   6: 0.10 s 34.1 kB 37.8 dB
 *   AVIF  2: 0.23 s 40.3 kB 39.1 dB   3: 0.34 s 39.6 kB 39.4 dB   4: 0.89 s 39.3 kB 39.6 dB
 *   JXL   4: 0.08 s 31.3 kB 36.1 dB   5: 0.12 s 26.9 kB 37.1 dB   7: 0.18 s 27.3 kB 37.2 dB
 * AVIF's default of 4 is slower by a factor of 2.6 for 0.7 % of the bytes. WebP's is WEBP_EFFORT.
 */
#define HEIF_EFFORT 3
#define JXL_EFFORT  5

struct codec {
	const char *loader, *saver;
	int heif; /* enum heif_compression_format of libheif; 0: not by it */
};

static const struct codec codecs[BR_IMAGE_FORMATS] = {
    [BR_IMAGE_FORMAT_JPEG] = {"jpegload_buffer", "jpegsave_buffer", 0},
    [BR_IMAGE_FORMAT_PNG] = {"pngload_buffer", "pngsave_buffer", 0},
    [BR_IMAGE_FORMAT_WEBP] = {"webpload_buffer", "webpsave_buffer", 0},
    [BR_IMAGE_FORMAT_TIFF] = {"tiffload_buffer", "tiffsave_buffer", 0},
    [BR_IMAGE_FORMAT_GIF] = {"gifload_buffer", "gifsave_buffer", 0},
    [BR_IMAGE_FORMAT_AVIF] = {"heifload_buffer", "heifsave_buffer", 4},
    [BR_IMAGE_FORMAT_HEIC] = {"heifload_buffer", "heifsave_buffer", 1},
    [BR_IMAGE_FORMAT_JXL] = {"jxlload_buffer", "jxlsave_buffer", 0},
};

static const struct codec *codec_of(enum br_image_format format)
{
	return &codecs[(unsigned)format < BR_IMAGE_FORMATS ? format : BR_IMAGE_FORMAT_UNKNOWN];
}

/* libvips has its HEIF operations whatever libheif can do: that one is asked itself. If it is
 * not to be found (libvips linked in another way) libvips' word is taken. */
static bool heif_has(const char *question, int compression)
{
	int (*have)(int);

	*(void **)&have = dlsym(RTLD_DEFAULT, question);
	return !have || have(compression);
}

static bool has_operation(const char *nickname)
{
	return nickname && vips_type_find("VipsOperation", nickname) != 0;
}

static bool can_load(const struct codec *codec)
{
	return has_operation(codec->loader) &&
	       (!codec->heif || heif_has("heif_have_decoder_for_format", codec->heif));
}

bool codec_vips_can_read(enum br_image_format format)
{
	return !libvips_load(NULL) && can_load(codec_of(format));
}

bool codec_vips_can_write(enum br_image_format format)
{
	const struct codec *codec = codec_of(format);

	return !libvips_load(NULL) && has_operation(codec->saver) &&
	       (!codec->heif || heif_has("heif_have_encoder_for_format", codec->heif));
}

int codec_vips_check_read(enum br_image_format format, struct br_error *error)
{
	const int status = libvips_load(error);

	if (status || can_load(codec_of(format)))
		return status;
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "this system cannot read %s: install %s, or convert the file to PNG",
	                    br_image_format_name(format), format_packages(format));
}

int codec_vips_check_write(enum br_image_format format, struct br_error *error)
{
	const char *packages = format_packages(format);
	const int status = libvips_load(error);

	if (status || codec_vips_can_write(format))
		return status;
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "this system cannot write %s: %s%s%schoose another --format",
	                    br_image_format_name(format), packages ? "install " : "",
	                    packages ? packages : "", packages ? ", or " : "");
}

static VipsFailOn fail_on(enum br_image_fail_on level)
{
	switch (level) {
	case BR_IMAGE_FAIL_ON_NONE:
		return VIPS_FAIL_ON_NONE;
	case BR_IMAGE_FAIL_ON_ERROR:
		return VIPS_FAIL_ON_ERROR;
	case BR_IMAGE_FAIL_ON_WARNING:
		return VIPS_FAIL_ON_WARNING;
	case BR_IMAGE_FAIL_ON_TRUNCATED:
	default:
		return VIPS_FAIL_ON_TRUNCATED;
	}
}

int codec_vips_load(enum br_image_format format, struct bytes bytes,
                    const struct load_options *options, VipsImage **image)
{
	const VipsFailOn level = fail_on(options->fail_on);
	/* libvips takes a pointer to non-const and does not write through it */
	void *data = (void *)(uintptr_t)bytes.data;
	const int pages = options->all ? -1 : 1;
	int failed = -1;

	*image = NULL;
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		failed =
		    vips_jpegload_buffer(data, bytes.size, image, "shrink", (int)options->shrink,
		                         "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case BR_IMAGE_FORMAT_PNG:
		failed = vips_pngload_buffer(data, bytes.size, image, "access",
		                             VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case BR_IMAGE_FORMAT_WEBP:
		failed = vips_webpload_buffer(data, bytes.size, image, "scale", options->scale,
		                              "page", (int)options->page, "n", pages, "access",
		                              VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case BR_IMAGE_FORMAT_TIFF:
		failed = vips_tiffload_buffer(data, bytes.size, image, "page", (int)options->page,
		                              "subifd", (int)options->child - 1, "access",
		                              VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case BR_IMAGE_FORMAT_GIF:
		failed = vips_gifload_buffer(data, bytes.size, image, "page", (int)options->page,
		                             "n", pages, "access", VIPS_ACCESS_SEQUENTIAL,
		                             "fail_on", level, NULL);
		break;
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		failed = vips_heifload_buffer(data, bytes.size, image, "access",
		                              VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	case BR_IMAGE_FORMAT_JXL:
		failed = vips_jxlload_buffer(data, bytes.size, image, "access",
		                             VIPS_ACCESS_SEQUENTIAL, "fail_on", level, NULL);
		break;
	default:
		break;
	}
	return failed ? BR_ERROR_CORRUPT : 0;
}

static VipsForeignSubsample subsample_mode(enum br_image_subsampling subsampling)
{
	switch (subsampling) {
	case BR_IMAGE_SUBSAMPLING_444:
		return VIPS_FOREIGN_SUBSAMPLE_OFF;
	case BR_IMAGE_SUBSAMPLING_420:
		return VIPS_FOREIGN_SUBSAMPLE_ON;
	case BR_IMAGE_SUBSAMPLING_AUTO:
		break;
	}
	return VIPS_FOREIGN_SUBSAMPLE_AUTO;
}

static int save_jpeg(VipsImage *image, const struct br_image_options *options, int q, void **data,
                     size_t *size)
{
	const gboolean optimize =
	    (uint64_t)image->Xsize * (uint64_t)image->Ysize <= JPEG_BUFFERED_PIXELS_MAX;

	return vips_jpegsave_buffer(image, data, size, "Q", q, "optimize_coding", optimize,
	                            "interlace", (gboolean)options->jpeg_progressive,
	                            "subsample_mode", subsample_mode(options->jpeg_subsampling),
	                            "strip", TRUE, NULL);
}

/* A picture that streams cannot be looked at first. */
static int save_png(VipsImage *image, const struct codec_origin *origin,
                    const struct br_image_options *options, void **data, size_t *size)
{
	if (pixels_settled(image) && pixels_bytes(image) <= CODEC_PNG_MAX)
		return codec_png_save(image, origin, options, data, size);
	return vips_pngsave_buffer(image, data, size, "compression",
	                           codec_png_level(options->png_effort), "filter",
	                           VIPS_FOREIGN_PNG_FILTER_ALL, "strip", TRUE, NULL);
}

/* Without loss, libwebp takes quality for effort: 75 is its own default. */
static int save_webp(VipsImage *image, const struct br_image_options *options, int q, void **data,
                     size_t *size)
{
	return vips_webpsave_buffer(image, data, size, "Q", options->lossless ? 75 : q, "lossless",
	                            (gboolean)options->lossless, "effort", WEBP_EFFORT, "strip",
	                            TRUE, NULL);
}

/* How a saver is told what to write beside the picture: by its name and a gint. */
struct keep {
	const char *option;
	gint value;
};

/* libvips 8.14 writes all that is there or nothing. Later ones make EXIF of their own when they are
 * not told to leave it: they are told what is to be kept, in the bits of their VipsForeignKeep. */
static struct keep keep_of(VipsImage *image)
{
	static const char *const names[] = {VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME,
	                                    VIPS_META_IPTC_NAME, VIPS_META_ICC_NAME};
	gint bits = 0;

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (vips_image_get_typeof(image, names[i]))
			bits |= 1 << i;
	if (vips_version(0) > 8 || vips_version(1) >= 15)
		return (struct keep){"keep", bits};
	return (struct keep){"strip", !bits};
}

/* "lossless" alone would leave colour at half its resolution. */
static int save_heif(VipsImage *image, const struct br_image_options *options, int q,
                     VipsForeignHeifCompression compression, struct keep keep, void **data,
                     size_t *size)
{
	return vips_heifsave_buffer(image, data, size, "Q", options->lossless ? 100 : q, "lossless",
	                            (gboolean)options->lossless, "subsample_mode",
	                            options->lossless ? VIPS_FOREIGN_SUBSAMPLE_OFF
	                                              : VIPS_FOREIGN_SUBSAMPLE_AUTO,
	                            "bitdepth", 8, "compression", compression, "effort",
	                            HEIF_EFFORT, keep.option, keep.value, NULL);
}

/* Whether it is the scanned page of black and white that it was. One that has been padded or turned
 * at its size may well have become gray. */
static bool is_bilevel(const VipsImage *image, const struct codec_origin *origin)
{
	const unsigned char *p = (const unsigned char *)image->data;

	if (!origin->bilevel || image->Bands != 1 || image->BandFmt != VIPS_FORMAT_UCHAR ||
	    image->Xsize != (int)origin->width || image->Ysize != (int)origin->height)
		return false;
	/* one that streams has not been looked at, and is of the very size */
	if (!pixels_settled(image))
		return true;
	for (uint64_t i = 0; i < pixels_bytes(image); i++)
		if (p[i] && p[i] != UINT8_MAX)
			return false;
	return true;
}

/* Libtiff's predictors know no pixels of one bit. */
static int save_tiff(VipsImage *image, const struct codec_origin *origin, struct keep keep,
                     void **data, size_t *size)
{
	if (is_bilevel(image, origin))
		return vips_tiffsave_buffer(
		    image, data, size, "compression",
		    origin->fax ? VIPS_FOREIGN_TIFF_COMPRESSION_CCITTFAX4
				: VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
		    "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_NONE, "bitdepth", 1, "miniswhite",
		    (gboolean)origin->white_is_zero, keep.option, keep.value, NULL);
	return vips_tiffsave_buffer(
	    image, data, size, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
	    VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, keep.option, keep.value, NULL);
}

static int save_jxl(VipsImage *image, const struct br_image_options *options, int q,
                    struct keep keep, void **data, size_t *size)
{
	return vips_jxlsave_buffer(image, data, size, "Q", q, "lossless",
	                           (gboolean)options->lossless, "effort", JXL_EFFORT, keep.option,
	                           keep.value, NULL);
}

int codec_vips_save(enum br_image_format format, VipsImage *image,
                    const struct codec_origin *origin, const struct br_image_options *options,
                    void **data, size_t *size)
{
	const int q = (int)format_quality(format, options);
	/* see metadata.h: the others are given theirs afterwards */
	const struct keep keep = keep_of(image);
	int failed = -1;

	*data = NULL;
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		failed = save_jpeg(image, options, q, data, size);
		break;
	case BR_IMAGE_FORMAT_PNG:
		failed = save_png(image, origin, options, data, size);
		break;
	case BR_IMAGE_FORMAT_WEBP:
		failed = save_webp(image, options, q, data, size);
		break;
	case BR_IMAGE_FORMAT_TIFF:
		failed = save_tiff(image, origin, keep, data, size);
		break;
	case BR_IMAGE_FORMAT_GIF:
		failed = vips_gifsave_buffer(image, data, size, "strip", TRUE, NULL);
		break;
	case BR_IMAGE_FORMAT_AVIF:
		failed = save_heif(image, options, q, VIPS_FOREIGN_HEIF_COMPRESSION_AV1, keep, data,
		                   size);
		break;
	case BR_IMAGE_FORMAT_HEIC:
		failed = save_heif(image, options, q, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, keep,
		                   data, size);
		break;
	case BR_IMAGE_FORMAT_JXL:
		failed = save_jxl(image, options, q, keep, data, size);
		break;
	default:
		break;
	}
	return failed ? BR_ERROR_ENCODE : 0;
}
