/* config.c - see config.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config.h"

/* Bytes of the file's path in "FILE:LINE". */
#define WHERE_PATH_MAX 72

struct path_shown config_where(const struct config *config, unsigned line)
{
	struct path_shown where = path_shown_within(config->path, WHERE_PATH_MAX);
	const size_t length = strlen(where.text);

	(void)snprintf(where.text + length, sizeof(where.text) - length, ":%u", line);
	return where;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* A pipe that nobody writes to would hold the program up, so that only one that was named is waited
 * for. Returns a descriptor, -1 for none, or a negative errno. */
static int open_file(const char *path, enum config_owner owner, int *fd)
{
	const int flags = owner == CONFIG_TYPED ? 0 : O_NONBLOCK;
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags |
	                     (owner == CONFIG_SOURCE ? O_NOFOLLOW : 0));
	if (*fd >= 0 || owner == CONFIG_TYPED)
		return *fd >= 0 ? 0 : -errno;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	/* a directory that can't be entered, as another user's home, holds nothing of ours */
	return errno == EACCES && lstat(path, &st) != 0 ? 0 : -errno;
}

static int read_bytes(int fd, char *text, size_t *length)
{
	ssize_t got;

	*length = 0;
	for (;;) {
		got = read(fd, text + *length, CONFIG_BYTES_MAX + 1 - *length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		*length += (size_t)got;
	}
}

static int read_text(struct config *config, int fd, size_t *length, struct br_error *error)
{
	char *shorter;
	int status;

	config->text = malloc(CONFIG_BYTES_MAX + 2);
	if (!config->text)
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for a file of defaults");
	status = read_bytes(fd, config->text, length);
	if (status)
		return br_error_system(error, -status, "cannot read the defaults in '%s'",
		                       path_shown(config->path).text);
	if (*length > CONFIG_BYTES_MAX)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'%s' is over a megabyte, which is no file of defaults: is it "
		                    "the right one?",
		                    path_shown(config->path).text);
	config->text[*length] = '\0';
	shorter = realloc(config->text, *length + 1);
	if (shorter)
		config->text = shorter;
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

static int add_entry(struct config *config, struct config_entry entry, struct br_error *error)
{
	if (config->count == config->allocated) {
		const size_t allocated = config->allocated ? config->allocated * 2 : 16;
		struct config_entry *grown =
		    realloc(config->entry, allocated * sizeof(*config->entry));

		if (!grown)
			return br_error_set(error, BR_ERROR_MEMORY,
			                    "no memory for the defaults in a file");
		config->entry = grown;
		config->allocated = allocated;
	}
	config->entry[config->count++] = entry;
	return 0;
}

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

static char *skip_blanks(char *text)
{
	return text + strspn(text, " \t");
}

/* Takes blanks away from the end. */
static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && is_blank(text[length - 1]))
		text[--length] = '\0';
}

/* Whether only blanks or a comment follows. */
static bool is_end(const char *text)
{
	text += strspn(text, " \t");
	return *text == '\0' || *text == '#';
}

/* Takes the quotes off, in place. False: there is no second one, something follows it, or a
 * backslash stands before what is no quote or backslash. */
static bool unquote(char *text)
{
	const char quote = *text;
	char *to = text;
	const char *from = text + 1;

	while (*from && *from != quote) {
		if (*from == '\\' && quote == '"') {
			from++;
			if (*from != '"' && *from != '\\')
				return false;
		}
		*to++ = *from++;
	}
	if (*from != quote || !is_end(from + 1))
		return false;
	*to = '\0';
	return true;
}

/* Cuts off a comment: a number sign between blanks. #fff is a colour. */
static void cut_comment(char *text)
{
	for (char *at = text; *at; at++) {
		if (*at == '#' && (at == text || is_blank(at[-1])) &&
		    (at[1] == '\0' || is_blank(at[1]))) {
			*at = '\0';
			break;
		}
	}
	trim_end(text);
}

static int refuse(const struct config *config, unsigned line, const char *problem,
                  struct br_error *error)
{
	return br_error_set(error, BR_ERROR_USAGE, "%s: %s", config_where(config, line).text,
	                    problem);
}

/* [preset NAME]; *preset becomes the name. */
static int read_section(const struct config *config, char *text, unsigned line, const char **preset,
                        struct br_error *error)
{
	static const char kind[] = "preset";
	char *end = strchr(text, ']');
	char *name;

	if (!end || !is_end(end + 1) || strncmp(skip_blanks(text + 1), kind, strlen(kind)) != 0)
		return refuse(config, line, "a section begins with '[preset NAME]'", error);
	*end = '\0';
	name = skip_blanks(text + 1) + strlen(kind);
	trim_end(name);
	if (!is_blank(*name))
		return refuse(config, line, "a preset needs a name, as in '[preset thumbs]'",
		              error);
	*preset = skip_blanks(name);
	return 0;
}

static int read_entry(struct config *config, char *text, unsigned line, const char *preset,
                      struct br_error *error)
{
	char *equals = strchr(text, '=');
	struct config_entry entry = {.preset = preset, .key = text, .line = line};

	if (equals) {
		char *value = skip_blanks(equals + 1);

		*equals = '\0';
		entry.value = value;
		if (*value != '"' && *value != '\'')
			cut_comment(value);
		else if (!unquote(value))
			return refuse(config, line,
			              "the quotes don't fit: write \"...\" with \\\" and \\\\ in "
			              "it, or '...'",
			              error);
	} else {
		cut_comment(text);
	}
	trim_end(text);
	if (*text == '\0')
		return refuse(config, line, "no key stands before the '='", error);
	return add_entry(config, entry, error);
}

static int read_line(struct config *config, char *text, unsigned line, const char **preset,
                     struct br_error *error)
{
	text = skip_blanks(text);
	if (*text == '\0' || *text == '#' || *text == ';')
		return 0;
	if (*text == '[')
		return read_section(config, text, line, preset, error);
	return read_entry(config, text, line, *preset, error);
}

static int read_lines(struct config *config, size_t length, struct br_error *error)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};
	char *text = config->text;
	char *end = text + length;
	const char *preset = NULL;
	int status = 0;

	if (length >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0)
		text += sizeof(mark);
	for (unsigned line = 1; text < end && status == 0; line++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *stop = newline ? newline : end;

		if (memchr(text, '\0', (size_t)(stop - text)))
			return refuse(config, line,
			              "a NUL byte stands in it: save the file as plain text, in "
			              "UTF-8",
			              error);
		*stop = '\0';
		if (stop > text && stop[-1] == '\r')
			stop[-1] = '\0';
		status = read_line(config, text, line, &preset, error);
		text = stop + 1;
	}
	return status;
}

/* ---------------------------------------------------------------------------------------------- */

static int read_open(struct config *config, int fd, enum config_owner owner, struct br_error *error)
{
	struct stat st;
	size_t length = 0;
	int status;

	if (owner != CONFIG_TYPED && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'%s' is to hold defaults and is no regular file: move it, or "
		                    "say --config=none",
		                    path_shown(config->path).text);
	status = read_text(config, fd, &length, error);
	return status ? status : read_lines(config, length, error);
}

int config_read(struct config *config, const char *path, enum config_owner owner,
                struct br_error *error)
{
	int fd, status;

	*config = (struct config){.path = strdup(path), .of_source = owner == CONFIG_SOURCE};
	if (!config->path)
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for a file of defaults");
	status = open_file(path, owner, &fd);
	if (status == -ELOOP && owner == CONFIG_SOURCE)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'%s' is a link, which none among sources may be: put a file "
		                    "there, or say --config=none",
		                    path_shown(path).text);
	if (status)
		return br_error_system(error, -status, "cannot open the defaults in '%s'",
		                       path_shown(path).text);
	if (fd < 0)
		return 0;
	status = read_open(config, fd, owner, error);
	(void)close(fd); /* nothing was written */
	return status;
}

void config_release(struct config *config)
{
	free(config->path);
	free(config->text);
	free(config->entry);
	*config = (struct config){0};
}
