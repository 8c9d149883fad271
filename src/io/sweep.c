/* sweep.c - see sweep.h. */
#include "io/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
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

/* So many are told one by one. */
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

struct told {
	char *path;
	bool left;
	int sys_errno;
};

struct sweeper {
	pthread_mutex_t mutex;
	struct seen *seen; /* open addressing; a power of two */
	size_t seen_count, seen_allocated;
	struct living *living;
	size_t living_count, living_allocated;
	struct told told[TOLD_MAX];
	unsigned told_count;
	unsigned long long removed, left; /* all of them */
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

void sweeper_free(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	for (unsigned i = 0; i < sweeper->told_count; i++)
		free(sweeper->told[i].path);
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
	char *full;

	(void)pthread_mutex_lock(&sweeper->mutex);
	if (left)
		sweeper->left++;
	else
		sweeper->removed++;
	if (sweeper->told_count < TOLD_MAX &&
	    asprintf(&full, "%.*s%s", (int)(publish_name(path) - path), path, name) >= 0)
		sweeper->told[sweeper->told_count++] =
		    (struct told){.path = full, .left = left, .sys_errno = sys_errno};
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

void sweeper_tell(struct sweeper *sweeper, void *ctx,
                  void (*tell)(void *ctx, bool left, const char *path, const char *text))
{
	char text[160];

	if (!sweeper)
		return;
	(void)pthread_mutex_lock(&sweeper->mutex);
	for (unsigned i = 0; i < sweeper->told_count; i++) {
		const struct told *told = &sweeper->told[i];

		if (!told->left)
			(void)snprintf(text, sizeof(text),
			               "was left by a run that was killed, and has been removed");
		else
			(void)snprintf(text, sizeof(text),
			               "is a temporary that could not be removed (%s): remove it",
			               strerrordesc_np(told->sys_errno));
		tell(ctx, told->left, told->path, text);
	}
	if (sweeper->told_count > 0 && sweeper->removed + sweeper->left > sweeper->told_count) {
		(void)snprintf(text, sizeof(text),
		               "and others: in all %llu were removed, and %llu could not be",
		               sweeper->removed, sweeper->left);
		tell(ctx, sweeper->left > 0, sweeper->told[0].path, text);
	}
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

/* The entry of a directory; `inode` 0 where it is new. */
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

/* 1 where somebody holds the file's lock, 0 where nobody does, or a negative errno. */
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
	time_t now;       /* by the file system's own clock */
};

static bool is_living(const struct sweep *sweep, const char *name, const struct stat *st)
{
	/* Not by its modification time, which may be the source's already. */
	bool young = st->st_ctim.tv_sec > sweep->now - AGE_MAX;

	switch (temporary_owner(name)) {
	case TEMPORARY_LIVING:
		return young; /* by then the number may be another process' */
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
	return young;
}

static void judge(const struct sweep *sweep, const char *name)
{
	struct stat st;

	if (!temporary_is(name) || fstatat(sweep->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || is_living(sweep, name, &st))
		return;
	/* What is another user's is not ours to speak of. */
	if (unlinkat(sweep->directory, name, 0) == 0)
		remember(sweep->sweeper, sweep->path, name, 0, false);
}

static void sweep_directory(const struct sweep *sweep)
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

	if (!sweeper || output->kind != OUTPUT_NAMED)
		return;
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
