/* scratch.c - see scratch.h. */
#include "lab/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME   "batchresize-lab."
#define RANDOM "XXXXXX"

/* How often one is made that another lab, just starting, takes for left behind. */
#define ATTEMPTS 8

static const char *find_base(void)
{
	const char *base = getenv("TMPDIR");

	return base && base[0] == '/' ? base : "/tmp";
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

static void remove_all(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Returns a descriptor, or -1: it is somebody's, or can't be locked. */
static int take(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat own, there;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &own) == 0 && own.st_uid == geteuid() &&
	    lstat(path, &there) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino)
		return fd;
	(void)close(fd); /* nothing was written through it */
	return -1;
}

static void remove_left(const char *base)
{
	DIR *directory = opendir(base);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (directory && (entry = readdir(directory))) {
		int fd;

		if (strncmp(entry->d_name, NAME, strlen(NAME)) != 0 ||
		    strlen(entry->d_name) != strlen(NAME RANDOM) ||
		    snprintf(path, sizeof(path), "%s/%s", base, entry->d_name) >= (int)sizeof(path))
			continue;
		fd = take(path);
		if (fd < 0)
			continue;
		remove_all(path);
		(void)close(fd); /* nothing was written through it */
	}
	if (directory)
		(void)closedir(directory);
}

int scratch_make(struct scratch *scratch, struct br_error *error)
{
	const char *base = find_base();

	*scratch = SCRATCH_NONE;
	remove_left(base);
	for (unsigned i = 0; i < ATTEMPTS && scratch->lock < 0; i++) {
		if (snprintf(scratch->path, sizeof(scratch->path), "%s/" NAME RANDOM, base) >=
		    (int)sizeof(scratch->path)) {
			scratch->path[0] = '\0';
			return br_error_system(error, ENAMETOOLONG, "%.80s", base);
		}
		if (!mkdtemp(scratch->path)) {
			const int fault = errno;

			scratch->path[0] = '\0';
			return br_error_system(
			    error, fault,
			    "%s: no directory for what is made can be made there: set TMPDIR to "
			    "one that can be written",
			    base);
		}
		scratch->lock = take(scratch->path);
		/* where there are no locks, nobody takes it away */
		if (scratch->lock < 0 && access(scratch->path, F_OK) == 0)
			break;
	}
	return 0;
}

void scratch_remove(struct scratch *scratch)
{
	if (scratch->path[0])
		remove_all(scratch->path);
	if (scratch->lock >= 0)
		(void)close(scratch->lock); /* nothing was written through it */
	*scratch = SCRATCH_NONE;
}
