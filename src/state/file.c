/* file.c - see file.h. */
#include "state/file.h"

#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/inodes.h"
#include "io/io.h"
#include "io/times.h"

#define SECOND INT64_C(1000000000)

static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)time->tv_sec * SECOND + time->tv_nsec;
}

static struct timespec timespec_of(int64_t ns)
{
	int64_t rest = ns % SECOND;

	if (rest < 0)
		rest += SECOND;
	return (struct timespec){.tv_sec = (time_t)((ns - rest) / SECOND), .tv_nsec = (long)rest};
}

struct state_file state_file_of(const struct stat *st)
{
	return (struct state_file){.size = (uint64_t)st->st_size,
	                           .inode = st->st_ino,
	                           .modified = nanoseconds(&st->st_mtim),
	                           .changed = nanoseconds(&st->st_ctim)};
}

uint64_t state_identity(const struct state_file *file)
{
	const uint64_t words[] = {file->size, file->inode, (uint64_t)file->modified,
	                          (uint64_t)file->changed};
	const uint64_t identity = hash_bytes(words, sizeof(words), 0);

	return identity ? identity : 1;
}

static bool is_same_time(int64_t recorded, int64_t now, const char *path)
{
	struct timespec kept, shown;

	if (recorded == now)
		return true;
	shown = timespec_of(now);
	kept = times_as_kept(timespec_of(recorded), &shown, path);
	return times_is_equal(&kept, &shown);
}

enum state_likeness state_compare(const struct state_file *recorded, const struct state_file *now,
                                  const char *path)
{
	if (recorded->size != now->size || !is_same_time(recorded->modified, now->modified, path))
		return STATE_DIFFERENT;
	if (recorded->inode == now->inode &&
	    (recorded->changed == 0 || recorded->changed == now->changed))
		return STATE_ALIKE;
	return inodes_last_at(path) ? STATE_DOUBTFUL : STATE_ALIKE;
}

int state_hash_file(const char *path, const int *stop, uint64_t *hash)
{
	struct br_error error;
	struct stat st;
	int fd = input_open(path, &st, &error);
	int status;

	if (fd < 0)
		return fd;
	status = hash_file(fd, stop, hash);
	(void)close(fd); /* nothing was written */
	return status;
}

bool state_is_as_left(const struct state_file *recorded, const struct state_file *now,
                      const char *path, const int *stop, bool *moved)
{
	const enum state_likeness likeness = state_compare(recorded, now, path);
	uint64_t hash;

	*moved = likeness == STATE_DOUBTFUL;
	if (likeness != STATE_DOUBTFUL)
		return likeness == STATE_ALIKE;
	return recorded->hash != 0 && state_hash_file(path, stop, &hash) == 0 &&
	       hash == recorded->hash;
}

/* --- keys --------------------------------------------------------------------------------------
 */

uint64_t state_key_directory(uint64_t above, const char *name, size_t length)
{
	return hash_bytes(name, length, above);
}

uint64_t state_key_path(const char *path)
{
	uint64_t key = STATE_KEY_ROOT;

	while (*path != '\0') {
		const size_t length = strcspn(path, "/");

		if (length > 0)
			key = state_key_directory(key, path, length);
		path += length + (path[length] == '/');
	}
	return key;
}

uint64_t state_key(uint64_t directory, const char *name, size_t length)
{
	const uint64_t key = hash_bytes(name, length, ~directory);

	return key ? key : 1;
}
