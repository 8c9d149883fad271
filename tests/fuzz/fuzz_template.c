/* fuzz_template.c - a template and a source's name: the output's name is what replacing one field
 * after the other gives, never leads out of its directory, and tells different sides apart.
 *
 * An input is two sides in a byte each, how the name is made, the template, and the name.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "plan/name.h"
#include "plan/template.h"

/* A name is at most this long, and so is what stands for a field, of which a template has up to
 * TEMPLATE_PIECES_MAX. */
#define NAME_SIZE ((size_t)1 << 16)

/* --- another way to fill in --------------------------------------------------------------------
 */

struct filling {
	const char *field;
	const char *value;
};

static char *append(char *to, const char *text)
{
	const size_t length = strlen(text);

	memcpy(to, text, length);
	return to + length;
}

/* Replaces fields from left to right; NULL: there is one that is not known. */
static const char *fill_in(const char *text, const struct filling *filling, char *out)
{
	char *to = out;

	while (*text != '\0') {
		const struct filling *fill = filling;

		if ((*text == '{' || *text == '}') && text[1] == *text) {
			*to++ = *text;
			text += 2;
			continue;
		}
		while (fill->field && strncmp(text, fill->field, strlen(fill->field)) != 0)
			fill++;
		if (!fill->field && (*text == '{' || *text == '}'))
			return NULL;
		if (fill->field && *fill->value == '\0' && strcmp(text, "{ext}") == 0 && to > out &&
		    text[-1] == '.')
			to--; /* an extension that is not there takes its dot along */
		if (fill->field) {
			to = append(to, fill->value);
			text += strlen(fill->field);
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
	return out;
}

/* ---------------------------------------------------------------------------------------------- */

static void write_name(const struct template *template, const struct template_values *values,
                       char *name)
{
	char cut[16];
	const size_t length =
	    template_write(template, 0, template->pieces, values, name, NAME_SIZE);

	check(length < NAME_SIZE && length == strlen(name) && length > 0);
	check(template_write(template, 0, template->pieces, values, cut, sizeof(cut)) == length);
	check(strncmp(cut, name, sizeof(cut) - 1) == 0);
}

/* By the parts of a source's name, as the plan does it. */
static void check_names(const struct template *template, const char *text,
                        struct template_values values, struct br_image_output made)
{
	static char name[NAME_SIZE], other[NAME_SIZE], expected[NAME_SIZE], stem[NAME_SIZE];
	char size[TEMPLATE_SIZE_MAX], width[16], height[16];
	const struct filling filling[] = {
	    {"{dir}/", ""},   {"{stem}", stem},   {"{ext}", values.extension},
	    {"{size}", size}, {"{width}", width}, {"{height}", height},
	    {NULL, NULL}};

	(void)template_size(values.size, size);
	(void)snprintf(stem, sizeof(stem), "%s%.*s", values.prefix, (int)values.stem_length,
	               values.stem);
	(void)snprintf(width, sizeof(width), "%u", made.width);
	(void)snprintf(height, sizeof(height), "%u", made.height);
	values.made = &made;
	write_name(template, &values, name);
	check(is_plain_path(name));
	check(fill_in(text, filling, expected) && strcmp(name, expected) == 0);
	made.width += 9;
	made.height += 90;
	write_name(template, &values, other);
	check((strcmp(name, other) != 0) == template->sides);
	values.made = NULL;
	write_name(template, &values, other);
	check(template->sides || strcmp(name, other) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const struct br_image_output made = {.width = 1U + input_byte(&input),
	                                     .height = 1U + input_byte(&input)};
	const uint8_t how = input_byte(&input);
	const struct br_image_size asked = {.width = how & 1 ? 320 : 0,
	                                    .height = how & 2 ? 200 : 0,
	                                    .percent = how & 3 ? 0 : 12500};
	char *text = input_string(&input), *source = input_string(&input);
	struct template template;
	struct br_error error = {0};

	/* as a directory has it */
	if (*source != '\0' && strlen(source) <= NAME_MAX && !strchr(source, '/') &&
	    strcmp(source, ".") != 0 && strcmp(source, "..") != 0) {
		const struct name parts = name_parts(source, how & 4, how & 8 ? "webp" : "");
		const struct template_values values = {.prefix = parts.prefix,
		                                       .stem = parts.stem,
		                                       .stem_length = parts.stem_length,
		                                       .extension = parts.extension,
		                                       .size = &asked};

		if (template_parse(&template, text, 1U + (how >> 4), &error) == 0)
			check_names(&template, text, values, made);
		else
			check(error.code == BR_ERROR_USAGE && error.msg[0] != '\0');
	}
	free(source);
	free(text);
	return 0;
}
