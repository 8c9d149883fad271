/* fields.c - see fields.h. */
#include "plugin/fields.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <batchresize/plugin.h>

#include "text/text.h"

/* --- reading --------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_character(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '-' || c == '.';
}

static bool is_name(const char *name)
{
	size_t length = 0;

	while (length < BR_PLUGIN_NAME_MAX && is_name_character(name[length]))
		length++;
	return length > 0 && length < BR_PLUGIN_NAME_MAX && name[length] == '\0';
}

static const char *skip_digits(const char *at)
{
	if (!is_digit(*at))
		return NULL;
	while (is_digit(*at))
		at++;
	return at;
}

/* Each returns what stands behind it, or NULL if it is not there. */

static const char *skip_number(const char *at)
{
	at += *at == '-';
	at = at[0] == '0' ? at + 1 : skip_digits(at);
	if (at && *at == '.')
		at = skip_digits(at + 1);
	if (at && (*at == 'e' || *at == 'E')) {
		at++;
		at = skip_digits(at + (*at == '+' || *at == '-'));
	}
	return at;
}

static const char *skip_text(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		else if ((unsigned char)*at < 0x20 || *at == 0x7F || *at == '\\')
			return NULL;
	}
	return at + 1;
}

static const char *skip_field(const char *at)
{
	const char *name = at + 1;

	if (*at++ != '"')
		return NULL;
	while (is_name_character(*at))
		at++;
	if (at == name || at - name >= BR_PLUGIN_NAME_MAX || at[0] != '"' || at[1] != ':')
		return NULL;
	return at[2] == '"' ? skip_text(at + 2) : skip_number(at + 2);
}

bool fields_are_valid(const struct plugin_fields *fields)
{
	const char *at = fields->json;
	unsigned count = 0;

	if (!memchr(at, '\0', sizeof(fields->json)) || !text_is_utf8(at))
		return false;
	while (*at) {
		at = skip_field(at);
		if (!at || ++count > BR_PLUGIN_FIELDS_MAX || (*at != ',' && *at != '\0') ||
		    (at[0] == ',' && at[1] == '\0'))
			return false;
		at += *at == ',';
	}
	return true;
}

/* --- writing --------------------------------------------------------------------------- */

/* All fields but that of the name, each with a comma behind it. Returns how many. */
static unsigned copy_others(const struct plugin_fields *fields, const char *name, char *copy)
{
	const size_t length = strlen(name);
	unsigned count = 0;

	for (const char *at = fields->json, *end; *at; at = end + (*end == ',')) {
		end = skip_field(at);
		if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '"')
			continue;
		memcpy(copy, at, (size_t)(end - at));
		copy += end - at;
		*copy++ = ',';
		count++;
	}
	*copy = '\0';
	return count;
}

/* `value` as it stands in the JSON. */
static int set(struct plugin_fields *fields, const char *name, const char *value)
{
	char others[PLUGIN_FIELDS_BYTES + 1], made[PLUGIN_FIELDS_BYTES];
	const unsigned count = copy_others(fields, name, others);
	const int length = snprintf(made, sizeof(made), "%s\"%s\":%s", others, name, value);

	if (count >= BR_PLUGIN_FIELDS_MAX || length < 0 || (size_t)length >= sizeof(made))
		return -ENOSPC;
	memcpy(fields->json, made, (size_t)length + 1);
	return 0;
}

int fields_set_text(struct plugin_fields *fields, const char *name, const char *text)
{
	char value[2 * BR_PLUGIN_TEXT_MAX + 2], *to = value;

	if (!is_name(name) || strnlen(text, BR_PLUGIN_TEXT_MAX) == BR_PLUGIN_TEXT_MAX ||
	    !text_is_utf8(text))
		return -EINVAL;
	*to++ = '"';
	for (; *text; text++) {
		const bool control = (unsigned char)*text < 0x20 || *text == 0x7F;

		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
		if (control)
			to[-1] = ' ';
	}
	*to++ = '"';
	*to = '\0';
	return set(fields, name, value);
}

int fields_set_number(struct plugin_fields *fields, const char *name, double number)
{
	char value[40];

	if (!is_name(name) || !isfinite(number))
		return -EINVAL;
	/* as many digits as a double is sure to keep; in any locale */
	(void)snprintf(value, sizeof(value), "%.15g", number);
	for (char *c = value; *c; c++)
		if (!is_digit(*c) && *c != '-' && *c != '+' && *c != 'e')
			*c = '.';
	return set(fields, name, value);
}
