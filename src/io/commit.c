/* commit.c - giving outputs their names: one, or several that belong together, or none of them.
 * Each step that gives a name can be taken back until the last one has succeeded.
 *
 * The usual way costs four system calls: lstat, linkat, fstat, close.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/publish.h"
#include "io/stream.h"
#include "io/sweep.h"
#include "io/temporary.h"

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
	const struct output_attributes *attributes;
	struct stat file; /* the new one */
	bool plain;       /* and it is looked at once it has its name, not before */
	struct stat old;  /* what has its name, and is to be replaced */
	bool replaces;
	struct synced *directory; /* to be synchronised, or NULL */
	enum step step;
};

/* --- before any name ---------------------------------------------------------------------------
 */

static int look(struct member *member)
{
	const struct output_place *place = member->output->place;

	if (fstatat(publish_from(place), publish_below(place, member->path), &member->old,
	            AT_SYMLINK_NOFOLLOW) != 0)
		return 0; /* nothing is there, or what gives the name will say why not */
	if (!member->attributes->replace)
		return -EEXIST;
	if (S_ISDIR(member->old.st_mode))
		return -EISDIR;
	member->replaces = true;
	return 0;
}

/* Opened before there is a name: what can't be opened must not fail what has one. */
static int open_directory(struct member *member)
{
	const int status = syncer_open(member->attributes->syncer, member->output->place,
	                               member->path, &member->directory);

	/* One may write into a directory and yet not read it. */
	if (status == -EACCES || status == -EPERM) {
		member->output->lacks |= OUTPUT_LACKS_FSYNC;
		return 0;
	}
	return status;
}

/* What a file's or directory's fsync has said. */
static int note_sync(struct output *output, int status)
{
	if (status == 1)
		output->lacks |= OUTPUT_LACKS_FSYNC;
	return status < 0 ? status : 0;
}

static int look_at_new(struct member *member)
{
	return fstat(member->output->fd, &member->file) == 0 ? 0 : -errno;
}

/* Whether the file is to have nothing but its bytes and its name, so that nobody needs to know what
 * it is before that. */
static bool is_plain(const struct member *member)
{
	const struct output_attributes *attributes = member->attributes;

	return member->output->kind == OUTPUT_NAMELESS && !member->replaces && !attributes->fsync &&
	       !attributes->times && !attributes->mode && !attributes->owner && !attributes->acl &&
	       !attributes->xattr;
}

/* What the file has besides its bytes, and all of it on the disk if that is wished for. */
static int complete(struct member *member)
{
	const struct output_attributes *attributes = member->attributes;
	struct output *output = member->output;
	int status = look_at_new(member);

	if (status != 0)
		return status;
	status = publish_set_attributes(output, &member->file, member->path,
	                                member->replaces ? &member->old : NULL, attributes);
	if (status == 0 && attributes->fsync)
		status = note_sync(output, stream_sync(output->fd));
	return status;
}

/* A file that has no name when it is synchronised is one without links on the disk, and so it may
 * stay there, whatever name is synchronised later (ext2 and ext4 without a journal: their check
 * removes it). So it gets a temporary's name first, which another takes the place of. */
static int name_to_last(const struct member *member)
{
	if (!member->attributes->fsync || member->output->kind != OUTPUT_NAMELESS)
		return 0;
	const int status = publish_name_temporary(member->output, member->path, true);

	if (status >= 0)
		sweeper_watch(member->attributes->sweeper, member->output, member->path);
	return status < 0 ? status : 0;
}

static int prepare(struct member *member)
{
	int status = look(member);

	if (status == 0)
		status = name_to_last(member);
	member->plain = status == 0 && is_plain(member);
	if (status == 0 && !member->plain)
		status = complete(member);
	/* Closed before the name appears: network file systems report a full disk there. */
	if (status == 0 && member->output->kind == OUTPUT_NAMED)
		status = publish_close(member->output);
	if (status == 0 && member->attributes->fsync)
		status = open_directory(member);
	return status;
}

/* --- giving a file its name --------------------------------------------------------------------
 */

/* Right before each call that gives a name: whether it still is to be given. */
static int ask(const struct member *member)
{
	const struct output_attributes *attributes = member->attributes;

	return attributes->confirm ? attributes->confirm(attributes->confirm_arg) : 0;
}

/* A file that stays under a temporary's name, to be told by whoever discards the output. */
static void leave(struct output *output, const char *name, int status)
{
	(void)snprintf(output->temporary, sizeof(output->temporary), "%s", name);
	output->unremoved = status;
}

/* Whether a rename failed since the kernel, its filters or the file system do not know its flags.
 */
static bool lacks_flags(int status)
{
	return status == -EINVAL || status == -ENOSYS || status == -EPERM || status == -EOPNOTSUPP;
}

static int rename_temporary(const struct member *member, unsigned flags)
{
	const struct output *output = member->output;
	int directory = output->directory;
	int status = flags ? renameat2(directory, output->temporary, directory, member->name, flags)
	                   : renameat(directory, output->temporary, directory, member->name);

	return status == 0 ? 0 : -errno;
}

static int give_name(const struct member *member, unsigned flags)
{
	int status = ask(member);

	return status == 0 ? rename_temporary(member, flags) : status;
}

/* Renames the temporary, but never over a file: -EEXIST. */
static int rename_new(const struct member *member)
{
	struct stat st;
	int status = give_name(member, RENAME_NOREPLACE);

	if (!lacks_flags(status))
		return status;
	/* the file system can't (NFS, say): a look first, which leaves a moment for a race */
	if (fstatat(member->output->directory, member->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	return give_name(member, 0);
}

/* Where two files can't change places: a second name for the old one first. A file system that has
 * no such names either (FAT) leaves no way back. */
static int replace_kept(struct member *member)
{
	struct output *output = member->output;
	char kept[OUTPUT_TEMPORARY_MAX];
	bool linked;
	int status;

	temporary_name_brief(kept);
	linked = linkat(output->directory, member->name, output->directory, kept, 0) == 0;
	status = give_name(member, 0);
	if (status != 0) {
		if (linked)
			(void)unlinkat(output->directory, kept, 0);
		return status;
	}
	member->step = linked ? STEP_KEPT : STEP_OVER;
	(void)snprintf(output->temporary, sizeof(output->temporary), "%s", linked ? kept : "");
	return 0;
}

/* Replaces what is there: if nothing can fail any more behind it, without a way back. */
static int replace(struct member *member, bool way_back)
{
	struct stat old;
	int status;

	if (!way_back) {
		status = give_name(member, 0);
		if (status == 0) {
			member->step = STEP_OVER;
			member->output->temporary[0] = '\0';
		}
		return status;
	}
	/* Files and directories would change places as well. */
	if (fstatat(member->output->directory, member->name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(old.st_mode))
		return -EISDIR;
	status = give_name(member, RENAME_EXCHANGE);
	if (status == 0)
		member->step = STEP_SWAPPED;
	if (status != -ENOENT && !lacks_flags(status))
		return status;
	return replace_kept(member);
}

/* Makes a nameless file a temporary, complete and closed. */
static int become_named(struct member *member)
{
	int status = publish_name_temporary(member->output, member->path, false);

	if (status == 1)
		status = complete(member);
	return status == 0 ? publish_close(member->output) : status;
}

/* Replaces by a nameless file without a descriptor more, which may not be had when many outputs are
 * under way. Returns -ENAMETOOLONG if the temporary's path is too long for that; no temporary is
 * left then. */
static int replace_nameless(struct member *member)
{
	char name[OUTPUT_TEMPORARY_MAX], temporary[PATH_MAX];
	const int from = publish_from(member->output->place);
	const char *below = publish_below(member->output->place, member->path);
	size_t length = (size_t)(member->name - below);
	int status;

	temporary_name_brief(name);
	if (length + sizeof(name) > sizeof(temporary))
		return -ENAMETOOLONG;
	memcpy(temporary, below, length);
	memcpy(temporary + length, name, sizeof(name));
	status = publish_link(member->output->fd, from, temporary);
	if (status != 0)
		return status;
	status = publish_close(member->output);
	if (status == 0)
		status = ask(member);
	if (status == 0 && renameat(from, temporary, from, below) != 0)
		status = -errno;
	if (status == 0)
		member->step = STEP_OVER;
	else if (unlinkat(from, temporary, 0) != 0)
		leave(member->output, name, -errno);
	return status;
}

/* A plain one, right behind the call that gave it its name. If that fails the name is taken away at
 * once, since it could not be told from another's later. */
static int look_at_named(struct member *member)
{
	const struct output_place *place = member->output->place;
	const int status = look_at_new(member);

	if (status != 0 &&
	    unlinkat(publish_from(place), publish_below(place, member->path), 0) == 0)
		member->step = STEP_NONE;
	return status;
}

/* A nameless file gets its name by a link, if it can: 1 if it has become a temporary instead. */
static int publish_nameless(struct member *member, bool way_back)
{
	int status = -EEXIST;

	if (!member->replaces) {
		status = ask(member);
		if (status != 0)
			return status;
		status = publish_link(member->output->fd, publish_from(member->output->place),
		                      publish_below(member->output->place, member->path));
	}
	if (status == 0) {
		member->step = STEP_NEW; /* and closed behind the last of them */
		return member->plain ? look_at_named(member) : 0;
	}
	if (status == -EEXIST && !member->attributes->replace)
		return status;
	if (member->plain) {
		const int looked = look_at_new(member);

		member->plain = false; /* it gets its name in another way */
		if (looked != 0)
			return looked;
	}
	if (status == -EEXIST && !way_back) {
		status = replace_nameless(member);
		if (member->output->fd < 0) /* it was linked: that is the end of it */
			return status;
	}
	if (status != -EEXIST && status != -ENAMETOOLONG && !publish_lacks_links(status))
		return status;
	status = become_named(member);
	return status == 0 ? 1 : status;
}

static int publish(struct member *member, bool way_back)
{
	int status = 1;

	if (member->output->kind == OUTPUT_NAMELESS)
		status = publish_nameless(member, way_back);
	if (status != 1)
		return status;
	if (member->replaces)
		return replace(member, way_back);
	status = rename_new(member);
	if (status == -EEXIST && member->attributes->replace)
		return replace(member, way_back);
	if (status == 0) {
		member->output->temporary[0] = '\0';
		member->step = STEP_NEW;
	}
	return status;
}

/* --- the way back ------------------------------------------------------------------------------
 */

/* Takes a new name away, unless somebody has put another file there meanwhile. */
static void take_away(const struct member *member)
{
	const int from = publish_from(member->output->place);
	const char *below = publish_below(member->output->place, member->path);
	struct stat now;

	if (fstatat(from, below, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_ino == member->file.st_ino && now.st_dev == member->file.st_dev)
		(void)unlinkat(from, below, 0);
}

/* What can't be taken back stays: whole, and reported as failed. */
static void take_back(struct member *member)
{
	struct output *output = member->output;
	int status;

	switch (member->step) {
	case STEP_NEW:
		take_away(member);
		break;
	case STEP_SWAPPED:
	case STEP_KEPT:
		status = rename_temporary(member, 0);
		/* in any case: what has this name is no longer ours to remove */
		if (status == 0)
			output->temporary[0] = '\0';
		else
			output->unremoved = status;
		break;
	case STEP_NONE:
	case STEP_OVER:
		break;
	}
	member->step = STEP_NONE;
}

/* --- several outputs, all or none --------------------------------------------------------------
 */

static bool same_directory(const struct member *a, const struct member *b)
{
	size_t length = (size_t)(a->name - a->path);

	return length == (size_t)(b->name - b->path) && memcmp(a->path, b->path, length) == 0;
}

/* Closes what had its name by a link. */
static int close_all(struct member *member, unsigned count, unsigned *at)
{
	for (*at = 0; *at < count; ++*at) {
		int status = member[*at].output->fd < 0 ? 0 : publish_close(member[*at].output);

		if (status != 0)
			return status;
	}
	return 0;
}

/* The last step. What was replaced is gone by now, lest a power cut bring it back under a
 * temporary's name; so if the disk fails here, what has taken its place stays: better that than
 * nothing. Other names are taken away. */
static int synchronise_all(struct member *member, unsigned count, unsigned *at)
{
	const bool fsync = member[0].attributes->fsync;
	int status = 0;

	for (*at = 0; *at < count; ++*at) {
		if (!member[*at].directory ||
		    (*at > 0 && same_directory(&member[*at], &member[*at - 1])))
			continue;
		status = note_sync(member[*at].output, syncer_wait(member[*at].attributes->syncer,
		                                                   member[*at].directory));
		if (status != 0)
			break;
	}
	if (status == 0 && fsync) {
		*at = 0;
		status = ask(&member[0]);
	}
	for (unsigned i = 0; status != 0 && i < count; i++)
		if (member[i].step == STEP_NEW)
			take_away(&member[i]);
	return status;
}

/* Returns 0, or what failed for member number *at. */
static int publish_all(struct member *member, unsigned count, unsigned *at)
{
	/* One alone is closed before it replaces anything, and then nothing can fail any more. */
	const bool way_back = count > 1;
	int status = 0;

	for (*at = 0; *at < count; ++*at) {
		status = prepare(&member[*at]);
		if (status != 0)
			return status;
	}
	for (*at = 0; *at < count; ++*at) {
		status = publish(&member[*at], way_back);
		if (status != 0)
			return status;
	}
	*at = 0;
	/* Once more, for the last of those calls may have hung: what is new can be taken back. */
	status = ask(&member[0]);
	return status == 0 ? close_all(member, count, at) : status;
}

int output_commit_all(struct output_file *file, unsigned count,
                      const struct output_attributes *attributes, struct br_error *error)
{
	struct member member[OUTPUT_GROUP_MAX];
	unsigned at;
	int status;

	if (count == 0)
		return 0;
	for (unsigned i = 0; i < count; i++)
		member[i] = (struct member){.output = file[i].output,
		                            .path = file[i].path,
		                            .name = publish_name(file[i].path),
		                            .attributes = attributes};
	status = publish_all(member, count, &at);
	for (unsigned i = count; status != 0 && i-- > 0;)
		take_back(&member[i]);
	for (unsigned i = 0; status == 0 && i < count; i++)
		(void)output_discard(member[i].output); /* with what was replaced */
	if (status == 0)
		status = synchronise_all(member, count, &at);
	for (unsigned i = 0; i < count; i++) {
		syncer_close(attributes->syncer, member[i].directory);
		file[i].left = (struct stat){0};
		if (member[i].plain && member[i].step == STEP_NEW)
			file[i].left = member[i].file;
	}
	return status == 0 ? 0 : publish_refuse(error, -status, file[at].path);
}

int output_commit(struct output *output, const char *path,
                  const struct output_attributes *attributes, struct br_error *error)
{
	struct output_file file = {.output = output, .path = path};

	return output_commit_all(&file, 1, attributes, error);
}
