/* fuzz_fields.c - what a plugin tells of a picture, as its worker sends it: what the parent takes
 * for valid is the members of one JSON object on a line, whatever is added to it stays such, and
 * what is refused changes nothing.
 *
 * An input is how many bytes the worker sends, those bytes, and names and texts that are added.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "plugin/fields.h"

#define ADDED_MAX 40

static const char *past_text(const char *at)
{
	check(*at++ == '"');
	for (; *at != '"'; at++) {
		check((unsigned char)*at >= 0x20);
		at += *at == '\\';
	}
	return at + 1;
}

static bool is_of_number(char c)
{
	return c && strchr("+-.0123456789eE", c);
}

/* Another reader of JSON, which knows texts and numbers alone. */
static void check_members(const char *at)
{
	while (*at) {
		at = past_text(at);
		check(*at++ == ':');
		if (*at == '"') {
			at = past_text(at);
		} else {
			char *end;

			(void)strtod(at, &end);
			check(end > at);
			while (at < end)
				check(is_of_number(*at++));
		}
		check(*at == '\0' || (*at == ',' && at[1] == '"'));
		at += *at == ',';
	}
}

static void check_told(const struct plugin_fields *fields)
{
	check(fields_are_valid(fields));
	check_members(fields->json);
}

static void add(struct plugin_fields *fields, const char *name, const char *text)
{
	struct plugin_fields before = *fields;

	check(fields_set_text(fields, name, text) == 0 || strcmp(fields->json, before.json) == 0);
	check_told(fields);
	before = *fields;
	check(fields_set_number(fields, name, strtod(text, NULL)) == 0 ||
	      strcmp(fields->json, before.json) == 0);
	check_told(fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct plugin_fields *fields = malloc(sizeof(*fields)); /* of its own, see input_string() */
	size_t sent = input_byte(&input);

	sent = (sent << 8 | input_byte(&input)) % (PLUGIN_FIELDS_BYTES + 1);
	check(fields != NULL);
	memset(fields, sent == PLUGIN_FIELDS_BYTES ? 'x' : 0, sizeof(*fields));
	for (size_t i = 0; i < sent && input.size > 0; i++)
		fields->json[i] = (char)input_byte(&input);
	if (fields_are_valid(fields))
		check_members(fields->json);
	else
		memset(fields, 0, sizeof(*fields));
	for (unsigned i = 0; i < ADDED_MAX && input.size > 0; i++) {
		char *name = input_string(&input), *text = input_string(&input);

		add(fields, name, text);
		free(text);
		free(name);
	}
	free(fields);
	return 0;
}
