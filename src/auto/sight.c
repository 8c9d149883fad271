/* sight.c - see sight.h. */
#include "auto/sight.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/base.h"
#include "base/thread_time.h"

/* So many files are looked at; beyond, it is a collection whose number does not matter. */
#define FILES_MAX 64

/* What is read of a file for trial, bytes, and what that may take of a call that waits, ns. */
#define TRIAL_BYTES 65536
#define WAIT_NS     500000U

/* Not in every version of linux/magic.h. */
#define MAGIC_CIFS   0xFF534D42U
#define MAGIC_SMB2   0xFE534D42U
#define MAGIC_CEPH   0x00C36400U
#define MAGIC_LUSTRE 0x0BD00BD0U
#define MAGIC_GPFS   0x47504653U
#define MAGIC_FUSE   0x65735546U

static enum sight_ground ground_of(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return SIGHT_UNKNOWN;
	switch ((unsigned)fs.f_type) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
	case CODA_SUPER_MAGIC:
	case V9FS_MAGIC:
	case OCFS2_SUPER_MAGIC:
	case MAGIC_CIFS:
	case MAGIC_SMB2:
	case MAGIC_CEPH:
	case MAGIC_LUSTRE:
	case MAGIC_GPFS:
		return SIGHT_NETWORK;
	case MAGIC_FUSE:
		return SIGHT_FUSE;
	default:
		return SIGHT_LOCAL;
	}
}

static void stand_on(struct sight *sight, const char *path)
{
	const enum sight_ground ground = ground_of(path);

	if (ground > sight->ground)
		sight->ground = ground;
}

/* An output directory that is to be made lies where the one above it does. */
static void stand_on_output(struct sight *sight, const char *output)
{
	char path[PATH_MAX];
	char *slash;

	if (strlen(output) >= sizeof(path))
		return;
	memcpy(path, output, strlen(output) + 1);
	while (access(path, F_OK) != 0 && (slash = strrchr(path, '/')) && slash > path)
		*slash = '\0';
	stand_on(sight, access(path, F_OK) == 0 ? path : ".");
}

/* Reads a little of it, and sees whether that means to wait. */
static void try_file(struct sight *sight, int directory, const char *name)
{
	static char bytes[TRIAL_BYTES];
	const struct thread_time begin = thread_time_now();
	const int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	const ssize_t got = read(fd, bytes, sizeof(bytes));

	(void)close(fd);
	if (got <= 0)
		return;
	sight->tried = true;
	sight->waited = thread_time_blocked(&begin) >= WAIT_NS;
	sight->read_ms = (double)clock_ms_since(begin.wall);
}

/* Whether it could be counted. */
static bool count_file(struct sight *sight, int directory, const char *name, bool try_one)
{
	struct stat st;

	if (fstatat(directory, name, &st, 0) != 0)
		return true;
	if (!S_ISREG(st.st_mode))
		return !S_ISDIR(st.st_mode);
	sight->files++;
	sight->bytes += (uint64_t)st.st_size;
	if (try_one && !sight->tried)
		try_file(sight, directory, name);
	return sight->files <= FILES_MAX;
}

static bool count_directory(struct sight *sight, const char *path, bool try_one)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool counted = true;

	if (!directory)
		return false;
	while (counted && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			counted = count_file(sight, dirfd(directory), entry->d_name, try_one);
	(void)closedir(directory);
	return counted;
}

static bool count_path(struct sight *sight, const char *path, bool try_one)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		sight->files++;
		return true;
	}
	if (strstr(path, "://")) {
		sight->ground = SIGHT_NETWORK;
		return false;
	}
	stand_on(sight, path);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return count_directory(sight, path, try_one);
	return count_file(sight, AT_FDCWD, path, try_one);
}

struct sight sight_take(const char *const *paths, size_t count, const char *output, bool listed,
                        bool try_one)
{
	struct sight sight = {.counted = !listed};

	for (size_t i = 0; i < count && i <= FILES_MAX; i++)
		if (!count_path(&sight, paths[i], try_one)) {
			sight.counted = false;
			break;
		}
	if (count > FILES_MAX)
		sight.counted = false;
	if (output)
		stand_on_output(&sight, output);
	return sight;
}

const char *sight_ground_name(enum sight_ground ground)
{
	switch (ground) {
	case SIGHT_NETWORK:
		return "a network";
	case SIGHT_FUSE:
		return "a FUSE file system";
	case SIGHT_LOCAL:
		return "a local file system";
	case SIGHT_UNKNOWN:
		break;
	}
	return "an unknown file system";
}
