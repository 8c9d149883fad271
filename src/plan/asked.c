/* asked.c - see asked.h. */
#include "plan/asked.h"

#include <stdint.h>
#include <string.h>

#include "base/scan.h"

static const char not_json[] = "it is no JSON object of strings";

/* Those of RFC 8259; an object of a list whose entries end with NUL may stand on several lines. */
#define BLANKS " \t\r\n"

/* --- strings ---------------------------------------------------------------------------------- */

static char *skip_blanks(char *at)
{
	return at + strspn(at, BLANKS);
}

/* Four hexadecimal digits. False: they are none. */
static bool read_hex(const char *at, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < 4; i++) {
		const int digit = scan_hex_digit(at[i]);

		if (digit < 0)
			return false;
		*value = *value << 4 | (uint32_t)digit;
	}
	return true;
}

static char *put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xC0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xE0 | code >> 12);
		} else {
			*to++ = (char)(0xF0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3F));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3F));
	}
	*to++ = (char)(0x80 | (code & 0x3F));
	return to;
}

/* What follows \u, with the second half of a pair. Moves *from behind it. False: it is no
 * character, or NUL. */
static bool read_unicode(const char **from, uint32_t *code)
{
	uint32_t low;

	if (!read_hex(*from, code))
		return false;
	*from += 4;
	if (*code >= 0xD800 && *code < 0xDC00) {
		if ((*from)[0] != '\\' || (*from)[1] != 'u' || !read_hex(*from + 2, &low) ||
		    low < 0xDC00 || low > 0xDFFF)
			return false;
		*from += 6;
		*code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
	}
	return *code != 0 && !(*code >= 0xDC00 && *code < 0xE000);
}

/* What follows a backslash. */
static bool read_escape(const char **from, char **to)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter = **from ? strchr(letters, **from) : NULL;
	uint32_t code;

	if (letter) {
		*(*to)++ = meant[letter - letters];
		++*from;
		return true;
	}
	if (**from != 'u')
		return false;
	++*from;
	if (!read_unicode(from, &code))
		return false;
	*to = put_utf8(*to, code);
	return true;
}

/* Bytes of the UTF-8 sequence at `at`; 0: it is none. */
static size_t utf8_length(const char *at)
{
	const unsigned char *byte = (const unsigned char *)at;
	const size_t length = byte[0] < 0x80   ? 1
	                      : byte[0] < 0xC2 ? 0
	                      : byte[0] < 0xE0 ? 2
	                      : byte[0] < 0xF0 ? 3
	                      : byte[0] < 0xF5 ? 4
	                                       : 0;

	for (size_t i = 1; i < length; i++)
		if ((byte[i] & 0xC0) != 0x80)
			return 0;
	if ((byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xED && byte[1] > 0x9F) ||
	    (byte[0] == 0xF0 && byte[1] < 0x90) || (byte[0] == 0xF4 && byte[1] > 0x8F))
		return 0;
	return length;
}

/* A string that begins at *at, decoded in place; *at is moved behind it. NULL: it is none. */
static char *read_string(char **at)
{
	char *text = *at + 1, *to = text;
	const char *from = text;

	if (**at != '"')
		return NULL;
	while (*from != '"') {
		const size_t length = utf8_length(from);

		if (*from == '\\') {
			from++;
			if (!read_escape(&from, &to))
				return NULL;
		} else if (length == 0 || (unsigned char)*from < 0x20) {
			return NULL;
		} else {
			memmove(to, from, length);
			to += length;
			from += length;
		}
	}
	*at = text + (from - text) + 1;
	*to = '\0';
	return text;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* What was read of an object: strings in the line. */
struct fields {
	const char *source, *output, *size, *format;
};

static const char **find_field(struct fields *fields, const char *key)
{
	if (strcmp(key, "source") == 0)
		return &fields->source;
	if (strcmp(key, "output") == 0)
		return &fields->output;
	if (strcmp(key, "size") == 0)
		return &fields->size;
	return strcmp(key, "format") == 0 ? &fields->format : NULL;
}

/* A number stands without quotes, and so is ended by what follows: *after is that, which the NUL at
 * its end has replaced. */
static char *read_value(char **at, bool number, char *after)
{
	char *text = *at;
	const size_t digits =
	    number ? strspn(text, "123456789") ? strspn(text, "0123456789") : 0 : 0;

	*after = '\0';
	if (digits == 0)
		return read_string(at);
	*after = text[digits];
	text[digits] = '\0';
	*at = text + digits;
	return text;
}

/* "key": value; *after is the character that follows. */
static const char *read_field(char **at, struct fields *fields, char *after)
{
	const char *key = read_string(at);
	const char **field;
	char ended;

	if (!key)
		return not_json;
	*at = skip_blanks(*at);
	if (**at != ':')
		return not_json;
	field = find_field(fields, key);
	if (!field)
		return "a field is none of source, output, size and format";
	if (*field)
		return "a field is there twice";
	*at = skip_blanks(*at + 1);
	*field = read_value(at, field == &fields->size, &ended);
	if (!*field)
		return not_json;
	if (ended != '\0' && strchr(BLANKS, ended)) {
		++*at;
		ended = '\0';
	}
	if (ended == '\0')
		*at = skip_blanks(*at);
	*after = ended;
	if (ended == '\0')
		*after = **at;
	return NULL;
}

static const char *read_object(char *at, struct fields *fields)
{
	char after = ',';

	at = skip_blanks(at);
	if (*at != '{')
		return not_json;
	while (after == ',') {
		const char *problem;

		at = skip_blanks(at + 1);
		problem = read_field(&at, fields, &after);
		if (problem)
			return problem;
	}
	return after == '}' && *skip_blanks(at + 1) == '\0' ? NULL : not_json;
}

const char *asked_read(char *line, struct asked *asked)
{
	struct fields fields = {0};
	const char *problem = read_object(line, &fields);

	*asked = (struct asked){.source = fields.source, .output = fields.output};
	if (problem)
		return problem;
	if (!fields.source || *fields.source == '\0')
		return "it names no source";
	if (fields.size && !br_image_size_parse(fields.size, &asked->size))
		return "its size is none: write WxH, W, xH or P%";
	if (!fields.format)
		return NULL;
	asked->keeps = strcmp(fields.format, "keep") == 0;
	asked->format = br_image_format_of_extension(fields.format, strlen(fields.format));
	return asked->keeps || asked->format != BR_IMAGE_FORMAT_UNKNOWN ? NULL
	                                                                : "its format is not known";
}
