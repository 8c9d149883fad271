/* prune_remove.c - removing an output, if it is as it was left; see prune.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/prune_parts.h"
#include "batch/tell.h"

int prune_open_root(const struct prune *prune, const struct known_root *root)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	const struct output_place *held;
	char prefix[PATH_MAX], path[PATH_MAX];
	int fd;

	known_prefix(root->output, prefix);
	if (!prune_join(path, prefix, "name", ""))
		return -ENAMETOOLONG;
	/* that which the run has written below, whatever its path leads to by now */
	held = footing_root(prune->pump->context->footing, path);
	fd = held ? openat(held->fd, ".", flags) : open(root->output, flags);
	return fd < 0 ? -errno : fd;
}

int prune_open_parent(int root, const char *path, const char **name)
{
	char part[NAME_MAX + 1];
	int directory = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*name = path;
	for (;;) {
		const size_t length = strcspn(path, "/");
		int next;

		if (directory < 0)
			return -errno;
		if (path[length] == '\0')
			break;
		if (length > NAME_MAX) {
			(void)close(directory); /* as below */
			return -ENAMETOOLONG;
		}
		memcpy(part, path, length);
		part[length] = '\0';
		next = openat(directory, length > 0 ? part : ".",
		              O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(directory); /* nothing is written through it */
		directory = next;
		path += length + 1;
	}
	*name = path;
	return directory;
}

/* Whether the file has what was recorded: one whose inode or status has changed. Another inode is
 * another file, unless the file system numbers them anew. */
static bool has_bytes(const char *output, const struct leftover_output *leftover,
                      const struct state_file *now)
{
	const struct state_file *left = &leftover->file;
	enum state_likeness likeness;
	char path[PATH_MAX];
	uint64_t hash;

	if (left->hash == 0 || !prune_join(path, output, "/", leftover->path))
		return false;
	likeness = state_compare(left, now, path);
	return (likeness == STATE_ALIKE ||
	        (likeness == STATE_DOUBTFUL && left->inode == now->inode)) &&
	       state_hash_file(path, NULL, &hash) == 0 && hash == left->hash;
}

/* Whether nothing of a file says that it may be another one, or may have been written to. */
static bool is_unchanged(const struct state_file *left, const struct state_file *now)
{
	return now->size == left->size && now->modified == left->modified &&
	       now->inode == left->inode && (left->changed == 0 || now->changed == left->changed);
}

static int compare_at(int directory, const char *name, const char *output,
                      const struct leftover_output *leftover)
{
	const struct state_file *left = &leftover->file;
	struct state_file now;
	struct stat st;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? -ENOENT : -ESTALE;
	now = state_file_of(&st);
	if (!S_ISREG(st.st_mode))
		return -ESTALE;
	if (is_unchanged(left, &now))
		return 0;
	return has_bytes(output, leftover, &now) ? 0 : -ESTALE;
}

int prune_compare(int root, const char *output, const struct leftover_output *leftover)
{
	const char *name;
	const int directory = prune_open_parent(root, leftover->path, &name);
	int status;

	if (directory < 0)
		return directory == -ENOENT ? -ENOENT : -ESTALE;
	status = compare_at(directory, name, output, leftover);
	(void)close(directory); /* nothing was written through it */
	return status;
}

/* --- telling -----------------------------------------------------------------------------------
 */

static void tell(struct prune *prune, const struct leftover *leftover,
                 const struct leftover_output *output)
{
	const bool dry = prune->pump->options->dry_run;
	struct br_batch_record record = {.source = leftover->source,
	                                 .root = leftover->source_root,
	                                 .status = dry ? BR_BATCH_PLANNED : BR_BATCH_SKIPPED,
	                                 .mode = prune->pump->options->mode,
	                                 .sizes = 1};
	char prefix[PATH_MAX], path[PATH_MAX];

	known_prefix(leftover->root->output, prefix);
	(void)prune_join(path, prefix, output->path, ""); /* it was opened */
	record.output = path;
	(void)br_error_set(&record.error, BR_ERROR_PRUNED, "%s: %s",
	                   *leftover->source ? "its source is gone" : "not asked for any more",
	                   dry ? "to be removed" : "removed");
	tell_pruned(prune->pump, &record);
}

static void tell_failure(struct prune *prune, const struct leftover *leftover,
                         const struct leftover_output *output, int sys_errno)
{
	char prefix[PATH_MAX], path[PATH_MAX], text[128];

	known_prefix(leftover->root->output, prefix);
	(void)prune_join(path, prefix, output->path, ""); /* it was opened */
	(void)snprintf(text, sizeof(text), "is left over, and can't be removed: %s",
	               strerrordesc_np(sys_errno));
	tell_notice_of(prune->pump, BR_BATCH_SERIOUS, path, text);
}

/* --- removing ----------------------------------------------------------------------------------
 */

/* Removes a directory that a run has made, if it is empty. Whether it is gone now. */
static bool remove_directory(struct state *state, int root, const char *path)
{
	const char *name;
	const int above = prune_open_parent(root, path, &name);
	struct stat st;
	bool gone;

	if (above < 0)
		return above == -ENOENT;
	if (fstatat(above, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		gone = errno == ENOENT; /* since a run that was killed, say */
	else
		gone = S_ISDIR(st.st_mode) && state_inode(state, path) == st.st_ino &&
		       unlinkat(above, name, AT_REMOVEDIR) == 0;
	(void)close(above); /* nothing was written through it */
	return gone;
}

/* Those of an output, from the lowest on. */
static void remove_directories(const struct leftover *leftover, int root, const char *output)
{
	char path[PATH_MAX];
	char *slash;

	memcpy(path, output, strlen(output) + 1);
	while ((slash = strrchr(path, '/'))) {
		*slash = '\0';
		if (!remove_directory(leftover->root->state, root, path))
			return;
	}
}

/* Returns 0, also when it is not there, -ESTALE or another negative errno. */
static int remove_output(const struct leftover *leftover, int root,
                         const struct leftover_output *output)
{
	const char *name;
	const int directory = prune_open_parent(root, output->path, &name);
	int status;

	if (directory < 0)
		return directory;
	status = compare_at(directory, name, leftover->root->output, output);
	if (status == 0 && unlinkat(directory, name, 0) != 0)
		status = -errno;
	(void)close(directory); /* nothing was written through it */
	return status;
}

static int forget_in(struct state *state, const struct leftover *leftover)
{
	switch (leftover->kind) {
	case LEFTOVER_ORPHAN:
		return state_forget_orphan(state, leftover->directory, leftover->name);
	case LEFTOVER_POISON:
		return state_drop_poison(state, leftover->directory, leftover->name,
		                         leftover->names);
	default:
		return state_forget(state, leftover->directory, leftover->name, leftover->names);
	}
}

static void forget(struct prune *prune, const struct leftover *leftover)
{
	struct known_root *root = leftover->root;
	struct br_error error;
	const int status = forget_in(root->state, leftover);

	if (status == 0)
		return;
	state_error(root->state, &error);
	known_drop(prune->known, root, &error);
}

void prune_remove(struct prune *prune, int root, struct leftover *leftover)
{
	const bool dry = prune->pump->options->dry_run;

	for (unsigned i = 0; i < leftover->outputs; i++) {
		const struct leftover_output *output = &leftover->output[i];
		const int status = dry || !output->goes ? 0 : remove_output(leftover, root, output);

		if (status == 0 && output->goes)
			tell(prune, leftover, output);
		else if (status == -ESTALE)
			prune->changed++;
		else if (status != 0 && status != -ENOENT)
			tell_failure(prune, leftover, output, -status);
		leftover->keep |= status != 0 && status != -ENOENT;
	}
	if (dry || leftover->keep)
		return;
	for (unsigned i = 0; i < leftover->outputs; i++)
		remove_directories(leftover, root, leftover->output[i].path);
	forget(prune, leftover);
}
