/* prune_source.c - whether a source is gone, or only what it lies on; see prune.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "batch/prune_parts.h"

bool prune_join(char path[PATH_MAX], const char *prefix, const char *below, const char *name)
{
	const int length = snprintf(path, PATH_MAX, "%s%s%s%s", prefix, below,
	                            *below != '\0' && *name != '\0' ? "/" : "", name);

	return length >= 0 && length < PATH_MAX;
}

uint64_t prune_place(unsigned ground, uint64_t key)
{
	return hash_bytes(&key, sizeof(key), ground);
}

/* --- below which directory ---------------------------------------------------------------------
 */

/* Whether a path is that of the directory, by its text or by what it leads to. */
static bool is_ground(const struct prune_ground *ground, const char *path)
{
	struct stat st;

	if (!ground->there)
		return false;
	if (strcmp(ground->absolute, path) == 0)
		return true;
	return stat(*path ? path : "/", &st) == 0 && st.st_dev == ground->device &&
	       st.st_ino == ground->inode;
}

/* What is left of `path` in front of "/below", in `top`. */
static bool cut_below(const char *path, const char *below, char top[PATH_MAX])
{
	const size_t length = strlen(path), more = strlen(below);

	if (length >= PATH_MAX)
		return false;
	memcpy(top, path, length + 1);
	if (more == 0)
		return true;
	if (length < more + 1 || strcmp(path + length - more, below) != 0 ||
	    path[length - more - 1] != '/')
		return false;
	top[length - more - 1] = '\0';
	return true;
}

/* With --flat outputs say nothing of where their sources lie. */
static const struct prune_ground *find_flat(struct prune *prune, const char *source,
                                            const char **below)
{
	for (unsigned i = 0; i < prune->grounds; i++) {
		const struct prune_ground *ground = &prune->ground[i];
		const size_t length = strlen(ground->absolute);

		if (!ground->there || strncmp(source, ground->absolute, length) != 0 ||
		    (source[length] != '/' && source[length] != '\0'))
			continue;
		*below = source + length + (source[length] == '/');
		return ground;
	}
	return NULL;
}

const struct prune_ground *
prune_find_ground(struct prune *prune, const struct state_picture *picture, const char **below)
{
	char top[PATH_MAX];

	*below = picture->directory;
	if (prune->known->options->flat)
		return *picture->directory == '\0' ? find_flat(prune, picture->source, below)
		                                   : NULL;
	if (!cut_below(picture->source, picture->directory, top))
		return NULL;
	if (prune->asked && strcmp(prune->top, top) == 0)
		return prune->top_ground;
	prune->top_ground = NULL;
	for (unsigned i = 0; i < prune->grounds && !prune->top_ground; i++)
		if (is_ground(&prune->ground[i], top))
			prune->top_ground = &prune->ground[i];
	memcpy(prune->top, top, strlen(top) + 1);
	prune->asked = true;
	return prune->top_ground;
}

/* --- whether it is gone ------------------------------------------------------------------------
 */

static bool is_unread(const struct prune *prune, const char *path)
{
	const struct prune_unread *unread = &prune->pump->unread_paths;

	for (size_t i = 0; i < unread->count; i++) {
		const size_t length = strlen(unread->path[i]);

		if (strcmp(unread->path[i], ".") == 0 ||
		    (strncmp(path, unread->path[i], length) == 0 &&
		     (path[length] == '/' || path[length] == '\0' ||
		      (length > 0 && path[length - 1] == '/'))))
			return true;
	}
	return unread->all;
}

/* What has a directory's name. */
enum found { FOUND_DIRECTORY, FOUND_NOTHING, FOUND_DOUBT };

static enum found look_for_directory(const char *path, struct stat *st)
{
	if (lstat(path, st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? FOUND_NOTHING : FOUND_DOUBT;
	if (S_ISLNK(st->st_mode) && stat(path, st) != 0)
		return FOUND_DOUBT; /* it leads to a disk that is not there, say */
	return S_ISDIR(st->st_mode) ? FOUND_DIRECTORY : FOUND_NOTHING;
}

/* Whether a directory has no picture for other reasons than that somebody removed them. */
static bool is_doubtful(struct prune *prune, struct known_root *root, unsigned ground,
                        const char *below, const char *absolute, const struct stat *st)
{
	uint64_t inode, now;

	if (prune->pump->options->force_empty ||
	    number_set_has(&prune->inhabited, prune_place(ground, state_key_path(below))))
		return false;
	if (*below == '\0')
		return true;
	inode = state_inode(root->state, absolute);
	now = known_ground_inode(absolute, st);
	return inode == 0 || inode != now || now & KNOWN_MOUNTED;
}

/* The lowest of the directories that lead to a source which is still there; *below is cut to what
 * leads to it from that which was walked. */
static enum found find_lowest(const struct prune_ground *ground, char *below, char *where,
                              struct stat *st)
{
	for (;;) {
		char *slash = strrchr(below, '/');
		enum found found;

		if (!prune_join(where, ground->path, below, ""))
			return FOUND_DOUBT;
		found = look_for_directory(*where ? where : ".", st);
		if (found != FOUND_NOTHING)
			return found;
		if (*below == '\0')
			return FOUND_DOUBT; /* what was walked is gone by now */
		*(slash ? slash : below) = '\0';
	}
}

/* How long the path is of a directory that leads to a source and is gone, if a file system was
 * mounted there: who unmounts it may take its directory away as well. Those up to `length` are
 * there. 0: there is none. */
static size_t find_unmounted(struct known_root *root, const char *source, size_t length)
{
	char path[PATH_MAX];
	size_t end = strlen(source);

	memcpy(path, source, end + 1);
	while (end > length) {
		if (state_inode(root->state, path) & KNOWN_MOUNTED)
			return end;
		end = (size_t)(strrchr(path, '/') - path);
		path[end] = '\0';
	}
	return 0;
}

enum prune_finding prune_look(struct prune *prune, struct known_root *root,
                              const struct prune_ground *ground,
                              const struct state_picture *picture, const char *below, char *where)
{
	char path[PATH_MAX], directory[PATH_MAX], absolute[PATH_MAX];
	struct stat st;
	size_t length, unmounted;

	if (!prune_join(path, ground->path, below, picture->name) || is_unread(prune, path) ||
	    lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
		return PRUNE_THERE;
	memcpy(directory, below, strlen(below) + 1);
	if (find_lowest(ground, directory, where, &st) == FOUND_DOUBT)
		return PRUNE_THERE;
	/* the source's directory ends with `below` */
	length = strlen(picture->source) - (strlen(below) - strlen(directory));
	unmounted =
	    prune->pump->options->force_empty ? 0 : find_unmounted(root, picture->source, length);
	if (unmounted > 0) {
		memcpy(path, below, strlen(below) + 1);
		path[strlen(below) - (strlen(picture->source) - unmounted)] = '\0';
		return prune_join(where, ground->path, path, "") ? PRUNE_HELD : PRUNE_THERE;
	}
	memcpy(absolute, picture->source, length);
	absolute[length] = '\0';
	return is_doubtful(prune, root, (unsigned)(ground - prune->ground), directory, absolute,
	                   &st)
	           ? PRUNE_HELD
	           : PRUNE_GONE;
}
