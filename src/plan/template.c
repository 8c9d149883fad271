/* template.c - see template.h. */
#include "plan/template.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

static const struct {
	const char *name;
	enum template_kind kind;
} fields[] = {
    {"dir", TEMPLATE_DIR},     {"stem", TEMPLATE_STEM},     {"ext", TEMPLATE_EXT},
    {"width", TEMPLATE_WIDTH}, {"height", TEMPLATE_HEIGHT}, {"size", TEMPLATE_SIZE},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool is_side(enum template_kind kind)
{
	return kind == TEMPLATE_WIDTH || kind == TEMPLATE_HEIGHT;
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct reader {
	struct template *template;
	const char *next;
	size_t used; /* bytes of template->text */
	struct br_error *error;
};

static int add_piece(struct reader *reader, enum template_kind kind)
{
	struct template *template = reader->template;

	if (template->pieces == TEMPLATE_PIECES_MAX)
		return br_error_set(reader->error, BR_ERROR_USAGE,
		                    "--name has more than %d parts: make it simpler",
		                    TEMPLATE_PIECES_MAX);
	template->piece[template->pieces++] =
	    (struct template_piece){.kind = kind, .begin = reader->used};
	template->sides |= is_side(kind);
	return 0;
}

static int add_character(struct reader *reader, char character)
{
	struct template *template = reader->template;
	int status = 0;

	if (template->pieces == 0 || template->piece[template->pieces - 1].kind != TEMPLATE_TEXT)
		status = add_piece(reader, TEMPLATE_TEXT);
	if (status == 0) {
		template->text[reader->used++] = character;
		template->piece[template->pieces - 1].length++;
	}
	return status;
}

static int unknown_field(struct br_error *error, const char *name)
{
	struct suggest suggest = suggest_start(name);

	for (size_t i = 0; i < FIELDS; i++)
		suggest_consider(&suggest, fields[i].name);
	if (suggest.best)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--name: unknown field '{%s}': did you mean '{%s}'?", name,
		                    suggest.best);
	return br_error_set(error, BR_ERROR_USAGE,
	                    "--name: unknown field '{%s}': use {dir}, {stem}, {ext}, {width}, "
	                    "{height} or {size}; a brace itself is written twice",
	                    name);
}

/* reader->next is at the brace that opens it. */
static int read_field(struct reader *reader)
{
	size_t length = strcspn(reader->next, "}");
	char name[SUGGEST_MAX + 2];

	if (reader->next[length] == '\0')
		return br_error_set(reader->error, BR_ERROR_USAGE,
		                    "--name: a '{' without its '}': close it, or write '{{' for a "
		                    "brace itself");
	(void)snprintf(name, sizeof(name), "%.*s",
	               (int)(length - 1 < sizeof(name) ? length - 1 : sizeof(name)),
	               reader->next + 1);
	reader->next += length + 1;
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(name, fields[i].name) == 0)
			return add_piece(reader, fields[i].kind);
	return unknown_field(reader->error, name);
}

static int read_piece(struct reader *reader)
{
	const char *next = reader->next;

	if ((next[0] == '{' || next[0] == '}') && next[1] == next[0]) {
		reader->next += 2;
		return add_character(reader, next[0]);
	}
	if (next[0] == '{')
		return read_field(reader);
	if (next[0] == '}')
		return br_error_set(reader->error, BR_ERROR_USAGE,
		                    "--name: a '}' without its '{': write '}}' for a brace itself");
	reader->next++;
	return next[0] == '/' ? add_piece(reader, TEMPLATE_SLASH) : add_character(reader, next[0]);
}

/* --- whether a template makes sense ------------------------------------------------------------
 */

unsigned template_part_end(const struct template *template, unsigned first)
{
	while (first < template->pieces && template->piece[first].kind != TEMPLATE_SLASH)
		first++;
	return first;
}

/* "{dir}/" at the beginning goes: that is where every name begins anyway. */
static int drop_directory(struct template *template, struct br_error *error)
{
	const struct template_piece *piece = template->piece;

	if (template->pieces >= 2 && piece[0].kind == TEMPLATE_DIR &&
	    piece[1].kind == TEMPLATE_SLASH) {
		template->pieces -= 2;
		memmove(template->piece, template->piece + 2, template->pieces * sizeof(*piece));
	}
	for (unsigned i = 0; i < template->pieces; i++)
		if (piece[i].kind == TEMPLATE_DIR)
			return br_error_set(
			    error, BR_ERROR_USAGE,
			    "--name: {dir} can only stand at the beginning, as {dir}/: an "
			    "output always lies below its own directory");
	return 0;
}

/* Whether a part is sure to be more than dots, whatever the fields stand for. */
static bool says_something(const struct template *template, unsigned first, unsigned end)
{
	for (; first < end; first++) {
		const struct template_piece *piece = &template->piece[first];
		const char *text = template->text + piece->begin;

		if (piece->kind == TEMPLATE_TEXT && strspn(text, ".") < piece->length)
			return true;
		if (piece->kind != TEMPLATE_TEXT && piece->kind != TEMPLATE_EXT)
			return true;
	}
	return false;
}

static int check_parts(struct template *template, struct br_error *error)
{
	unsigned first = 0;

	for (;; first++) {
		unsigned end = template_part_end(template, first);

		if (end == first && first == 0 && end < template->pieces)
			return br_error_set(
			    error, BR_ERROR_USAGE,
			    "--name can't begin with '/': outputs lie below their own "
			    "directory, and --output says which");
		if (end == first)
			return br_error_set(
			    error, BR_ERROR_USAGE,
			    "--name has nothing before or behind a '/': it is to end in "
			    "a file's name, as in {stem}-{size}.{ext}");
		if (!says_something(template, first, end))
			return br_error_set(error, BR_ERROR_USAGE,
			                    "--name can't have a part of only dots and {ext}: an "
			                    "output never leaves its own directory");
		template->name = first;
		if (end == template->pieces)
			return 0;
		first = end;
	}
}

/* Whether the piece beside a number keeps it apart from what is beyond. */
static bool keeps_apart(const struct template *template, unsigned number, bool before)
{
	const struct template_piece *piece = &template->piece[number];

	if (piece->kind == TEMPLATE_SLASH)
		return true;
	return piece->kind == TEMPLATE_TEXT &&
	       !is_digit(template->text[piece->begin + (before ? piece->length - 1 : 0)]);
}

static int check_sides(const struct template *template, struct br_error *error)
{
	for (unsigned i = 0; i < template->pieces; i++) {
		if (!is_side(template->piece[i].kind))
			continue;
		if (i < template->name)
			return br_error_set(error, BR_ERROR_USAGE,
			                    "--name: {width} and {height} are known too late for a "
			                    "directory's name: use {size} there");
		if ((i > 0 && !keeps_apart(template, i - 1, true)) ||
		    (i + 1 < template->pieces && !keeps_apart(template, i + 1, false)))
			return br_error_set(
			    error, BR_ERROR_USAGE,
			    "--name: {width} and {height} need a character that is no "
			    "digit between them and their neighbours, as in "
			    "{stem}-{width}x{height}.{ext}");
	}
	return 0;
}

static int check_sizes(const struct template *template, unsigned sizes, struct br_error *error)
{
	bool tells = template->sides;

	for (unsigned i = 0; i < template->pieces; i++)
		tells |= template->piece[i].kind == TEMPLATE_SIZE;
	if (sizes > 1 && !tells)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--name gives every size the same name: put {size} into it, or "
		                    "{width} or {height}");
	return 0;
}

int template_parse(struct template *template, const char *text, unsigned sizes,
                   struct br_error *error)
{
	struct reader reader = {.template = template, .next = text, .error = error};
	int status = 0;

	*template = (struct template){0};
	if (*text == '\0')
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--name is empty: try {stem}-{size}.{ext}");
	if (strnlen(text, TEMPLATE_MAX) == TEMPLATE_MAX)
		return br_error_set(error, BR_ERROR_USAGE, "--name is longer than any file's name");
	while (status == 0 && *reader.next)
		status = read_piece(&reader);
	if (status == 0)
		status = drop_directory(template, error);
	if (status == 0)
		status = check_parts(template, error);
	if (status == 0)
		status = check_sides(template, error);
	return status == 0 ? check_sizes(template, sizes, error) : status;
}

void template_literal(struct template *template, const char *name)
{
	*template = (struct template){.pieces = 1};
	template->piece[0] = (struct template_piece){.kind = TEMPLATE_TEXT,
	                                             .length = strnlen(name, TEMPLATE_MAX - 1)};
	memcpy(template->text, name, template->piece[0].length);
}

enum br_image_format template_promised(const struct template *template)
{
	const struct template_piece *last = template->piece;
	const char *text, *dot;

	if (template->pieces > 0)
		last += template->pieces - 1;
	if (last->kind != TEMPLATE_TEXT)
		return BR_IMAGE_FORMAT_UNKNOWN;
	text = template->text + last->begin;
	dot = memrchr(text, '.', last->length);
	return dot ? br_image_format_of_extension(dot + 1, (size_t)(text + last->length - dot - 1))
	           : BR_IMAGE_FORMAT_UNKNOWN;
}

/* --- writing -----------------------------------------------------------------------------------
 */

struct writer {
	char *buffer;
	size_t size, length;
};

static void add(struct writer *writer, const char *text, size_t length)
{
	if (writer->length < writer->size) {
		size_t room = writer->size - writer->length;

		memcpy(writer->buffer + writer->length, text, length < room ? length : room);
	}
	writer->length += length;
}

/* Written as "%u" is, which takes as long as all the rest of a name. Returns its end. */
static char *write_number(char *text, uint32_t number)
{
	char digits[10];
	size_t length = 0;

	do
		digits[length++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (length > 0)
		*text++ = digits[--length];
	return text;
}

static char *write_percent(char *text, uint32_t thousandths)
{
	text = write_number(text, thousandths / 1000);
	thousandths %= 1000;
	if (thousandths > 0)
		*text++ = '.';
	for (uint32_t place = 100; thousandths > 0; thousandths %= place, place /= 10)
		*text++ = (char)('0' + thousandths / place);
	*text++ = '%';
	return text;
}

size_t template_size(const struct br_image_size *size, char text[TEMPLATE_SIZE_MAX])
{
	char *end = text;

	if (size->percent)
		end = write_percent(end, size->percent);
	if (!size->percent && (size->width > 0 || size->height == 0))
		end = write_number(end, size->width);
	if (!size->percent && size->height > 0) {
		*end++ = 'x';
		end = write_number(end, size->height);
	}
	*end = '\0';
	return (size_t)(end - text);
}

static void add_side(struct writer *writer, const struct br_image_output *made, bool width)
{
	const char *unknown = width ? "{width}" : "{height}";
	char digits[16];

	if (!made) {
		add(writer, unknown, strlen(unknown));
		return;
	}
	add(writer, digits,
	    (size_t)snprintf(digits, sizeof(digits), "%u", width ? made->width : made->height));
}

/* The dot before an {ext} at the end belongs to it. */
static bool is_dot_of_extension(const struct template *template, unsigned number)
{
	const struct template_piece *piece = &template->piece[number];

	return number + 2 == template->pieces && piece[1].kind == TEMPLATE_EXT &&
	       template->text[piece->begin + piece->length - 1] == '.';
}

static void add_text(struct writer *writer, const struct template *template, unsigned number,
                     const struct template_values *values)
{
	const struct template_piece *piece = &template->piece[number];
	bool bare = *values->extension == '\0' && is_dot_of_extension(template, number);

	add(writer, template->text + piece->begin, piece->length - bare);
}

static void add_value(struct writer *writer, const struct template *template, unsigned number,
                      const struct template_values *values)
{
	char size[TEMPLATE_SIZE_MAX];

	switch (template->piece[number].kind) {
	case TEMPLATE_TEXT:
		add_text(writer, template, number, values);
		break;
	case TEMPLATE_SLASH:
		add(writer, "/", 1);
		break;
	case TEMPLATE_STEM:
		add(writer, values->prefix, strlen(values->prefix));
		add(writer, values->stem, values->stem_length);
		break;
	case TEMPLATE_EXT:
		add(writer, values->extension, strlen(values->extension));
		break;
	case TEMPLATE_WIDTH:
	case TEMPLATE_HEIGHT:
		add_side(writer, values->made, template->piece[number].kind == TEMPLATE_WIDTH);
		break;
	case TEMPLATE_SIZE:
		add(writer, size, template_size(values->size, size));
		break;
	case TEMPLATE_DIR:
		break; /* gone since it was parsed */
	}
}

size_t template_write(const struct template *template, unsigned first, unsigned end,
                      const struct template_values *values, char *buffer, size_t size)
{
	struct writer writer = {.buffer = buffer, .size = size};

	for (; first < end; first++)
		add_value(&writer, template, first, values);
	if (size > 0)
		buffer[writer.length < size ? writer.length : size - 1] = '\0';
	return writer.length;
}
