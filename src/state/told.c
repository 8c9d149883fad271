/* told.c - see told.h. */
#include "state/told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "state/place.h"

/* A file of more bytes is none of ours: so much is not told between two transactions. */
#define FILE_MAX (1 << 28)

#define TEXTS 4

#define TOLD_NAME "told"

/* A picture in the file: this, then its texts, each with its '\0', and its outputs in a row. What
 * has no name is a directory, of which there are the path and the inode. */
struct told {
	uint64_t hash;  /* of all behind it */
	uint64_t bytes; /* of the entry */
	uint64_t names;
	struct state_file file;
	uint64_t versions;
	uint32_t source, output, library, adopted;
	uint32_t text[TEXTS]; /* bytes of directory, name, source's directory, options */
};

static void texts_of(const struct state_picture *picture, const char *text[TEXTS])
{
	text[0] = picture->directory;
	text[1] = picture->name;
	text[2] = picture->source;
	text[3] = picture->setup.options;
}

static uint64_t hash_of(const struct told *entry)
{
	const size_t begin = sizeof(entry->hash);

	return hash_bytes((const unsigned char *)entry + begin, entry->bytes - begin, 0);
}

/* --- writing -----------------------------------------------------------------------------------
 */

static void path_of(const struct state *state, char path[PATH_MAX + 32])
{
	(void)snprintf(path, PATH_MAX + 32, "%s/" PLACE_NAME "/" TOLD_NAME, state->output);
}

struct told *told_make(const struct state *state, const struct state_picture *picture)
{
	const char *text[TEXTS];
	size_t bytes = sizeof(struct told);
	struct told *entry;
	unsigned char *at;

	texts_of(picture, text);
	for (unsigned i = 0; i < TEXTS; i++)
		bytes += strlen(text[i]) + 1;
	bytes += packed_size(picture->output, picture->outputs);
	entry = malloc(bytes);
	if (!entry)
		return NULL;
	*entry = (struct told){.bytes = bytes,
	                       .names = state->names,
	                       .file = picture->file,
	                       .versions = picture->setup.versions,
	                       .source = picture->setup.source,
	                       .output = picture->setup.output,
	                       .library = picture->setup.library,
	                       .adopted = picture->adopted};
	at = (unsigned char *)(entry + 1);
	for (unsigned i = 0; i < TEXTS; i++) {
		entry->text[i] = (uint32_t)strlen(text[i]) + 1;
		memcpy(at, text[i], entry->text[i]);
		at += entry->text[i];
	}
	(void)packed_write(picture->output, picture->outputs, at);
	entry->hash = hash_of(entry);
	return entry;
}

/* A file of these bytes; or -EEXIST. */
static int make_file(struct state *state, const void *bytes, size_t size)
{
	const int place = place_open(state->output, false);

	if (place < 0)
		return place;
	state->told = place_make_file(place, TOLD_NAME, O_APPEND, bytes, size);
	(void)close(place); /* nothing was written through it */
	return state->told < 0 ? state->told : 0;
}

/* One that is there, of a run beside this one, say. */
static int open_to_write(struct state *state)
{
	char path[PATH_MAX + 32];

	path_of(state, path);
	state->told = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return state->told < 0 ? -errno : 0;
}

int told_write(struct state *state, const struct told *entry)
{
	int status;

	if (state->told < 0) {
		status = make_file(state, entry, entry->bytes);
		if (status != -EEXIST)
			return status;
		status = open_to_write(state);
		if (status != 0)
			return status;
	}
	return write(state->told, entry, entry->bytes) == (ssize_t)entry->bytes ? 0 : -EIO;
}

void state_get_ready(struct state *state)
{
	if (state->write && !state->broken && state->told < 0 &&
	    make_file(state, NULL, 0) == -EEXIST)
		(void)open_to_write(state); /* the first picture tries it again */
}

int told_add(struct state *state, const struct state_picture *picture)
{
	struct told *entry = told_make(state, picture);
	const int status = entry ? told_write(state, entry) : -ENOMEM;

	free(entry);
	return status;
}

int told_add_inode(struct state *state, const char *path, uint64_t inode)
{
	const struct state_picture directory = {.directory = path,
	                                        .name = "",
	                                        .source = "",
	                                        .file = {.inode = inode},
	                                        .setup = {.options = ""}};

	return told_add(state, &directory);
}

/* What is told twice is as true. */
static void remove_file(struct state *state)
{
	char path[PATH_MAX + 32];

	path_of(state, path);
	(void)unlink(path);
	(void)close(state->told); /* nobody will read it */
	state->told = -1;
}

/* To make it anew are four calls, each of which may ask a server while all workers wait. */
void told_clear(struct state *state)
{
	struct stat st;

	if (state->told < 0)
		return;
	/* a run beside this one may have removed it */
	if (fstat(state->told, &st) != 0 || st.st_nlink == 0 || ftruncate(state->told, 0) != 0)
		remove_file(state);
}

void told_close(struct state *state)
{
	struct stat st;

	if (state->told < 0)
		return;
	if (fstat(state->told, &st) == 0 && st.st_nlink > 0 && st.st_size == 0)
		remove_file(state);
	else
		(void)close(state->told); /* for the next run to read */
	state->told = -1;
}

/* --- reading -----------------------------------------------------------------------------------
 */

static unsigned char *read_all(const char *path, size_t *size)
{
	const int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unsigned char *bytes = NULL;
	struct stat st;
	ssize_t got = 0;

	*size = 0;
	if (file < 0)
		return NULL;
	if (fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < FILE_MAX)
		bytes = malloc((size_t)st.st_size + 1);
	while (bytes && (got = read(file, bytes + *size, (size_t)st.st_size - *size)) > 0)
		*size += (size_t)got;
	(void)close(file); /* nothing was written */
	return bytes;
}

/* Whether an entry stands at the beginning of so many bytes, whole. */
static bool is_entry(const unsigned char *bytes, size_t size, struct told *head)
{
	size_t texts = sizeof(*head);

	if (size < sizeof(*head))
		return false;
	memcpy(head, bytes, sizeof(*head));
	for (unsigned i = 0; i < TEXTS; i++)
		texts += head->text[i];
	return head->bytes <= size && texts <= head->bytes &&
	       hash_bytes(bytes + sizeof(head->hash), head->bytes - sizeof(head->hash), 0) ==
	           head->hash;
}

/* What an entry was made of; the strings of its outputs are copied to `path`. */
static bool read_picture(const unsigned char *bytes, const struct told *head,
                         struct state_picture *picture, char (*path)[PATH_MAX])
{
	const unsigned char *at = bytes + sizeof(*head);
	const char *text[TEXTS];

	for (unsigned i = 0; i < TEXTS; i++) {
		text[i] = (const char *)at;
		at += head->text[i];
		if (head->text[i] == 0 || at[-1] != '\0')
			return false;
	}
	*picture = (struct state_picture){.directory = text[0],
	                                  .name = text[1],
	                                  .source = text[2],
	                                  .file = head->file,
	                                  .setup = {.options = text[3],
	                                            .source = head->source,
	                                            .output = head->output,
	                                            .library = head->library != 0,
	                                            .versions = head->versions},
	                                  .adopted = head->adopted != 0};
	return packed_read(at, head->bytes - (size_t)(at - bytes), picture, path);
}

bool told_read(const struct told *entry, struct state_picture *picture, char (*path)[PATH_MAX])
{
	return read_picture((const unsigned char *)entry, entry, picture, path);
}

static int tell(struct state *state, const struct state_picture *picture)
{
	return *picture->name == '\0'
	           ? state_tell_inode(state, picture->directory, picture->file.inode)
	           : state_tell(state, picture);
}

static int tell_all(struct state *state, const unsigned char *bytes, size_t size,
                    char (*path)[PATH_MAX])
{
	const uint64_t names = state->names;
	struct state_picture picture;
	struct told head;
	int status = 0;

	while (status == 0 && is_entry(bytes, size, &head) &&
	       read_picture(bytes, &head, &picture, path)) {
		state->names = head.names;
		status = tell(state, &picture);
		bytes += head.bytes;
		size -= head.bytes;
	}
	state->names = names;
	return status == 0 ? state_commit(state, true) : status;
}

bool told_exists(const struct state *state)
{
	char path[PATH_MAX + 32];
	struct stat st;

	path_of(state, path);
	return lstat(path, &st) == 0 && st.st_size > 0;
}

int told_again(struct state *state, bool keep)
{
	char path[PATH_MAX + 32];
	unsigned char *bytes;
	size_t size;
	int status;

	path_of(state, path);
	bytes = read_all(path, &size);
	if (bytes) {
		char(*text)[PATH_MAX] = malloc(STATE_OUTPUTS_MAX * sizeof(*text));

		status = text ? tell_all(state, bytes, size, text) : -ENOMEM;
		free(text);
		free(bytes);
		if (status != 0)
			return status;
	}
	if (!keep)
		(void)unlink(path); /* mostly there is none */
	return 0;
}
