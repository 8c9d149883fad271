/* sweep.c - see sweep.h. */
#include "io/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "io/publish.h"
#include "io/temporary.h"

/* Seconds for which a temporary is living whose process can't be looked for: longer than a picture
 * takes, shorter than from one night to the next. */
#define AGE_MAX ((time_t)12 * 60 * 60)

/* So many are told by name. */
#define TOLD_MAX 16

struct seen {
	dev_t device;
	ino_t inode; /* of a directory; 0: no entry */
	bool disk;   /* of this machine's own, on which locks hold for all its containers */
};

/* A temporary of this run. */
struct living {
	const struct output *output;
	char *path;
};

/* What came of temporaries: the first of them, and how many. */
struct told {
	struct {
		char *text;
		int sys_errno;
	} path[TOLD_MAX];
	unsigned count;
	unsigned long long all;
};

/* Directories visited last, by a hash of their paths: most visits are to one of them. */
#define RECENT_MAX 64

struct sweeper {
	pthread_mutex_t mutex;
	struct seen *seen; /* open addressing; a power of two */
	size_t seen_count, seen_allocated;
	uint64_t recent[RECENT_MAX];
	dev_t nameless; /* a file system that knows nameless files */
	bool knows_nameless;
	bool everywhere; /* see sweeper_everywhere() */
	struct living *living;
	size_t living_count, living_allocated;
	struct told removed, left;
};

struct sweeper *sweeper_new(void)
{
	struct sweeper *sweeper = calloc(1, sizeof(*sweeper));

	if (sweeper && pthread_mutex_init(&sweeper->mutex, NULL) != 0) {
		free(sweeper);
		sweeper = NULL;
	}
	return sweeper;
}

void sweeper_everywhere(struct sweeper *sweeper)
{
	if (sweeper)
		sweeper->everywhere = true;
}

void sweeper_free(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	for (unsigned i = 0; i < sweeper->removed.count; i++)
		free(sweeper->removed.path[i].text);
	for (unsigned i = 0; i < sweeper->left.count; i++)
		free(sweeper->left.path[i].text);
	for (size_t i = 0; i < sweeper->living_count; i++)
		free(sweeper->living[i].path);
	free(sweeper->living);
	free(sweeper->seen);
	(void)pthread_mutex_destroy(&sweeper->mutex);
	free(sweeper);
}

/* --- what is told ------------------------------------------------------------------------------
 */

/* `path` is a file's in the directory in which `name` lies as well. */
static void remember(struct sweeper *sweeper, const char *path, const char *name, int sys_errno,
                     bool left)
{
	struct told *told;
	char *full;

	(void)pthread_mutex_lock(&sweeper->mutex);
	told = left ? &sweeper->left : &sweeper->removed;
	told->all++;
	if (told->count < TOLD_MAX &&
	    asprintf(&full, "%.*s%s", (int)(publish_name(path) - path), path, name) >= 0) {
		told->path[told->count].text = full;
		told->path[told->count++].sys_errno = sys_errno;
	}
	(void)pthread_mutex_unlock(&sweeper->mutex);
}

/* --- temporaries of this run -------------------------------------------------------------------
 */

static void add_living(struct sweeper *sweeper, const struct output *output, const char *path)
{
	struct living living = {.output = output};

	if (asprintf(&living.path, "%.*s%s", (int)(publish_name(path) - path), path,
	             output->temporary) < 0)
		return;
	(void)pthread_mutex_lock(&sweeper->mutex);
	if (sweeper->living_count == sweeper->living_allocated) {
		size_t allocated = sweeper->living_allocated ? sweeper->living_allocated * 2 : 64;
		struct living *grown = realloc(sweeper->living, allocated * sizeof(*grown));

		if (grown) {
			sweeper->living = grown;
			sweeper->living_allocated = allocated;
		}
	}
	if (sweeper->living_count < sweeper->living_allocated)
		sweeper->living[sweeper->living_count++] = living;
	else
		free(living.path);
	(void)pthread_mutex_unlock(&sweeper->mutex);
}

static void drop_living(struct sweeper *sweeper, const struct output *output)
{
	(void)pthread_mutex_lock(&sweeper->mutex);
	for (size_t i = 0; i < sweeper->living_count; i++) {
		if (sweeper->living[i].output != output)
			continue;
		free(sweeper->living[i].path);
		sweeper->living[i] = sweeper->living[--sweeper->living_count];
		break;
	}
	(void)pthread_mutex_unlock(&sweeper->mutex);
}

void sweeper_end(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	(void)pthread_mutex_lock(&sweeper->mutex);
	for (size_t i = 0; i < sweeper->living_count; i++)
		(void)unlink(sweeper->living[i].path);
	(void)pthread_mutex_unlock(&sweeper->mutex);
}

void sweeper_discard(struct sweeper *sweeper, struct output *output, const char *path)
{
	int status = output_discard(output);

	if (sweeper && output->kind == OUTPUT_NAMED)
		drop_living(sweeper, output);
	if (sweeper && status != 0)
		remember(sweeper, path, output->temporary, -status, true);
}

/* One line, however many there are: they have one cause. */
static void tell_left(const struct sweeper *sweeper, void *ctx,
                      void (*tell)(void *ctx, bool left, const char *path, const char *text))
{
	const struct told *told = &sweeper->left;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	(void)fprintf(stream, "is a temporary that could not be removed (%s)",
	              strerrordesc_np(told->path[0].sys_errno));
	for (unsigned i = 1; i < told->count; i++)
		(void)fprintf(stream, "%s %s", i > 1 ? "," : ", as are", told->path[i].text);
	if (told->all > told->count)
		(void)fprintf(stream, " and %llu more", told->all - told->count);
	(void)fprintf(stream, ": let files be removed there, and remove %s",
	              told->all > 1 ? "them" : "it");
	if (fclose(stream) == 0)
		tell(ctx, true, told->path[0].text, text);
	free(text);
}

void sweeper_tell(struct sweeper *sweeper, void *ctx,
                  void (*tell)(void *ctx, bool left, const char *path, const char *text))
{
	const struct told *removed;
	char text[96];

	if (!sweeper)
		return;
	removed = &sweeper->removed;
	(void)pthread_mutex_lock(&sweeper->mutex);
	for (unsigned i = 0; i < removed->count; i++)
		tell(ctx, false, removed->path[i].text,
		     "was left by a run that was killed, and has been removed");
	if (removed->count > 0 && removed->all > removed->count) {
		(void)snprintf(text, sizeof(text), "and others: in all %llu were removed",
		               removed->all);
		tell(ctx, false, removed->path[0].text, text);
	}
	if (sweeper->left.count > 0)
		tell_left(sweeper, ctx, tell);
	(void)pthread_mutex_unlock(&sweeper->mutex);
}

/* --- directories that were seen ----------------------------------------------------------------
 */

static struct seen *place(const struct sweeper *sweeper, dev_t device, ino_t inode)
{
	size_t at = (size_t)(inode * 0x9E3779B97F4A7C15U + device);

	for (;; at++) {
		struct seen *seen = &sweeper->seen[at & (sweeper->seen_allocated - 1)];

		if (seen->inode == 0 || (seen->inode == inode && seen->device == device))
			return seen;
	}
}

static bool grow(struct sweeper *sweeper)
{
	const struct sweeper before = *sweeper;
	size_t allocated = before.seen_allocated ? before.seen_allocated * 2 : 64;
	struct seen *grown = calloc(allocated, sizeof(*grown));

	if (!grown)
		return false;
	sweeper->seen = grown;
	sweeper->seen_allocated = allocated;
	for (size_t i = 0; i < before.seen_allocated; i++)
		if (before.seen[i].inode != 0)
			*place(sweeper, before.seen[i].device, before.seen[i].inode) =
			    before.seen[i];
	free(before.seen);
	return true;
}

/* The entry of a directory; `inode` 0 if it is new. */
static struct seen look_up(struct sweeper *sweeper, const struct stat *st)
{
	struct seen found = {0};

	(void)pthread_mutex_lock(&sweeper->mutex);
	if (sweeper->seen_allocated > 0)
		found = *place(sweeper, st->st_dev, st->st_ino);
	(void)pthread_mutex_unlock(&sweeper->mutex);
	return found;
}

/* Whether it was new: of two threads that come at once, one sweeps. */
static bool add(struct sweeper *sweeper, const struct seen *seen)
{
	bool added = false;

	(void)pthread_mutex_lock(&sweeper->mutex);
	if (sweeper->seen_count * 2 < sweeper->seen_allocated || grow(sweeper)) {
		struct seen *at = place(sweeper, seen->device, seen->inode);

		added = at->inode == 0;
		*at = *seen;
		sweeper->seen_count += added;
	}
	(void)pthread_mutex_unlock(&sweeper->mutex);
	return added;
}

/* --- one directory -----------------------------------------------------------------------------
 */

/* Whether a file system is no other machine's affair. What is not known is taken for a disk. */
static bool is_disk(int directory)
{
	struct statfs found;

	if (fstatfs(directory, &found) != 0)
		return false;
	switch ((unsigned long)found.f_type & 0xFFFFFFFFUL) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case V9FS_MAGIC:
	case CEPH_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
	case AFS_FS_MAGIC:
	case CODA_SUPER_MAGIC:
	case OCFS2_SUPER_MAGIC:
	case 0x01161970: /* GFS2 */
	case 0x0BD00BD0: /* Lustre */
	case 0x47504653: /* GPFS */
	case 0x786F4256: /* vboxsf */
		return false;
	default:
		return true;
	}
}

/* 1 if somebody holds the file's lock, 0 if nobody does, or a negative errno. */
static int is_locked(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int status;

	if (fd < 0)
		return -errno;
	status = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno == EWOULDBLOCK ? 1 : -errno;
	(void)close(fd); /* nothing was written */
	return status;
}

struct sweep {
	struct sweeper *sweeper;
	int directory;
	bool disk;
	const char *path; /* of a file in it */
	time_t now;       /* by the file system's own clock; 0: not known yet */
};

/* Asks the file system for the time, by a temporary. */
static void ask_time(struct sweep *sweep)
{
	char name[OUTPUT_TEMPORARY_MAX];
	struct stat st;
	int fd;

	temporary_name(name);
	fd = openat(sweep->directory, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0)
		sweep->now = st.st_ctim.tv_sec;
	(void)close(fd); /* nothing was written */
	if (unlinkat(sweep->directory, name, 0) != 0)
		remember(sweep->sweeper, sweep->path, name, errno, true);
}

/* Not by its modification time, which may be the source's already. */
static bool is_young(struct sweep *sweep, const struct stat *st)
{
	if (sweep->now == 0)
		ask_time(sweep);
	return st->st_ctim.tv_sec > sweep->now - AGE_MAX;
}

static bool is_living(struct sweep *sweep, const char *name, const struct stat *st)
{
	switch (temporary_owner(name)) {
	case TEMPORARY_LIVING:
		/* by then the number may be another process' */
		return is_young(sweep, st);
	case TEMPORARY_DEAD:
		return false;
	case TEMPORARY_UNKNOWN:
		break;
	}
	if (sweep->disk && temporary_is_marked(name)) {
		int locked = is_locked(sweep->directory, name);

		if (locked >= 0)
			return locked;
	}
	return is_young(sweep, st);
}

static void judge(struct sweep *sweep, const char *name)
{
	struct stat st;

	if (!temporary_is(name) || fstatat(sweep->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || is_living(sweep, name, &st))
		return;
	/* What is another user's is not ours to speak of. */
	if (unlinkat(sweep->directory, name, 0) == 0)
		remember(sweep->sweeper, sweep->path, name, 0, false);
}

static void sweep_directory(struct sweep *sweep)
{
	int fd = openat(sweep->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			(void)close(fd); /* nothing was written through it */
		return;
	}
	while ((entry = readdir(stream)))
		judge(sweep, entry->d_name);
	(void)closedir(stream);
}

void sweeper_watch(struct sweeper *sweeper, const struct output *output, const char *path)
{
	struct stat directory, file;
	struct seen seen;

	if (!sweeper)
		return;
	if (output->kind != OUTPUT_NAMED) {
		if (sweeper->everywhere)
			sweeper_visit(sweeper, path);
		return;
	}
	add_living(sweeper, output, path);
	if (fstat(output->directory, &directory) != 0)
		return;
	seen = look_up(sweeper, &directory);
	if (seen.inode != 0) {
		if (seen.disk)
			(void)flock(output->fd, LOCK_EX | LOCK_NB);
		return;
	}
	seen = (struct seen){.device = directory.st_dev,
	                     .inode = directory.st_ino,
	                     .disk = is_disk(output->directory)};
	if (seen.disk)
		(void)flock(output->fd, LOCK_EX | LOCK_NB);
	if (fstat(output->fd, &file) != 0 || !add(sweeper, &seen))
		return;
	sweep_directory(&(struct sweep){.sweeper = sweeper,
	                                .directory = output->directory,
	                                .disk = seen.disk,
	                                .path = path,
	                                .now = file.st_ctim.tv_sec});
}

/* --- without an output -------------------------------------------------------------------------
 */

/* Whether a directory was visited a moment ago. */
static bool is_recent(struct sweeper *sweeper, const char *path, size_t length)
{
	uint64_t hash = 0xCBF29CE484222325U; /* FNV-1a */
	bool recent;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)path[i]) * 0x100000001B3U;
	(void)pthread_mutex_lock(&sweeper->mutex);
	recent = sweeper->recent[hash % RECENT_MAX] == hash;
	sweeper->recent[hash % RECENT_MAX] = hash;
	(void)pthread_mutex_unlock(&sweeper->mutex);
	return recent;
}

/* Whether temporaries have names there. Asked once a file system, mostly. */
static bool has_named(struct sweeper *sweeper, const char *path, dev_t device)
{
	bool known;
	int status;

	(void)pthread_mutex_lock(&sweeper->mutex);
	known = sweeper->knows_nameless && sweeper->nameless == device;
	(void)pthread_mutex_unlock(&sweeper->mutex);
	if (known)
		return false;
	status = publish_try_nameless(path);
	if (status == 0) {
		(void)pthread_mutex_lock(&sweeper->mutex);
		sweeper->nameless = device;
		sweeper->knows_nameless = true;
		(void)pthread_mutex_unlock(&sweeper->mutex);
	}
	return status == 1;
}

void sweeper_visit(struct sweeper *sweeper, const char *path)
{
	struct stat st;
	int directory;

	if (!sweeper || is_recent(sweeper, path, (size_t)(publish_name(path) - path)))
		return;
	directory = publish_open_directory(path);
	if (directory < 0)
		return;
	if (fstat(directory, &st) == 0 && look_up(sweeper, &st).inode == 0 &&
	    (sweeper->everywhere || has_named(sweeper, path, st.st_dev))) {
		const struct seen seen = {
		    .device = st.st_dev, .inode = st.st_ino, .disk = is_disk(directory)};

		if (add(sweeper, &seen))
			sweep_directory(&(struct sweep){.sweeper = sweeper,
			                                .directory = directory,
			                                .disk = seen.disk,
			                                .path = path});
	}
	(void)close(directory); /* nothing was written through it */
}

void sweeper_visit_after_power_cut(struct sweeper *sweeper, const char *path)
{
	sweeper_everywhere(sweeper);
	sweeper_visit(sweeper, path);
}
