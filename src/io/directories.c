/* directories.c - see directories.h. */
#include "io/directories.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/identities.h"
#include "io/inodes.h"
#include "io/publish.h"

#define BUCKETS 2048 /* a power of two */

struct directories {
	pthread_mutex_t mutex;
	struct identities identities;
	struct output_directory *bucket[BUCKETS];
	struct output_directory *oldest, *newest; /* of those that nobody uses */
	unsigned idle, idle_max;
	bool endless;
};

struct directories *directories_new(unsigned idle, bool endless)
{
	struct directories *directories = calloc(1, sizeof(*directories));

	if (!directories)
		return NULL;
	(void)pthread_mutex_init(&directories->mutex, NULL); /* it can't fail */
	directories->idle_max = endless ? 0 : idle;
	directories->endless = endless;
	return directories;
}

static void lock(struct directories *directories)
{
	(void)pthread_mutex_lock(&directories->mutex); /* it can't fail */
}

static void unlock(struct directories *directories)
{
	(void)pthread_mutex_unlock(&directories->mutex); /* it can't fail */
}

static void close_directory(struct output_directory *directory)
{
	(void)close(directory->place.fd); /* nothing was written through it */
	free(directory);
}

static void close_all(struct output_directory *first)
{
	struct output_directory *next;

	for (struct output_directory *at = first; at; at = next) {
		next = at->next;
		close_directory(at);
	}
}

void directories_free(struct directories *directories)
{
	if (!directories)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		close_all(directories->bucket[i]);
	identities_free(&directories->identities);
	(void)pthread_mutex_destroy(&directories->mutex); /* nobody has it */
	free(directories);
}

/* --- those that are open, with the lock --------------------------------------------------------
 */

static struct output_directory **bucket_of(struct directories *directories, uint64_t key)
{
	return &directories->bucket[key & (BUCKETS - 1)];
}

static struct output_directory *find(struct directories *directories, const char *path,
                                     size_t length)
{
	const uint64_t key = identities_key(path, length);
	struct output_directory *at = *bucket_of(directories, key);

	while (at && (at->key != key || at->place.length != length ||
	              memcmp(at->path, path, length) != 0))
		at = at->next;
	return at;
}

static void leave_idle(struct directories *directories, struct output_directory *directory)
{
	*(directory->older ? &directory->older->newer : &directories->oldest) = directory->newer;
	*(directory->newer ? &directory->newer->older : &directories->newest) = directory->older;
	directory->older = directory->newer = NULL;
	directories->idle--;
}

static void join_idle(struct directories *directories, struct output_directory *directory)
{
	directory->older = directories->newest;
	*(directories->newest ? &directories->newest->newer : &directories->oldest) = directory;
	directories->newest = directory;
	directories->idle++;
}

static void use(struct directories *directories, struct output_directory *directory)
{
	if (directory->users++ == 0)
		leave_idle(directories, directory);
}

/* Takes out those that were not used longest, until there are so many. Returns them, to be closed.
 */
static struct output_directory *shrink(struct directories *directories, unsigned idle)
{
	struct output_directory *out = NULL;

	while (directories->oldest && directories->idle > idle) {
		struct output_directory *oldest = directories->oldest, **at;

		leave_idle(directories, oldest);
		for (at = bucket_of(directories, oldest->key); *at != oldest;)
			at = &(*at)->next;
		*at = oldest->next;
		oldest->next = out;
		out = oldest;
	}
	return out;
}

/* --- the same, without -------------------------------------------------------------------------
 */

static struct output_directory *take_open(struct directories *directories, const char *path,
                                          size_t length)
{
	struct output_directory *found;

	lock(directories);
	found = find(directories, path, length);
	if (found)
		use(directories, found);
	unlock(directories);
	return found;
}

/* A new one, or that which another thread was faster with. */
static struct output_directory *keep(struct directories *directories,
                                     struct output_directory *fresh)
{
	struct output_directory *found;

	lock(directories);
	found = find(directories, fresh->path, fresh->place.length);
	if (found) {
		if (fresh->made) /* others look at it without the lock */
			__atomic_store_n(&found->made, true, __ATOMIC_RELAXED);
		use(directories, found);
	} else {
		struct output_directory **bucket = bucket_of(directories, fresh->key);

		fresh->next = *bucket;
		*bucket = fresh;
	}
	unlock(directories);
	if (!found)
		return fresh;
	close_directory(fresh);
	return found;
}

static void release(struct directories *directories, const char *path, size_t length)
{
	struct output_directory *directory, *out = NULL;

	lock(directories);
	directory = find(directories, path, length);
	if (directory && --directory->users == 0) {
		join_idle(directories, directory);
		out = shrink(directories, directories->idle_max);
	}
	unlock(directories);
	close_all(out);
}

void directories_release(struct directories *directories, const struct output_directory *taken)
{
	if (taken)
		release(directories, taken->path, taken->place.length);
}

static struct directory_identity recall(struct directories *directories, const char *path,
                                        size_t length)
{
	const struct directory_identity *found;
	struct directory_identity identity = {0};

	lock(directories);
	found = identities_find(&directories->identities, identities_key(path, length));
	if (found)
		identity = *found;
	unlock(directories);
	return identity;
}

/* --- what a path leads to ----------------------------------------------------------------------
 */

static bool leads_to(const char *path, dev_t device, ino_t inode)
{
	struct stat st;

	return stat(*path ? path : ".", &st) == 0 && st.st_dev == device &&
	       (inode == 0 || st.st_ino == inode);
}

bool directory_holds(const struct output_directory *directory)
{
	return leads_to(directory->path, directory->device, directory->inode);
}

/* Of a directory as it is known, or held. */
static int look_at(struct directories *directories, const char *path, size_t length)
{
	struct output_directory *held = take_open(directories, path, length);
	struct directory_identity known = {0};
	char directory[PATH_MAX];
	bool same;

	if (held) {
		same = directory_holds(held);
		release(directories, path, length);
		return same ? 0 : -ESTALE;
	}
	known = recall(directories, path, length);
	if (known.key == 0 || directories->endless || length >= sizeof(directory))
		return 1;
	memcpy(directory, path, length);
	directory[length] = '\0';
	return leads_to(directory, known.device, known.inode) ? 0 : -ESTALE;
}

int directories_look(struct directories *directories, const char *path)
{
	return look_at(directories, path, (size_t)(publish_name(path) - path));
}

/* Where the part of the path ends that begins at `at`, with all slashes behind it. */
static size_t part_end(const char *path, size_t at)
{
	at += strcspn(path + at, "/");
	return at + strspn(path + at, "/");
}

size_t directories_lost(struct directories *directories, const char *path)
{
	const size_t end = (size_t)(publish_name(path) - path);

	for (size_t at = 0; at < end;) {
		at = part_end(path, at);
		if (look_at(directories, path, at) < 0)
			return at;
	}
	return 0;
}

/* --- opening -----------------------------------------------------------------------------------
 */

/* Without descriptors to spare those that nobody uses go. Returns a descriptor or a negative errno.
 */
static int open_at(struct directories *directories, int from, const char *name, int flags)
{
	bool shrunk = false;
	int fd;

	for (;;) {
		fd = openat(from, name, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
		if (fd >= 0)
			return fd;
		if (errno == EMFILE && !shrunk) {
			struct output_directory *idle;

			lock(directories);
			idle = shrink(directories, 0);
			unlock(directories);
			close_all(idle);
			shrunk = true;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
}

static bool is_link(int from, const char *name)
{
	struct stat st;

	return fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Whether it is what it was, if it is known; else it is from now on. 0 or -ESTALE. */
static int settle(struct directories *directories, const struct directory_identity *now)
{
	struct directory_identity *known;
	int status = 0;

	lock(directories);
	known = identities_find(&directories->identities, now->key);
	if (!known)
		identities_add(&directories->identities, now);
	else if (known->device != now->device || (known->inode && known->inode != now->inode))
		status = -ESTALE;
	else
		known->made |= now->made;
	unlock(directories);
	return status;
}

/* Takes a descriptor, closed if this fails. Returns 0 and the directory, in use; -ESTALE or
 * -ENOMEM.
 */
static int add(struct directories *directories, int fd, const char *path, size_t length, bool made,
               bool linked, struct output_directory **added)
{
	struct output_directory *fresh = malloc(sizeof(*fresh) + length + 1);
	struct directory_identity now = {
	    .key = identities_key(path, length), .made = made, .linked = linked};
	struct stat st;
	int status = fresh ? 0 : -ENOMEM;

	if (!status && fstat(fd, &st) != 0)
		status = -errno;
	if (!status) {
		now.device = st.st_dev;
		now.inode = directories->endless || !inodes_last(fd) ? 0 : st.st_ino;
		status = settle(directories, &now);
	}
	if (status) {
		free(fresh);
		(void)close(fd); /* nothing was written through it */
		return status;
	}
	*fresh = (struct output_directory){.place = {.fd = fd, .length = length},
	                                   .key = now.key,
	                                   .device = st.st_dev,
	                                   .inode = st.st_ino,
	                                   .users = 1,
	                                   .made = made};
	memcpy(fresh->path, path, length);
	fresh->path[length] = '\0';
	*added = keep(directories, fresh);
	return 0;
}

/* A part of a path that is to be opened in the directory above it. */
struct part {
	const struct output_directory *above;
	struct directory_identity known;
	char name[NAME_MAX + 1];
	bool made, linked;
};

/* What is not there any more, though the run knows it, is made again only in a run without an end,
 * and not if it was mounted there. */
static int make_part(struct directories *directories, struct part *part)
{
	const struct directory_identity *known = &part->known;
	const int above = part->above->place.fd;

	if (known->key != 0 && (!directories->endless || known->device != part->above->device))
		return -ESTALE;
	if (!directory_holds(part->above))
		return -ESTALE;
	if (mkdirat(above, part->name, 0777) == 0)
		part->made = true;
	else if (errno != EEXIST)
		return -errno;
	return open_at(directories, above, part->name, O_NOFOLLOW);
}

static int open_part(struct directories *directories, struct part *part)
{
	const struct directory_identity *known = &part->known;
	const int above = part->above->place.fd;
	const bool made = __atomic_load_n(&part->above->made, __ATOMIC_RELAXED);
	const bool follows = known->key != 0 ? known->linked || known->inode : !made;
	int fd = open_at(directories, above, part->name, O_NOFOLLOW);

	if (fd == -ENOTDIR && is_link(above, part->name)) {
		part->linked = true;
		fd = follows ? open_at(directories, above, part->name, 0) : -ESTALE;
	}
	if (fd == -ENOENT)
		return make_part(directories, part);
	return fd == -ENOTDIR && known->key != 0 ? -ESTALE : fd;
}

/* From the directory whose path has `*length` bytes to the next of the path, which is in use then
 * in its place. */
static int enter(struct directories *directories, const char *path, size_t *length, size_t *made,
                 struct output_directory **at)
{
	const size_t size = strcspn(path + *length, "/"), next = part_end(path, *length);
	struct part part = {.above = *at, .known = recall(directories, path, next)};
	struct output_directory *entered = NULL;
	int status;

	if (size > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part.name, path + *length, size);
	part.name[size] = '\0';
	status = open_part(directories, &part);
	if (part.made && *made == 0)
		*made = *length + size;
	if (status >= 0)
		status = add(directories, status, path, next, part.made || part.known.made,
		             part.linked, &entered);
	if (status < 0)
		return status;
	release(directories, path, *length);
	*at = entered;
	*length = next;
	return 0;
}

/* The path is resolved from what has so many bytes of it. */
static size_t base_of(const struct output_place *from, const char *path)
{
	return from ? from->length : strspn(path, "/");
}

/* The lowest directory above an output that is open, or that from which its path is resolved. */
static int begin(struct directories *directories, const struct output_place *from, const char *path,
                 size_t *length, struct output_directory **at)
{
	const size_t base = base_of(from, path);
	size_t end = (size_t)(publish_name(path) - path);
	int fd;

	while (end > base) {
		*at = take_open(directories, path, end);
		*length = end;
		if (*at)
			return 0;
		while (end > base && path[end - 1] == '/')
			end--;
		while (end > base && path[end - 1] != '/')
			end--;
	}
	*length = base;
	*at = take_open(directories, path, base);
	if (*at)
		return 0;
	fd = open_at(directories, publish_from(from), from || base == 0 ? "." : "/", 0);
	return fd < 0 ? fd : add(directories, fd, path, base, false, false, at);
}

static int descend(struct directories *directories, const struct output_place *from,
                   const char *path, size_t *made, struct output_directory **at)
{
	const size_t end = (size_t)(publish_name(path) - path);
	size_t length;
	int status = begin(directories, from, path, &length, at);

	if (status < 0)
		return status;
	while (status == 0 && length < end)
		status = enter(directories, path, &length, made, at);
	if (status < 0)
		release(directories, path, length);
	return status;
}

/* One that is known by its inode need not be opened part by part. */
static int open_known(struct directories *directories, const struct output_place *from,
                      const char *path, const struct directory_identity *known,
                      struct output_directory **at)
{
	const size_t base = base_of(from, path), end = (size_t)(publish_name(path) - path);
	char below[PATH_MAX];
	int fd;

	if (end == base)
		return 1;
	memcpy(below, path + (from ? base : 0), end - (from ? base : 0));
	below[end - (from ? base : 0)] = '\0';
	fd = open_at(directories, publish_from(from), below, 0);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? -ESTALE : fd;
	return add(directories, fd, path, end, known->made, known->linked, at);
}

int directories_take(struct directories *directories, const struct output_place *from,
                     const char *path, size_t *made, const struct output_directory **taken,
                     struct br_error *error)
{
	const size_t length = (size_t)(publish_name(path) - path);
	struct output_directory *at;
	struct directory_identity known;
	int status = 1;

	*made = 0;
	*taken = NULL;
	if (length >= PATH_MAX)
		return publish_refuse(error, ENAMETOOLONG, path);
	at = take_open(directories, path, length);
	if (!at) {
		known = recall(directories, path, length);
		if (known.inode != 0)
			status = open_known(directories, from, path, &known, &at);
		if (status == 1)
			status = descend(directories, from, path, made, &at);
		if (status < 0)
			return status == -ESTALE ? status : publish_refuse(error, -status, path);
	}
	*taken = at;
	return 0;
}
