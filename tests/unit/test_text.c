/* Texts for people and for programs: escaping, numbers, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/json.h"
#include "text/text.h"

static void assert_text(struct text *text, const char *expected)
{
	assert_int_equal(text->status, 0);
	text_add_bytes(text, "", 1);
	assert_string_equal((const char *)text->bytes.data, expected);
	text_clear(text);
}

static void test_escaped(void **state)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {
	    {"", ""},
	    {"plain name.jpg", "plain name.jpg"},
	    {"back\\slash", "back\\slash"},
	    {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
	    {"\033[31mred", "\\x1b[31mred"},
	    {"\x7f", "\\x7f"},
	    {"\xC2\x9B", "\\xc2\\x9b"}, /* C1: CSI in one character */
	    {"\xC2\xA0", "\xC2\xA0"},
	    {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
	    {"\xFFx", "\\xffx"},
	    {"cut \xE2\x82", "cut \\xe2\\x82"},
	    {"\xE2\x80\xAEgpj\xE2\x80\xAC", "\\u202Egpj\\u202C"},
	    {"\xF0\x9F\x93\xB7", "\xF0\x9F\x93\xB7"},
	};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_add_escaped(&text, rows[i].name);
		assert_text(&text, rows[i].shown);
	}
	text_release(&text);
}

/* Sequences that are not UTF-8, and how many bytes one U+FFFD stands for: the examples of The
 * Unicode Standard, section 3.9. */
static void test_invalid_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t lengths[6];
	} rows[] = {
	    {"\xC0\xAF", {1, 1}},
	    {"\xE0\x80\xBF", {1, 1, 1}},
	    {"\xF0\x81\x82\x41", {1, 1, 1}},
	    {"\xED\xA0\x80", {1, 1, 1}},
	    {"\xF4\x90\x80\x80", {1, 1, 1, 1}},
	    {"\xE1\x80\xE2", {2, 1}},
	    {"\xF0\x91\x92\xF1\xBF\x41", {3, 2}},
	    {"\xFF", {1}},
	    {"\x80", {1}},
	    {"\xF5\x80", {1, 1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const unsigned char *next = (const unsigned char *)rows[i].bytes;
		size_t left = strlen(rows[i].bytes);

		assert_false(text_is_utf8(rows[i].bytes));
		for (size_t j = 0; rows[i].lengths[j] > 0; j++) {
			int32_t code = 0;

			assert_int_equal(text_character(next, left, &code), rows[i].lengths[j]);
			assert_int_equal(code, -1);
			next += rows[i].lengths[j];
			left -= rows[i].lengths[j];
		}
	}
	assert_true(text_is_utf8("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x93\xB7\xF4\x8F\xBF\xBF"));
}

static void test_numbers(void **state)
{
	struct text text = TEXT_EMPTY;

	(void)state;
	text_add_count(&text, 0);
	assert_text(&text, "0");
	text_add_count(&text, 999);
	assert_text(&text, "999");
	text_add_count(&text, 1000);
	assert_text(&text, "1,000");
	text_add_count(&text, 1002003);
	assert_text(&text, "1,002,003");
	text_add_count(&text, UINT64_MAX);
	assert_text(&text, "18,446,744,073,709,551,615");
	text_add_counted(&text, 1, "image", "images");
	assert_text(&text, "1 image");
	text_add_counted(&text, 0, "image", "images");
	assert_text(&text, "0 images");
	text_release(&text);
}

static void test_sizes_and_rates(void **state)
{
	static const struct {
		double value;
		const char *size, *rate;
	} rows[] = {
	    {0, "0 B", "0.00"},
	    {0.25, "0 B", "0.25"},
	    {9.96, "10 B", "10.0"},
	    {999.4, "999 B", "999.4"},
	    {999.6, "1.0 kB", "999.6"},
	    {1234, "1.2 kB", "1,234"},
	    {99949, "99.9 kB", "99,949"},
	    {99960, "100 kB", "99,960"},
	    {999499, "999 kB", "999,499"},
	    {999500, "1.0 MB", "999,500"},
	    {3.4e9, "3.4 GB", "3,400,000,000"},
	};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_add_size(&text, rows[i].value);
		assert_text(&text, rows[i].size);
		text_add_rate(&text, rows[i].value);
		assert_text(&text, rows[i].rate);
	}
	text_release(&text);
}

static void test_seconds(void **state)
{
	static const struct {
		double value;
		const char *shown;
	} rows[] = {
	    {-1, "0.000 s"},         {0.0421, "0.042 s"},    {0.9996, "1.0 s"},
	    {12.34, "12.3 s"},       {59.96, "1 min 00 s"},  {312, "5 min 12 s"},
	    {3599.4, "59 min 59 s"}, {3599.6, "1 h 00 min"}, {7380, "2 h 03 min"},
	};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_add_seconds(&text, rows[i].value);
		assert_text(&text, rows[i].shown);
	}
	text_release(&text);
}

static void test_json_strings(void **state)
{
	struct text text = TEXT_EMPTY;

	(void)state;
	json_string(&text, "a\"b\\c\n\t\x01\x7f/\xC3\xBC");
	assert_text(&text, "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f/\xC3\xBC\"");
	json_string(&text, "\xFF\xE2\x82x");
	assert_text(&text, "\"\xEF\xBF\xBD\xEF\xBF\xBDx\"");
	text_release(&text);
}

/* The test vectors of RFC 4648, section 10. */
static void test_base64(void **state)
{
	static const struct {
		const char *bytes, *encoded;
	} rows[] = {{"", "\"\""},
	            {"f", "\"Zg==\""},
	            {"fo", "\"Zm8=\""},
	            {"foo", "\"Zm9v\""},
	            {"foob", "\"Zm9vYg==\""},
	            {"fooba", "\"Zm9vYmE=\""},
	            {"foobar", "\"Zm9vYmFy\""},
	            {"\xFB\xFF\xFE", "\"+//+\""}};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_base64(&text, rows[i].bytes);
		assert_text(&text, rows[i].encoded);
	}
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escaped), cmocka_unit_test(test_invalid_utf8),
	    cmocka_unit_test(test_numbers), cmocka_unit_test(test_sizes_and_rates),
	    cmocka_unit_test(test_seconds), cmocka_unit_test(test_json_strings),
	    cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
