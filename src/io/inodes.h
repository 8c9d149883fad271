/* inodes.h - whether a file system's inode numbers say that a file is the same. No state. */
#ifndef IO_INODES_H
#define IO_INODES_H

#include <stdbool.h>

/* Some number an inode anew after a while in which nobody had it open, or when they are mounted
 * anew (FUSE, SMB, FAT, 9p). What can't be asked counts as lasting. */
bool inodes_last_at(const char *path);
/* The same of a directory; overlay has such only of directories. */
bool inodes_last(int directory);

#endif
