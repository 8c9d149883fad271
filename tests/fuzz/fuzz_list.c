/* fuzz_list.c - a list of sources that comes through a pipe in pieces of any size: its entries and
 * their numbers are those that cutting at the delimiters gives. Each as a JSON object as well: what
 * is read of it is written as another object, which is to say the same. And as a source that
 * failed: read from the list of those it is the same file, found below the same directory.
 *
 * An input is the kind of list, how many bytes come at once, and the list.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "plan/asked.h"
#include "plan/list.h"
#include "plan/rooted.h"
#include "plan/template.h"
#include "report/failed_list.h"
#include "text/json.h"

/* --- objects -----------------------------------------------------------------------------------
 */

static void add_member(struct text *text, const char *before, const char *name, const char *value)
{
	text_add(text, before);
	text_add(text, name);
	if (value)
		json_string(text, value);
	else
		json_null(text);
}

/* An object that says the same, ended by NUL. */
static void write_object(struct text *text, const struct asked *asked)
{
	char size[TEMPLATE_SIZE_MAX];

	add_member(text, "{", "\"source\":", asked->source);
	if (asked->output)
		add_member(text, ",", "\"output\" : ", asked->output);
	if (asked->size.width || asked->size.height || asked->size.percent) {
		(void)template_size(&asked->size, size);
		add_member(text, ",\t", "\"size\":", size);
	}
	if (asked->keeps || asked->format)
		add_member(text, ", ", "\"format\": ",
		           asked->keeps ? "keep" : br_image_format_name(asked->format));
	text_add_bytes(text, " } ", sizeof(" } "));
	check(text->status == 0);
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_object(const char *line)
{
	char *copy = strdup(line);
	struct text text = TEXT_EMPTY;
	struct asked once, twice;
	const char *problem;

	check(copy != NULL);
	problem = asked_read(copy, &once);
	check(!problem || *problem != '\0');
	if (!problem) {
		check(*once.source != '\0' && text_is_utf8(once.source));
		check(!once.output || text_is_utf8(once.output));
		write_object(&text, &once);
		check(asked_read((char *)text.bytes.data, &twice) == NULL);
		check(same_string(once.source, twice.source));
		check(same_string(once.output, twice.output));
		check(once.size.width == twice.size.width &&
		      once.size.height == twice.size.height &&
		      once.size.percent == twice.size.percent);
		check(once.format == twice.format && once.keeps == twice.keeps);
	}
	text_release(&text);
	free(copy);
}

/* --- lists of what failed ----------------------------------------------------------------------
 */

/* Takes "." and doubled slashes out of a path, and slashes at its end. */
static void simplify(const char *path, char *to)
{
	const char *const begin = to;

	if (*path == '/')
		*to++ = '/';
	while (*path != '\0') {
		const size_t part = strcspn(path, "/");

		if (part > 1 || (part == 1 && *path != '.')) {
			if (to > begin && to[-1] != '/')
				*to++ = '/';
			memcpy(to, path, part);
			to += part;
		}
		path += part + (path[part] == '/');
	}
	*to = '\0';
}

/* Compares, as far as it is text, what a path and the directory in it are. */
static void check_same_path(const char *source, size_t root, const char *entry)
{
	const struct rooted rooted = rooted_split(entry);
	char *wanted = malloc(2 * strlen(source) + 2), *found = malloc(2 * strlen(entry) + 2);

	check(wanted && found && (rooted.length > 0) == (root > 0));
	simplify(source, wanted);
	simplify(entry, found);
	check(strcmp(wanted, found) == 0);
	if (root > 0)
		check(strcmp(rooted.rest, source + root) == 0);
	free(wanted);
	free(found);
}

/* `root` bytes of it are the directory that was named. */
static void check_failed(const char *source, size_t root, bool null_separated)
{
	struct failed_list list = {
	    .path = "-", .null_separated = null_separated, .sink = SINK_NONE};
	struct text *text = &list.sink.pending;
	const char delimiter = null_separated ? '\0' : '\n';
	char *entry;

	failed_list_add_path(&list, source, root);
	check(text->status == 0 && (text->bytes.size > 0) == (list.left_out == 0));
	if (text->bytes.size > 0) {
		entry = (char *)text->bytes.data;
		check(memchr(entry, delimiter, text->bytes.size) == entry + text->bytes.size - 1);
		entry[text->bytes.size - 1] = '\0';
		check(*entry != '{' && *entry != '-' && *entry != '\xEF');
		check_same_path(source, root, entry);
	}
	sink_release(&list.sink);
}

static void check_source(const char *source, bool null_separated)
{
	if (*source == '\0')
		return;
	check_failed(source, 0, null_separated);
	for (const char *slash = strchr(source, '/'); slash; slash = strchr(slash + 1, '/'))
		/* what a walk finds */
		if (is_plain_path(slash + 1))
			check_failed(source, (size_t)(slash + 1 - source), null_separated);
}

/* --- entries -----------------------------------------------------------------------------------
 */

/* What is left of the list, by cutting it; *number counts. */
static void check_entry(const struct list_entry *entry, struct input *left, char delimiter,
                        uint64_t *number)
{
	const uint8_t *end = left->size > 0 ? memchr(left->data, delimiter, left->size) : NULL;
	const size_t length = end ? (size_t)(end - left->data) : left->size;

	check(left->size > 0 && entry->number == ++*number);
	check(entry->too_long == (length > LIST_ENTRY_MAX));
	if (!entry->too_long)
		check(entry->length == length && memcmp(entry->text, left->data, length) == 0);
	check(entry->text[entry->length] == '\0');
	left->data += length + (end != NULL);
	left->size -= length + (end != NULL);
}

static void read_list(struct list *list, int writer, struct input input, size_t piece)
{
	struct input left = input, coming = input;
	struct list_entry entry;
	uint64_t number = 0;

	while (!list->ended) {
		const size_t size = piece < coming.size ? piece : coming.size;

		if (size > 0)
			check(write(writer, coming.data, size) == (ssize_t)size);
		else
			check(close(writer) == 0);
		coming.data += size;
		coming.size -= size;
		check(list_read(list) == 0);
		while (list_take(list, &entry)) {
			check_entry(&entry, &left, list->delimiter, &number);
			if (strlen(entry.text) == entry.length) {
				check_object(entry.text);
				check_source(entry.text, list->delimiter == '\0');
			}
		}
	}
	check(left.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const bool null_separated = input_byte(&input) & 1;
	/* a read takes all of it */
	const size_t piece = 1 + (size_t)input_byte(&input) * input_byte(&input) % 60000;
	struct list list;
	int pipes[2];

	scratch_write("list", "", 0);
	check(list_open(&list, scratch_path("list"), null_separated) == 0 && pipe(pipes) == 0);
	check(dup2(pipes[0], list.fd) == list.fd && close(pipes[0]) == 0);
	read_list(&list, pipes[1], input, piece);
	list_close(&list);
	return 0;
}
