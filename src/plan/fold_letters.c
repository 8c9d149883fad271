/* fold_letters.c - names folded letter by letter, for a build without GLib: `make VIPS=no`.
 *
 * The C library knows the other case of a letter, and nothing of letters that are written in two
 * ways: a name with an accent of its own is another than one with the accented letter.
 */
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "plan/fold.h"

/* The character at *at of UTF-8, which is moved on; WEOF for what is none (RFC 3629). */
static wint_t next_character(const unsigned char **at)
{
	const unsigned char *p = *at;
	const unsigned more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint32_t code = more ? *p & 0x3fU >> more : *p;

	if ((*p >= 0x80 && *p < 0xc2) || *p > 0xf4)
		return WEOF;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return WEOF;
		code = code << 6 | (p[i] & 0x3f);
	}
	*at += more + 1;
	return code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)
	           ? WEOF
	           : (wint_t)code;
}

static size_t put_utf8(uint32_t code, char out[4])
{
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
	const unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	out[0] = (char)(first[more] | code >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		out[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
	return more + 1;
}

static bool is_utf8(const char *name)
{
	const unsigned char *at = (const unsigned char *)name;

	while (*at)
		if (next_character(&at) == WEOF)
			return false;
	return true;
}

/* As an ASCII letter, if the system has no tables. */
static wint_t lower(wint_t c, locale_t locale)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	return locale ? towlower_l(towupper_l(c, locale), locale) : c;
}

size_t fold_name(const char *name, char *folded, size_t size)
{
	const unsigned char *at = (const unsigned char *)name;
	const bool text = is_utf8(name);
	locale_t locale = text ? newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;
	size_t length = 0;

	while (*at) {
		char bytes[4] = {(char)*at};
		size_t more = 1;

		if (text)
			more = put_utf8(lower(next_character(&at), locale), bytes);
		else
			at++;
		if (length + more >= size)
			break;
		memcpy(folded + length, bytes, more);
		length += more;
	}
	folded[length] = '\0';
	if (locale)
		freelocale(locale);
	return length;
}
