/* attributes.c - what a new file has besides its bytes: as the file that it replaces, or as its
 * source. See struct output_attributes.
 *
 * All of it is wished for, none of it is worth a picture: file systems without owners, permissions
 * or attributes (CIFS, exFAT, FUSE) refuse. Only what says that the disk is broken is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/publish.h"

/* Bytes of the names of a file's attributes that are read; with more the rest is left out. */
#define NAMES_MAX 4096

#define POSIX_ACL "system.posix_acl_access"

static bool is_fault(int sys_errno)
{
	return sys_errno == EIO || sys_errno == ESTALE;
}

/* What a refused call means: nothing, a note, or an error. */
static int judge(struct output *output, int result, bool noted)
{
	if (result == 0)
		return 0;
	if (is_fault(errno))
		return -errno;
	if (noted)
		output->lacks |= OUTPUT_LACKS_ATTRIBUTES;
	return 0;
}

/* --- owner, permissions, times -----------------------------------------------------------------
 */

static int set_owner(struct output *output, const struct stat *file, const struct stat *wanted,
                     bool noted)
{
	const gid_t group = wanted->st_gid == file->st_gid ? (gid_t)-1 : wanted->st_gid;
	int result;

	if (wanted->st_uid == file->st_uid && wanted->st_gid == file->st_gid)
		return 0;
	result = fchown(output->fd, wanted->st_uid, group);
	/* Nobody but root may give a file away, but to a group of one's own one may. */
	if (result != 0 && errno == EPERM && group != (gid_t)-1 &&
	    fchown(output->fd, (uid_t)-1, group) == 0 && wanted->st_uid == file->st_uid)
		result = 0;
	return judge(output, result, noted);
}

static int set_mode(struct output *output, const struct stat *file, mode_t wanted)
{
	if ((file->st_mode & 07777) == (wanted & 0777))
		return 0;
	return judge(output, fchmod(output->fd, wanted & 0777), true);
}

static int set_times(struct output *output, const struct stat *wanted)
{
	const struct timespec times[2] = {wanted->st_atim, wanted->st_mtim};

	return judge(output, futimens(output->fd, times), true);
}

/* --- extended attributes -----------------------------------------------------------------------
 */

enum kind {
	KIND_OTHER = 0, /* the system's own (trusted.*, a digest by IMA), or a program's rights */
	KIND_ACL = 1 << 0,
	KIND_USER = 1 << 1,
	KIND_LABEL = 1 << 2 /* by which SELinux or SMACK judge who may read */
};

static enum kind kind_of(const char *name)
{
	if (strncmp(name, "user.", 5) == 0)
		return KIND_USER;
	if (strcmp(name, POSIX_ACL) == 0 || strcmp(name, "system.nfs4_acl") == 0)
		return KIND_ACL;
	if (strcmp(name, "security.selinux") == 0 || strcmp(name, "security.SMACK64") == 0)
		return KIND_LABEL;
	return KIND_OTHER;
}

/* What they are taken from: by path, never through a link, or by descriptor. */
struct origin {
	const char *path; /* or NULL */
	int fd;
	unsigned kinds; /* bits: which of them */
	bool noted;     /* whether a refusal is told; an ACL's always is */
};

static ssize_t get(const struct origin *origin, const char *name, void *value, size_t size)
{
	return origin->path ? lgetxattr(origin->path, name, value, size)
	                    : fgetxattr(origin->fd, name, value, size);
}

/* Whether the new file has the very value, as one with a label has by itself. */
static bool has_already(int fd, const char *name, const char *value, size_t size)
{
	char *own = malloc(size + 1);
	bool same =
	    own && fgetxattr(fd, name, own, size + 1) == (ssize_t)size && !memcmp(own, value, size);

	free(own);
	return same;
}

static int copy_one(struct output *output, const struct origin *origin, const char *name)
{
	const bool noted = origin->noted || kind_of(name) == KIND_ACL;
	ssize_t size = get(origin, name, NULL, 0);
	char *value;
	int status = 0;

	if (size < 0)
		return 0; /* gone meanwhile, or not for us to see */
	value = malloc((size_t)size + 1);
	size = value ? get(origin, name, value, (size_t)size) : -1;
	if (size >= 0 && !has_already(output->fd, name, value, (size_t)size))
		status = judge(output, fsetxattr(output->fd, name, value, (size_t)size, 0), noted);
	free(value);
	return status;
}

static int copy_attributes(struct output *output, const struct origin *origin)
{
	char names[NAMES_MAX];
	ssize_t size = origin->path ? llistxattr(origin->path, names, sizeof(names))
	                            : flistxattr(origin->fd, names, sizeof(names));
	bool inherits = origin->path && origin->kinds & KIND_ACL;
	int status = 0;

	for (ssize_t at = 0; at < size && status == 0; at += (ssize_t)strlen(names + at) + 1) {
		if (strcmp(names + at, POSIX_ACL) == 0)
			inherits = false;
		if (kind_of(names + at) & origin->kinds)
			status = copy_one(output, origin, names + at);
	}
	/* A directory's default ACL, which the replaced file did not have. */
	if (status == 0 && inherits && size >= 0)
		(void)fremovexattr(output->fd, POSIX_ACL);
	return status;
}

/* --- the attributes of an output ---------------------------------------------------------------
 */

static int take_from_source(struct output *output, const struct stat *file,
                            const struct output_attributes *attributes)
{
	const struct origin source = {.fd = attributes->source,
	                              .kinds = (attributes->acl ? KIND_ACL : 0U) |
	                                       (attributes->xattr ? KIND_USER : 0U),
	                              .noted = true};
	int status = 0;

	if (attributes->owner)
		status = set_owner(output, file, attributes->owner, true);
	if (status == 0 && source.kinds)
		status = copy_attributes(output, &source);
	if (status == 0 && attributes->mode)
		status = set_mode(output, file, attributes->mode->st_mode);
	return status;
}

/* Whatever is not taken from the source. An ACL has the permissions in it. */
static int take_from_replaced(struct output *output, const struct stat *file, const char *path,
                              const struct stat *replaced,
                              const struct output_attributes *attributes)
{
	const bool rights = !attributes->mode && !attributes->acl;
	const struct origin old = {.path = path,
	                           .kinds = KIND_LABEL | (rights ? KIND_ACL : 0U) |
	                                    (attributes->xattr ? 0U : KIND_USER)};
	int status = 0;

	if (!attributes->owner)
		status = set_owner(output, file, replaced, false);
	if (status == 0)
		status = copy_attributes(output, &old);
	if (status == 0 && rights)
		status = set_mode(output, file, replaced->st_mode);
	return status;
}

int publish_set_attributes(struct output *output, const struct stat *file, const char *path,
                           const struct stat *replaced, const struct output_attributes *attributes)
{
	int status = 0;

	if (replaced && S_ISREG(replaced->st_mode))
		status = take_from_replaced(output, file, path, replaced, attributes);
	if (status == 0)
		status = take_from_source(output, file, attributes);
	if (status == 0 && attributes->times)
		status = set_times(output, attributes->times);
	return status;
}
