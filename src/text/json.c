/* json.c - see json.h. */
#include <math.h>
#include <string.h>

#include "text/json.h"

static void add_character(struct text *text, const unsigned char *bytes, size_t length,
                          int32_t code)
{
	if (code < 0)
		text_add(text, "\xEF\xBF\xBD"); /* U+FFFD */
	else if (code == '"' || code == '\\')
		text_addf(text, "\\%c", (char)code);
	else if (code == '\n')
		text_add(text, "\\n");
	else if (code == '\t')
		text_add(text, "\\t");
	else if (code < 0x20 || code == 0x7F)
		text_addf(text, "\\u%04x", (unsigned)code);
	else
		text_add_bytes(text, bytes, length);
}

/* How many bytes at the beginning stand for themselves: nearly all of nearly every string. */
static size_t plain_bytes(const unsigned char *bytes, size_t size)
{
	size_t plain = 0;

	while (plain < size && bytes[plain] >= 0x20 && bytes[plain] < 0x7F && bytes[plain] != '"' &&
	       bytes[plain] != '\\')
		plain++;
	return plain;
}

void json_string(struct text *text, const char *string)
{
	const unsigned char *next = (const unsigned char *)string;
	size_t left = strlen(string);

	text_add(text, "\"");
	while (left > 0) {
		int32_t code;
		size_t length = plain_bytes(next, left);

		if (length > 0) {
			text_add_bytes(text, next, length);
		} else {
			length = text_character(next, left, &code);
			add_character(text, next, length, code);
		}
		next += length;
		left -= length;
	}
	text_add(text, "\"");
}

void json_base64(struct text *text, const char *string)
{
	text_add(text, "\"");
	text_add_base64(text, string, strlen(string));
	text_add(text, "\"");
}

void json_unsigned(struct text *text, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do
		digits[--first] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	text_add_bytes(text, digits + first, sizeof(digits) - first);
}

void json_thousandths(struct text *text, double number)
{
	if (isfinite(number))
		text_addf(text, "%.3f", number);
	else
		json_null(text);
}

void json_null(struct text *text)
{
	text_add(text, "null");
}
