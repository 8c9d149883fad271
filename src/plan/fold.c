/* fold.c - which directories fold names; fold_name.c says how. */
#include "plan/fold.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in every linux/magic.h; from the kernel's fs/ntfs/super.c, fs/ntfs3, fs/hfs/hfs.h,
 * fs/hfsplus/hfsplus_raw.h; APFS from linux-apfs-rw's apfs.h (its "NXSB"). */
#define NTFS_MAGIC    0x5346544EU
#define NTFS3_MAGIC   0x7366746EU
#define HFS_MAGIC     0x4244U
#define HFSPLUS_MAGIC 0x482BU
#define HFSX_MAGIC    0x4858U
#define APFS_MAGIC    0x4253584EU

static bool is_folding_type(uint32_t type)
{
	switch (type) {
	case MSDOS_SUPER_MAGIC:
	case EXFAT_SUPER_MAGIC:
	case NTFS_MAGIC:
	case NTFS3_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case HFS_MAGIC:
	case HFSPLUS_MAGIC:
	case HFSX_MAGIC:
	case APFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Local file systems that fold by the directory's flag, or not at all. */
static bool is_plain_type(uint32_t type)
{
	return type == EXT4_SUPER_MAGIC || type == BTRFS_SUPER_MAGIC || type == TMPFS_MAGIC ||
	       type == F2FS_SUPER_MAGIC || type == OVERLAYFS_SUPER_MAGIC;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether the directory is also there under its name in other letters. */
static bool answers_to_other_case(const char *directory, int fd)
{
	char path[PATH_MAX];
	struct stat st, other;
	bool letters = false;

	if (fstat(fd, &st) != 0 || !realpath(directory, path))
		return false;
	for (char *at = strrchr(path, '/'); *at != '\0'; at++) {
		if (!is_letter(*at))
			continue;
		*at = (char)(*at ^ 0x20); /* ASCII's other case */
		letters = true;
	}
	return letters && lstat(path, &other) == 0 && other.st_dev == st.st_dev &&
	       other.st_ino == st.st_ino;
}

bool fold_asked(const char *directory)
{
	struct statfs fs;
	int flags = 0;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	bool folds = false;

	if (fd < 0)
		return statfs(directory, &fs) == 0 && is_folding_type((uint32_t)fs.f_type);
	if (fstatfs(fd, &fs) == 0)
		folds =
		    is_folding_type((uint32_t)fs.f_type) ||
		    (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_CASEFOLD_FL) ||
		    (!is_plain_type((uint32_t)fs.f_type) && answers_to_other_case(directory, fd));
	(void)close(fd); /* nothing was written */
	return folds;
}
