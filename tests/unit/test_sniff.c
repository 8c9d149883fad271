/* test_sniff.c - formats by their magic bytes, names and extensions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <batchresize/image.h>

struct sample {
	enum br_image_format format;
	size_t size;
	const char *bytes;
};

/* A string literal with its NULs. */
#define BYTES(literal) sizeof(literal) - 1, literal

static const struct sample samples[] = {
    {BR_IMAGE_FORMAT_JPEG, BYTES("\xff\xd8\xff\xe0")},
    {BR_IMAGE_FORMAT_JPEG, BYTES("\xff\xd8\xff")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("\xff\xd8")},
    {BR_IMAGE_FORMAT_PNG, BYTES("\x89PNG\r\n\x1a\n")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("\x89PNG\n\x1a\n")}, /* a transfer took the CR */
    {BR_IMAGE_FORMAT_GIF, BYTES("GIF87a")},
    {BR_IMAGE_FORMAT_GIF, BYTES("GIF89a")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("GIF90a")},
    {BR_IMAGE_FORMAT_WEBP, BYTES("RIFF\0\0\0\0WEBP")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("RIFF\0\0\0\0WAVE")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("RIFX\0\0\0\0WEBP")},
    {BR_IMAGE_FORMAT_TIFF, BYTES("II*\0")},
    {BR_IMAGE_FORMAT_TIFF, BYTES("MM\0*")},
    {BR_IMAGE_FORMAT_TIFF, BYTES("II+\0")},
    {BR_IMAGE_FORMAT_TIFF, BYTES("MM\0+")},
    {BR_IMAGE_FORMAT_AVIF, BYTES("\0\0\0\x1c"
                                 "ftypavif\0\0\0\0")},
    {BR_IMAGE_FORMAT_AVIF, BYTES("\0\0\0\x1c"
                                 "ftypmif1\0\0\0\0mif1avifmiaf")},
    {BR_IMAGE_FORMAT_HEIC, BYTES("\0\0\0\x18"
                                 "ftypheic\0\0\0\0mif1heic")},
    {BR_IMAGE_FORMAT_HEIC, BYTES("\0\0\0\x18"
                                 "ftypmif1\0\0\0\0mif1heic")},
    {BR_IMAGE_FORMAT_HEIC, BYTES("\0\0\0\x18"
                                 "ftypmsf1\0\0\0\0mif1miaf")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("\0\0\0\x18"
                                    "ftypisom\0\0\0\0mp41mp42")},
    /* the brand lies beyond the box */
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("\0\0\0\x10"
                                    "ftypisom\0\0\0\0avif")},
    {BR_IMAGE_FORMAT_JXL, BYTES("\xff\x0a\x00")},
    {BR_IMAGE_FORMAT_JXL, BYTES("\0\0\0\x0cJXL \r\n\x87\n")},
    {BR_IMAGE_FORMAT_JP2, BYTES("\0\0\0\x0cjP  \r\n\x87\n")},
    {BR_IMAGE_FORMAT_JP2, BYTES("\xff\x4f\xff\x51")},
    {BR_IMAGE_FORMAT_BMP, BYTES("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("BMW is a car, and no bitmap")},
    {BR_IMAGE_FORMAT_PSD, BYTES("8BPS\0\1")},
    {BR_IMAGE_FORMAT_ICO, BYTES("\0\0\1\0\1\0\x10\x10\0\0")},
    {BR_IMAGE_FORMAT_JXR, BYTES("II\xbc\x01")},
    {BR_IMAGE_FORMAT_PDF, BYTES("%PDF-1.7")},
    {BR_IMAGE_FORMAT_RAW, BYTES("IIRO\x08\0\0\0")},
    {BR_IMAGE_FORMAT_RAW, BYTES("MMOR\0\0\0\x08")},
    {BR_IMAGE_FORMAT_RAW, BYTES("IIU\0\x18\0\0\0")},
    {BR_IMAGE_FORMAT_RAW, BYTES("FUJIFILMCCD-RAW 0201")},
    {BR_IMAGE_FORMAT_RAW, BYTES("II\x1a\0\0\0HEAPCCDR")},
    {BR_IMAGE_FORMAT_RAW, BYTES("\0\0\0\x18"
                                "ftypcrx \0\0\0\1")},
    {BR_IMAGE_FORMAT_PNM, BYTES("P6\n640 480")},
    {BR_IMAGE_FORMAT_PNM, BYTES("P5 # a comment")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("P6 sells well")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("Pf and PF")},
    {BR_IMAGE_FORMAT_SVG, BYTES("<svg xmlns=")},
    {BR_IMAGE_FORMAT_SVG, BYTES("\xef\xbb\xbf \n<?xml version=\"1.0\"?>\n<svg>")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("<?xml version=\"1.0\"?>\n<html>")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("a text that mentions <svg")},
    {BR_IMAGE_FORMAT_SVG, BYTES("\x1f\x8b\x08\x08\0\0\0\0\0\3logo.svg\0")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("\x1f\x8b\x08\x00\0\0\0\0\0\3logo.svg")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("")},
    {BR_IMAGE_FORMAT_UNKNOWN, BYTES("just text")},
};

static void knows_magic_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		assert_int_equal(br_image_sniff(samples[i].bytes, samples[i].size),
		                 samples[i].format);
}

/* Every prefix, in memory of exactly that size so that a sanitizer sees a read beyond it. */
static void reads_no_further_than_it_may(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		for (size_t size = 0; size <= samples[i].size; size++) {
			unsigned char *copy = test_malloc(size ? size : 1);
			enum br_image_format format;

			memcpy(copy, samples[i].bytes, size);
			format = br_image_sniff(copy, size);
			assert_true(format < BR_IMAGE_FORMATS);
			test_free(copy);
		}
}

static void every_format_has_a_name_and_extension(void **state)
{
	(void)state;
	for (int format = 1; format < BR_IMAGE_FORMATS; format++) {
		const char *extension = br_image_format_extension((enum br_image_format)format);

		assert_string_not_equal(br_image_format_name((enum br_image_format)format),
		                        "unknown");
		assert_true(strlen(extension) >= 3);
		assert_int_equal(br_image_format_of_extension(extension, strlen(extension)),
		                 format);
	}
	assert_string_equal(br_image_format_name(BR_IMAGE_FORMAT_UNKNOWN), "unknown");
	assert_string_equal(br_image_format_extension(BR_IMAGE_FORMAT_UNKNOWN), "");
	assert_string_equal(br_image_format_name((enum br_image_format)99), "unknown");
	assert_string_equal(br_image_format_extension(BR_IMAGE_FORMAT_JPEG), "jpg");
}

static void knows_extensions(void **state)
{
	(void)state;
	assert_int_equal(br_image_format_of_extension("JPEG", 4), BR_IMAGE_FORMAT_JPEG);
	assert_int_equal(br_image_format_of_extension("jpgx", 3), BR_IMAGE_FORMAT_JPEG);
	assert_int_equal(br_image_format_of_extension("jpgx", 4), BR_IMAGE_FORMAT_UNKNOWN);
	assert_int_equal(br_image_format_of_extension("Tif", 3), BR_IMAGE_FORMAT_TIFF);
	assert_int_equal(br_image_format_of_extension("TIFF", 4), BR_IMAGE_FORMAT_TIFF);
	assert_int_equal(br_image_format_of_extension("hif", 3), BR_IMAGE_FORMAT_HEIC);
	assert_int_equal(br_image_format_of_extension("txt", 3), BR_IMAGE_FORMAT_UNKNOWN);
	assert_int_equal(br_image_format_of_extension("", 0), BR_IMAGE_FORMAT_UNKNOWN);
	assert_int_equal(br_image_format_of_extension("jp", 2), BR_IMAGE_FORMAT_UNKNOWN);
}

static void every_note_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BR_IMAGE_NOTES; i++)
		assert_true(strlen(br_image_note_name(1U << i)) > 3);
	assert_string_equal(br_image_note_name(BR_IMAGE_NOTE_TRUNCATED), "truncated");
	assert_string_equal(br_image_note_name(BR_IMAGE_NOTE_CHANGED_FORMAT), "changed-format");
	assert_string_equal(br_image_note_name(0), "");
	assert_string_equal(br_image_note_name(1U << BR_IMAGE_NOTES), "");
	assert_string_equal(br_image_note_name(3), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_magic_bytes),
	    cmocka_unit_test(reads_no_further_than_it_may),
	    cmocka_unit_test(every_format_has_a_name_and_extension),
	    cmocka_unit_test(knows_extensions),
	    cmocka_unit_test(every_note_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
