/* inodes.c - see inodes.h. */
#include "io/inodes.h"

#include <linux/magic.h>
#include <stdint.h>
#include <sys/vfs.h>

static bool last(const struct statfs *fs)
{
	switch ((uint32_t)fs->f_type) {
	case MSDOS_SUPER_MAGIC:
	case EXFAT_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case V9FS_MAGIC:
		return false;
	default:
		return true;
	}
}

bool inodes_last_at(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) != 0 || last(&fs);
}

bool inodes_last(int directory)
{
	struct statfs fs;

	return fstatfs(directory, &fs) != 0 ||
	       (last(&fs) && (uint32_t)fs.f_type != OVERLAYFS_SUPER_MAGIC);
}
