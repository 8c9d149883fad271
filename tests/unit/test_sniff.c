/* test_sniff.c - formats by their magic bytes, names and extensions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <batchresize/image.h>

struct sample {
	enum image_format format;
	size_t size;
	const char *bytes;
};

/* A string literal with its NULs. */
#define BYTES(literal) sizeof(literal) - 1, literal

static const struct sample samples[] = {
    {IMAGE_FORMAT_JPEG, BYTES("\xff\xd8\xff\xe0")},
    {IMAGE_FORMAT_JPEG, BYTES("\xff\xd8\xff")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("\xff\xd8")},
    {IMAGE_FORMAT_PNG, BYTES("\x89PNG\r\n\x1a\n")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("\x89PNG\n\x1a\n")}, /* a transfer took the CR */
    {IMAGE_FORMAT_GIF, BYTES("GIF87a")},
    {IMAGE_FORMAT_GIF, BYTES("GIF89a")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("GIF90a")},
    {IMAGE_FORMAT_WEBP, BYTES("RIFF\0\0\0\0WEBP")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("RIFF\0\0\0\0WAVE")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("RIFX\0\0\0\0WEBP")},
    {IMAGE_FORMAT_TIFF, BYTES("II*\0")},
    {IMAGE_FORMAT_TIFF, BYTES("MM\0*")},
    {IMAGE_FORMAT_TIFF, BYTES("II+\0")},
    {IMAGE_FORMAT_TIFF, BYTES("MM\0+")},
    {IMAGE_FORMAT_AVIF, BYTES("\0\0\0\x1c"
                              "ftypavif\0\0\0\0")},
    {IMAGE_FORMAT_AVIF, BYTES("\0\0\0\x1c"
                              "ftypmif1\0\0\0\0mif1avifmiaf")},
    {IMAGE_FORMAT_HEIC, BYTES("\0\0\0\x18"
                              "ftypheic\0\0\0\0mif1heic")},
    {IMAGE_FORMAT_HEIC, BYTES("\0\0\0\x18"
                              "ftypmif1\0\0\0\0mif1heic")},
    {IMAGE_FORMAT_HEIC, BYTES("\0\0\0\x18"
                              "ftypmsf1\0\0\0\0mif1miaf")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("\0\0\0\x18"
                                 "ftypisom\0\0\0\0mp41mp42")},
    /* the brand lies beyond the box */
    {IMAGE_FORMAT_UNKNOWN, BYTES("\0\0\0\x10"
                                 "ftypisom\0\0\0\0avif")},
    {IMAGE_FORMAT_JXL, BYTES("\xff\x0a\x00")},
    {IMAGE_FORMAT_JXL, BYTES("\0\0\0\x0cJXL \r\n\x87\n")},
    {IMAGE_FORMAT_JP2, BYTES("\0\0\0\x0cjP  \r\n\x87\n")},
    {IMAGE_FORMAT_JP2, BYTES("\xff\x4f\xff\x51")},
    {IMAGE_FORMAT_BMP, BYTES("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("BMW is a car, and no bitmap")},
    {IMAGE_FORMAT_PSD, BYTES("8BPS\0\1")},
    {IMAGE_FORMAT_ICO, BYTES("\0\0\1\0\1\0\x10\x10\0\0")},
    {IMAGE_FORMAT_JXR, BYTES("II\xbc\x01")},
    {IMAGE_FORMAT_PDF, BYTES("%PDF-1.7")},
    {IMAGE_FORMAT_RAW, BYTES("IIRO\x08\0\0\0")},
    {IMAGE_FORMAT_RAW, BYTES("MMOR\0\0\0\x08")},
    {IMAGE_FORMAT_RAW, BYTES("IIU\0\x18\0\0\0")},
    {IMAGE_FORMAT_RAW, BYTES("FUJIFILMCCD-RAW 0201")},
    {IMAGE_FORMAT_RAW, BYTES("II\x1a\0\0\0HEAPCCDR")},
    {IMAGE_FORMAT_RAW, BYTES("\0\0\0\x18"
                             "ftypcrx \0\0\0\1")},
    {IMAGE_FORMAT_PNM, BYTES("P6\n640 480")},
    {IMAGE_FORMAT_PNM, BYTES("P5 # a comment")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("P6 sells well")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("Pf and PF")},
    {IMAGE_FORMAT_SVG, BYTES("<svg xmlns=")},
    {IMAGE_FORMAT_SVG, BYTES("\xef\xbb\xbf \n<?xml version=\"1.0\"?>\n<svg>")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("<?xml version=\"1.0\"?>\n<html>")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("a text that mentions <svg")},
    {IMAGE_FORMAT_SVG, BYTES("\x1f\x8b\x08\x08\0\0\0\0\0\3logo.svg\0")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("\x1f\x8b\x08\x00\0\0\0\0\0\3logo.svg")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("")},
    {IMAGE_FORMAT_UNKNOWN, BYTES("just text")},
};

static void knows_magic_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		assert_int_equal(image_sniff(samples[i].bytes, samples[i].size), samples[i].format);
}

/* Every prefix, in memory of exactly that size so that a sanitizer sees a read beyond it. */
static void reads_no_further_than_it_may(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		for (size_t size = 0; size <= samples[i].size; size++) {
			unsigned char *copy = test_malloc(size ? size : 1);
			enum image_format format;

			memcpy(copy, samples[i].bytes, size);
			format = image_sniff(copy, size);
			assert_true(format < IMAGE_FORMATS);
			test_free(copy);
		}
}

static void every_format_has_a_name_and_extension(void **state)
{
	(void)state;
	for (int format = 1; format < IMAGE_FORMATS; format++) {
		const char *extension = image_format_extension((enum image_format)format);

		assert_string_not_equal(image_format_name((enum image_format)format), "unknown");
		assert_true(strlen(extension) >= 3);
		assert_int_equal(image_format_of_extension(extension, strlen(extension)), format);
	}
	assert_string_equal(image_format_name(IMAGE_FORMAT_UNKNOWN), "unknown");
	assert_string_equal(image_format_extension(IMAGE_FORMAT_UNKNOWN), "");
	assert_string_equal(image_format_name((enum image_format)99), "unknown");
	assert_string_equal(image_format_extension(IMAGE_FORMAT_JPEG), "jpg");
}

static void knows_extensions(void **state)
{
	(void)state;
	assert_int_equal(image_format_of_extension("JPEG", 4), IMAGE_FORMAT_JPEG);
	assert_int_equal(image_format_of_extension("jpgx", 3), IMAGE_FORMAT_JPEG);
	assert_int_equal(image_format_of_extension("jpgx", 4), IMAGE_FORMAT_UNKNOWN);
	assert_int_equal(image_format_of_extension("Tif", 3), IMAGE_FORMAT_TIFF);
	assert_int_equal(image_format_of_extension("TIFF", 4), IMAGE_FORMAT_TIFF);
	assert_int_equal(image_format_of_extension("hif", 3), IMAGE_FORMAT_HEIC);
	assert_int_equal(image_format_of_extension("txt", 3), IMAGE_FORMAT_UNKNOWN);
	assert_int_equal(image_format_of_extension("", 0), IMAGE_FORMAT_UNKNOWN);
	assert_int_equal(image_format_of_extension("jp", 2), IMAGE_FORMAT_UNKNOWN);
}

static void every_note_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < IMAGE_NOTES; i++)
		assert_true(strlen(image_note_name(1U << i)) > 3);
	assert_string_equal(image_note_name(IMAGE_NOTE_TRUNCATED), "truncated");
	assert_string_equal(image_note_name(IMAGE_NOTE_CHANGED_FORMAT), "changed-format");
	assert_string_equal(image_note_name(0), "");
	assert_string_equal(image_note_name(1U << IMAGE_NOTES), "");
	assert_string_equal(image_note_name(3), "");
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
