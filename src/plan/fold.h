/* fold.h - file systems for which "A.jpg" and "a.jpg", or two ways to write the same accented
 * letter, are one name.
 *
 * Thread-safe, no state.
 */
#ifndef PLAN_FOLD_H
#define PLAN_FOLD_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the directory (which exists) folds names. */
typedef bool fold_decision(const char *directory);

/* Asks the system: file systems known to fold (FAT, exFAT, NTFS, SMB, HFS+, APFS); the casefold
 * flag of the directory (ext4, f2fs, tmpfs); for others, since a FUSE or network mount may hide any
 * of them, whether the directory is also found under its name with the case of every letter
 * changed. */
bool fold_asked(const char *directory);

/* Bytes that a folded name of NAME_MAX bytes can need, NUL included. */
#define FOLD_MAX 1024

/* Writes the one form that stands for all names which a folding file system takes for the same:
 * Unicode case folding, then canonical decomposition. Some of them fold less (FAT keeps e and acute
 * apart from é): then two outputs are refused that could live side by side, and none is ever lost.
 * A name that is not UTF-8 stands for itself. Cut at `size`. Returns its length. A build without
 * GLib folds case alone, of the letters that the C library knows (fold_letters.c). */
size_t fold_name(const char *name, char *folded, size_t size);

#endif
