/* fold_name.c - names folded by GLib's tables of Unicode. */
#include <string.h>

#include <glib.h>

#include "plan/fold.h"

static bool is_ascii(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name >= 0x80)
			return false;
	return true;
}

static size_t copy_cut(const char *text, char *folded, size_t size)
{
	size_t length = strlen(text);

	if (length >= size)
		length = size - 1;
	memcpy(folded, text, length);
	folded[length] = '\0';
	return length;
}

size_t fold_name(const char *name, char *folded, size_t size)
{
	size_t length;
	char *lower;
	char *normal;

	if (is_ascii(name)) {
		length = copy_cut(name, folded, size);
		for (size_t i = 0; i < length; i++)
			folded[i] = g_ascii_tolower(folded[i]);
		return length;
	}
	if (!g_utf8_validate(name, -1, NULL))
		return copy_cut(name, folded, size);
	lower = g_utf8_casefold(name, -1);
	normal = g_utf8_normalize(lower, -1, G_NORMALIZE_DEFAULT);
	length = copy_cut(normal, folded, size);
	g_free(normal);
	g_free(lower);
	return length;
}
