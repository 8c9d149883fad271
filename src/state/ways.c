/* ways.c - see ways.h. */
#include "state/ways.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/hash.h"
#include "base/transfer.h"
#include "state/place.h"

#define WAYS_NAME "ways"
#define WAYS_NEW  "ways.new"

/* A file of more lines, or of more bytes, is begun anew. */
#define WAYS_MAX  1024
#define BYTES_MAX ((off_t)WAYS_MAX * 160)

#define HEAD "batchresize ways 1 %" SCNd64 "\n%n"
#define LINE                                                                                       \
	"%" SCNx64 " %" SCNu32 " %" SCNu32 " %d %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNd64 "\n" \
	"%n"
#define PUT_HEAD "batchresize ways 1 %" PRId64 "\n"
#define PUT_LINE                                                                              \
	"%016" PRIx64 " %" PRIu32 " %" PRIu32 " %d %016" PRIx64 " %016" PRIx64 " %016" PRIx64 \
	" %" PRId64 "\n"

struct state_way way_of(const struct state_setup *setup, uint64_t names)
{
	return (struct state_way){.names = names,
	                          .source = setup->source,
	                          .output = setup->output,
	                          .library = setup->library,
	                          .options = hash_bytes(setup->options, strlen(setup->options), 0),
	                          .versions = setup->versions};
}

/* That of the same pictures; NULL: none were made yet. */
static struct state_way *find(const struct ways *ways, const struct state_way *like)
{
	for (size_t i = 0; i < ways->count; i++) {
		struct state_way *way = &ways->way[i];

		if (way->names == like->names && way->source == like->source &&
		    way->output == like->output && way->library == like->library)
			return way;
	}
	return NULL;
}

static bool is_same(const struct state_way *one, const struct state_way *other)
{
	return one->options == other->options && one->versions == other->versions;
}

bool ways_has(const struct ways *ways, const struct state_way *way)
{
	const struct state_way *found = find(ways, way);

	return found && is_same(found, way);
}

void ways_free(struct ways *ways)
{
	free(ways->way);
	ways->way = NULL;
	ways->count = 0;
	ways->since = 0;
}

bool ways_add(struct ways *ways, const struct state_way *way)
{
	struct state_way *old = find(ways, way);
	struct state_way *grown;

	if (old) {
		*old = *way;
		return true;
	}
	grown = realloc(ways->way, (ways->count + 1) * sizeof(*grown));
	if (!grown)
		return false;
	ways->way = grown;
	grown[ways->count++] = *way;
	return true;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* The whole file, with a '\0' behind it; NULL: none that makes sense. */
static char *read_all(int file)
{
	char *text = NULL;
	struct stat st;
	ssize_t got = -1;

	if (fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= BYTES_MAX)
		text = malloc((size_t)st.st_size + 1);
	if (text)
		got = transfer_read_at(file, text, (size_t)st.st_size, 0);
	if (text && got != st.st_size) {
		free(text);
		return NULL;
	}
	if (text)
		text[got] = '\0';
	return text;
}

/* The last line is a hash of those before it. */
static bool is_whole(const char *text)
{
	const char *last = strstr(text, "\nend ");
	uint64_t hash;

	return last && sscanf(last, "\nend %" SCNx64, &hash) == 1 &&
	       hash == hash_bytes(text, (size_t)(last + 1 - text), 0);
}

static void read_text(const char *text, struct ways *ways)
{
	struct state_way way;
	int library, used = 0;

	if (!is_whole(text) || sscanf(text, HEAD, &ways->since, &used) != 1)
		return;
	for (text += used; strncmp(text, "end ", 4) != 0; text += used) {
		used = 0;
		if (sscanf(text, LINE, &way.names, &way.source, &way.output, &library, &way.options,
		           &way.kind, &way.versions, &way.since, &used) != 8 ||
		    used == 0)
			break;
		way.library = library != 0;
		if (!ways_add(ways, &way))
			break;
	}
	if (strncmp(text, "end ", 4) != 0) /* what was left out could be the one that counts */
		ways_free(ways);
}

/* Below zero there is no place. */
static void read_from(int place, struct ways *ways)
{
	const int file =
	    place < 0 ? -1
		      : openat(place, WAYS_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *text = file < 0 ? NULL : read_all(file);

	ways_free(ways);
	if (text)
		read_text(text, ways);
	free(text);
	ways->unfinished = place >= 0 && faccessat(place, WAYS_NEW, F_OK, 0) == 0;
	if (file >= 0)
		(void)close(file); /* nothing was written */
}

void ways_read(const char *output, struct ways *ways)
{
	const int place = place_open(output, false);

	read_from(place, ways);
	if (place >= 0)
		(void)close(place); /* nothing was written through it */
}

void ways_sweep(const char *output)
{
	const int place = place_open(output, false);

	if (place < 0)
		return;
	(void)unlinkat(place, WAYS_NEW, 0); /* the next run tries again */
	(void)close(place);                 /* nothing was written through it */
}

/* --- writing -----------------------------------------------------------------------------------
 */

static char *make_text(const struct ways *ways, size_t *size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size);

	if (!stream)
		return NULL;
	(void)fprintf(stream, PUT_HEAD, ways->since);
	for (size_t i = 0; i < ways->count; i++) {
		const struct state_way *way = &ways->way[i];

		(void)fprintf(stream, PUT_LINE, way->names, way->source, way->output, way->library,
		              way->options, way->kind, way->versions, way->since);
	}
	if (fflush(stream) == 0)
		(void)fprintf(stream, "end %016" PRIx64 "\n", hash_bytes(text, *size, 0));
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* Puts a way in the place of the one before it. What was made in that is older than the run, and so
 * is all that nobody knows of. */
static int put(struct ways *ways, const struct state_way *way, int64_t began)
{
	struct state_way *old = find(ways, way);
	struct state_way now = *way;

	if (ways->since == 0 || (!old && ways->count >= WAYS_MAX)) {
		ways_free(ways);
		ways->since = began;
		old = NULL;
	}
	/* of the first of its kind there is nothing before it */
	now.since = old ? (is_same(old, way) ? old->since : began) : ways->since;
	return ways_add(ways, &now) ? 0 : -ENOMEM;
}

/* File systems' clocks run in steps, as this one does: in ns. */
static int64_t clock_step(void)
{
	struct timespec step = {0};

	(void)clock_getres(CLOCK_REALTIME_COARSE, &step); /* it exists */
	return step.tv_nsec;
}

/* When the run began by the clock of the file system, which has just made the file. What it made at
 * once may seem to be a step older. */
static int64_t time_of_begin(int file, uint64_t begin)
{
	struct stat st;

	if (fstat(file, &st) != 0)
		return INT64_MAX;
	return state_file_of(&st).modified - (int64_t)(clock_ns() - begin) - clock_step();
}

static int write_text(int file, const struct ways *ways)
{
	size_t size;
	char *text = make_text(ways, &size);
	ssize_t wrote;

	if (!text)
		return -ENOMEM;
	wrote = write(file, text, size);
	free(text);
	if (wrote == (ssize_t)size)
		return 0;
	return wrote < 0 ? -errno : -ENOSPC;
}

static int put_all(struct ways *ways, const struct ways *fresh, int64_t began)
{
	int status = 0;

	for (size_t i = 0; i < fresh->count && status == 0; i++)
		status = put(ways, &fresh->way[i], began);
	return status;
}

int ways_note(const char *output, struct ways *ways, const struct ways *fresh, uint64_t begin)
{
	const int place = place_open(output, false);
	int file, status;

	read_from(place, ways);
	if (place < 0)
		return place;
	(void)unlinkat(place, WAYS_NEW, 0); /* a run that was killed has left it */
	file = place_make_file(place, WAYS_NEW, 0, "", 0);
	status = put_all(ways, fresh, file < 0 ? INT64_MAX : time_of_begin(file, begin));
	if (file >= 0 && status == 0)
		status = write_text(file, ways);
	if (file >= 0 && close(file) != 0 && status == 0)
		status = -errno;
	if (file >= 0 && status == 0 && renameat(place, WAYS_NEW, place, WAYS_NAME) != 0)
		status = -errno;
	if (file >= 0 && status != 0)
		(void)unlinkat(place, WAYS_NEW, 0); /* the old one is no less true */
	(void)close(place);                         /* nothing was written through it */
	return file < 0 ? file : status;
}
