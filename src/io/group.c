/* group.c - publishing several outputs or none: each step that gives a name can be taken back until
 * the last one has succeeded.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/publish.h"

/* How a name came to show its new file. */
enum step {
	STEP_NONE,
	STEP_NEW,     /* there was none */
	STEP_SWAPPED, /* the old file has the temporary's name */
	STEP_KEPT,    /* the old file has a second name, which is the temporary's now */
	STEP_OVER     /* the old file is gone */
};

struct member {
	struct output *output;
	const char *path, *name;
	struct stat file; /* the new one */
	enum step step;
};

/* --- before any name ---------------------------------------------------------------------------
 */

/* The descriptor is closed before the name appears: network file systems report a full disk there.
 */
static int close_temporary(struct member *member)
{
	int fd = member->output->fd;

	member->output->fd = -1;
	return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

static int prepare(struct member *member, const struct output_attributes *attributes)
{
	struct output *output = member->output;
	int status = publish_set_attributes(output->fd, attributes);

	if (status != 0)
		return status;
	if (fstat(output->fd, &member->file) != 0)
		return -errno;
	return output->kind == OUTPUT_NAMED ? close_temporary(member) : 0;
}

/* --- names -------------------------------------------------------------------------------------
 */

static int rename_temporary(const struct member *member, unsigned flags)
{
	const struct output *output = member->output;

	return renameat2(output->directory, output->temporary, output->directory, member->name,
	                 flags) == 0
	           ? 0
	           : -errno;
}

/* Where two files can't change places: a second name for the old one first. A file system that has
 * no such names either (FAT) leaves no way back. */
static int replace_kept(struct member *member)
{
	struct output *output = member->output;
	char kept[OUTPUT_TEMPORARY_MAX];
	int status = publish_random_name(kept);
	bool linked;

	if (status != 0)
		return status;
	linked = linkat(output->directory, member->name, output->directory, kept, 0) == 0;
	status = rename_temporary(member, 0);
	if (status != 0) {
		if (linked)
			(void)unlinkat(output->directory, kept, 0);
		return status;
	}
	member->step = linked ? STEP_KEPT : STEP_OVER;
	(void)snprintf(output->temporary, sizeof(output->temporary), "%s", linked ? kept : "");
	return 0;
}

static int replace(struct member *member)
{
	struct stat old;
	int status;

	/* Files and directories would change places as well. */
	if (fstatat(member->output->directory, member->name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(old.st_mode))
		return -EISDIR;
	status = rename_temporary(member, RENAME_EXCHANGE);
	if (status == 0)
		member->step = STEP_SWAPPED;
	if (status != -EINVAL && status != -ENOSYS && status != -ENOENT)
		return status;
	return replace_kept(member);
}

/* A nameless file gets its name by a link, or becomes a named temporary: 1. */
static int link_member(struct member *member, const struct output_attributes *attributes)
{
	struct output *output = member->output;
	int status = publish_link(output->fd, AT_FDCWD, member->path);

	if (status == 0)
		return 0;
	if (!(status == -EEXIST && attributes->replace) && !publish_lacks_links(status))
		return status;
	status = publish_name_temporary(output, member->path, attributes);
	if (status != 0)
		return status;
	if (fstat(output->fd, &member->file) != 0)
		return -errno;
	status = close_temporary(member);
	return status == 0 ? 1 : status;
}

static int publish(struct member *member, const struct output_attributes *attributes)
{
	int status = 1;

	if (member->output->kind == OUTPUT_NAMELESS)
		status = link_member(member, attributes);
	if (status == 1) {
		status = publish_rename_new(member->output, member->name);
		if (status == -EEXIST && attributes->replace)
			return replace(member);
		if (status == 0)
			member->output->temporary[0] = '\0';
	}
	if (status == 0)
		member->step = STEP_NEW;
	return status;
}

/* --- the way back ------------------------------------------------------------------------------
 */

/* Takes a new name away, unless somebody has put another file there meanwhile. */
static void take_away(const struct member *member)
{
	struct stat now;

	if (lstat(member->path, &now) == 0 && now.st_ino == member->file.st_ino &&
	    now.st_dev == member->file.st_dev)
		(void)unlink(member->path);
}

/* What can't be taken back stays: whole, and reported as failed. */
static void take_back(struct member *member)
{
	switch (member->step) {
	case STEP_NEW:
		take_away(member);
		break;
	case STEP_SWAPPED:
		(void)rename_temporary(member, RENAME_EXCHANGE);
		break;
	case STEP_KEPT:
		if (rename_temporary(member, 0) == 0)
			member->output->temporary[0] = '\0';
		break;
	case STEP_NONE:
	case STEP_OVER:
		break;
	}
	member->step = STEP_NONE;
}

/* --- all ---------------------------------------------------------------------------------------
 */

static bool same_directory(const struct member *a, const struct member *b)
{
	size_t length = (size_t)(a->name - a->path);

	return length == (size_t)(b->name - b->path) && memcmp(a->path, b->path, length) == 0;
}

static int sync_directories(const struct member *member, unsigned count, unsigned *at)
{
	int status = 0;

	for (*at = 0; *at < count; ++*at) {
		if (*at > 0 && same_directory(&member[*at], &member[*at - 1]))
			continue;
		status = publish_sync_directory(member[*at].path);
		if (status != 0)
			break;
	}
	return status;
}

/* Returns 0, or what failed for member number *at. */
static int publish_all(struct member *member, unsigned count, unsigned *at,
                       const struct output_attributes *attributes)
{
	int status = 0;

	for (*at = 0; *at < count; ++*at) {
		status = prepare(&member[*at], attributes);
		if (status != 0)
			return status;
	}
	for (*at = 0; *at < count; ++*at) {
		status = publish(&member[*at], attributes);
		if (status != 0)
			return status;
	}
	for (*at = 0; *at < count; ++*at) {
		if (member[*at].output->fd >= 0)
			status = close_temporary(&member[*at]);
		if (status != 0)
			return status;
	}
	return 0;
}

int output_commit_all(const struct output_file *file, unsigned count,
                      const struct output_attributes *attributes, struct error *error)
{
	struct member member[OUTPUT_GROUP_MAX];
	unsigned at;
	int status;

	if (count == 1)
		return output_commit(file->output, file->path, attributes, error);
	for (unsigned i = 0; i < count; i++)
		member[i] = (struct member){.output = file[i].output,
		                            .path = file[i].path,
		                            .name = publish_name(file[i].path)};
	status = publish_all(member, count, &at, attributes);
	if (status != 0) {
		for (unsigned i = count; i-- > 0;)
			take_back(&member[i]);
		return publish_refuse(error, -status, file[at].path);
	}
	for (unsigned i = 0; i < count; i++)
		output_discard(member[i].output); /* with what was replaced */
	if (attributes->fsync)
		status = sync_directories(member, count, &at);
	return status == 0 ? 0 : publish_refuse(error, -status, file[at].path);
}
