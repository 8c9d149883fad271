/* text.c - see text.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/text.h"

void text_add_bytes(struct text *text, const void *bytes, size_t size)
{
	if (br_buffer_append(&text->bytes, bytes, size))
		text->status = -ENOMEM;
}

void text_addf(struct text *text, const char *format, ...)
{
	char piece[512]; /* numbers and fixed words; names go through text_add() */
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(piece, sizeof(piece), format, arguments);

	va_end(arguments);
	if (length > 0)
		text_add_bytes(text, piece,
		               (size_t)length < sizeof(piece) ? (size_t)length : sizeof(piece) - 1);
}

void text_clear(struct text *text)
{
	text->bytes.size = 0;
	text->status = 0;
}

void text_release(struct text *text)
{
	br_buffer_release(&text->bytes);
	text->status = 0;
}

/* The Unicode Standard, table 3-7 "Well-Formed UTF-8 Byte Sequences": what may follow a lead. */
static bool second_allowed(unsigned char lead, unsigned char second)
{
	unsigned char low = 0x80, high = 0xBF;

	if (lead == 0xE0)
		low = 0xA0; /* shorter sequences exist for less */
	else if (lead == 0xED)
		high = 0x9F; /* surrogates */
	else if (lead == 0xF0)
		low = 0x90;
	else if (lead == 0xF4)
		high = 0x8F; /* beyond U+10FFFF */
	return second >= low && second <= high;
}

size_t text_character(const unsigned char *bytes, size_t size, int32_t *code)
{
	unsigned char lead = bytes[0];
	size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;

	*code = lead;
	if (lead < 0x80)
		return 1;
	*code = -1;
	if (lead < 0xC2 || lead > 0xF4 || size < 2 || !second_allowed(lead, bytes[1]))
		return 1;
	int32_t value = (lead & (0x7F >> length)) << 6 | (bytes[1] & 0x3F);

	for (size_t i = 2; i < length; i++) {
		if (i == size || (bytes[i] & 0xC0) != 0x80)
			return i;
		value = value << 6 | (bytes[i] & 0x3F);
	}
	*code = value;
	return length;
}

bool text_is_utf8(const char *string)
{
	const unsigned char *next = (const unsigned char *)string;
	size_t left = strlen(string);
	int32_t code = 0;

	while (left > 0 && code >= 0) {
		size_t length = *next < 0x80 ? 1 : text_character(next, left, &code);

		next += length;
		left -= length;
	}
	return code >= 0;
}

/* Embeddings, overrides and isolates that make a line read as something else, and the line and
 * paragraph separators. */
static bool misleads(int32_t code)
{
	return (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0x200E || code == 0x200F || code == 0x061C;
}

static void add_hexadecimal(struct text *text, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		text_addf(text, "\\x%02x", bytes[i]);
}

void text_add_escaped(struct text *text, const char *string)
{
	const unsigned char *next = (const unsigned char *)string;
	size_t left = strlen(string);

	while (left > 0) {
		int32_t code;
		size_t length = text_character(next, left, &code);

		if (code == '\n')
			text_add(text, "\\n");
		else if (code == '\t')
			text_add(text, "\\t");
		else if (code == '\r')
			text_add(text, "\\r");
		else if (code < 0x20 || (code >= 0x7F && code <= 0x9F))
			add_hexadecimal(text, next, length);
		else if (misleads(code))
			text_addf(text, "\\u%04X", (unsigned)code);
		else
			text_add_bytes(text, next, length);
		next += length;
		left -= length;
	}
}

void text_add_base64(struct text *text, const void *data, size_t size)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i += 3) {
		const size_t left = size - i;
		const unsigned group = (unsigned)bytes[i] << 16 |
		                       (left > 1 ? bytes[i + 1] : 0U) << 8 |
		                       (left > 2 ? bytes[i + 2] : 0U);
		const char four[] = {digits[group >> 18], digits[group >> 12 & 63],
		                     digits[left > 1 ? group >> 6 & 63 : 64],
		                     digits[left > 2 ? group & 63 : 64]};

		text_add_bytes(text, four, sizeof(four));
	}
}

void text_add_count(struct text *text, uint64_t count)
{
	if (count >= 1000) {
		text_add_count(text, count / 1000);
		text_addf(text, ",%03u", (unsigned)(count % 1000));
	} else {
		text_addf(text, "%u", (unsigned)count);
	}
}

void text_add_counted(struct text *text, uint64_t count, const char *singular, const char *plural)
{
	text_add_count(text, count);
	text_addf(text, " %s", count == 1 ? singular : plural);
}

void text_add_size(struct text *text, double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	size_t unit = 0;

	/* 999.5 would be shown as 1000 of the smaller unit. */
	while (bytes >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		unit++;
	}
	text_addf(text, "%.*f %s", unit == 0 || bytes >= 99.95 ? 0 : 1, bytes, units[unit]);
}

void text_add_rate(struct text *text, double rate)
{
	if (rate >= 999.95)
		text_add_count(text,
		               rate < 1e15 ? (uint64_t)(rate + 0.5) : UINT64_C(1000000000000000));
	else
		text_addf(text, "%.*f", rate < 0.95 ? 2 : 1, rate);
}

void text_add_seconds(struct text *text, double seconds)
{
	if (seconds < 0.9995) {
		text_addf(text, "%.3f s", seconds > 0 ? seconds : 0.0);
	} else if (seconds < 59.95) {
		text_addf(text, "%.1f s", seconds);
	} else {
		/* A run of more than 1e9 s, 31 years, is none. */
		unsigned long whole = (unsigned long)((seconds < 1e9 ? seconds : 1e9) + 0.5);

		if (whole < 3600)
			text_addf(text, "%lu min %02lu s", whole / 60, whole % 60);
		else
			text_addf(text, "%lu h %02lu min", whole / 3600, whole % 3600 / 60);
	}
}
