/* directories.h - the directories that a run writes into: each stays what it was when the run first
 * saw or made it, whatever its path leads to later.
 *
 * A directory is the same as long as its path leads to the same device and inode. One that is not
 * (it was moved away, removed, unmounted, another directory or file system or a symbolic link is in
 * its place) is neither made anew nor written into. Directories are opened part by part below that
 * from which paths are resolved: a symbolic link is followed if it leads to where the run has been
 * already, or if it is met by the first who comes there, but not in a directory that the run has
 * made. What is written goes into what is held open, even if another takes its place in that
 * moment; who has written asks directory_holds() whether that is where it was to go.
 *
 * On file systems that number inodes anew now and then (FUSE, SMB, FAT, overlay), a directory that
 * was not held open meanwhile is the same if it is on the same device, and no link.
 *
 * Thread-safe. No lock is held during a call to the file system.
 */
#ifndef IO_DIRECTORIES_H
#define IO_DIRECTORIES_H

#include <stdint.h>

#include "io/io.h"

struct directories;

/* One that is held open. Only `place` is for others to use. */
struct output_directory {
	struct output_place place;
	struct output_directory *next;          /* in the table */
	struct output_directory *older, *newer; /* among those that nobody uses */
	uint64_t key;                           /* see identities.h */
	dev_t device;
	ino_t inode;
	unsigned users;
	bool made;   /* by this run */
	char path[]; /* up to where names follow: "out/" */
};

/* So many (`idle`) of those that nobody uses stay open. For a run without an end (`endless`) a
 * directory counts only as long as somebody uses it: one that was removed is made again, and one
 * that has taken its place is taken, if it is no link, and of the same file system. NULL without
 * memory. */
struct directories *directories_new(unsigned idle, bool endless);
void directories_free(struct directories *directories);

/* The directory of the output at `path`, held until directories_release(); it and those above it
 * that are missing are made (0777 less the umask). `from`: what the path is resolved from; NULL:
 * the working directory. *made: bytes of the path of the highest that was made, 0 if none was.
 * Returns 0; -ESTALE if it, or one above it, is not what it was; or another negative errno; *error
 * says why, except that of -ESTALE. Mostly no system call. */
int directories_take(struct directories *directories, const struct output_place *from,
                     const char *path, size_t *made, const struct output_directory **taken,
                     struct br_error *error);
void directories_release(struct directories *directories, const struct output_directory *taken);

/* Whether its path leads there. A system call. */
bool directory_holds(const struct output_directory *directory);

/* The same for the directory of an output that may not be held: 0, -ESTALE, or 1 if it was not seen
 * yet. A system call at most. */
int directories_look(struct directories *directories, const char *path);

/* Bytes of the path of the highest directory above an output that is not what it was, with a slash;
 * 0: there is none. */
size_t directories_lost(struct directories *directories, const char *path);

#endif
