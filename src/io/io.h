/* io.h - reading a source whole, and publishing an output whole or not at all.
 *
 * A published file goes through four states: nameless or temporary (output_open), written
 * (output_write), closed once without an error (output_settle, output_close), visible under its
 * name (output_commit). Whatever ends a run in between, SIGKILL and a full disk included, no name
 * ever shows a part of a file.
 *
 * Closing is a step of its own: network and FUSE file systems send the bytes then, and report a
 * full disk to the first who closes and to nobody else.
 *
 * No function keeps state; each may be called from any thread, and the descriptors may be passed to
 * another process in between.
 */
#ifndef IO_H
#define IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <batchresize/buffer.h>
#include <batchresize/error.h>

#include "io/syncer.h"

/* Opens a source, for reading only. Symbolic links are followed; a FIFO that took a file's place
 * does not block (O_NONBLOCK). *st is its fstat(). Returns a descriptor, or a negative errno:
 * -EINVAL for what is no regular file. The message does not name the file: its caller adds that.
 * Two system calls. */
int input_open(const char *path, struct stat *st, struct br_error *error);

/* The same of a file below a directory, whose path is the first `above` bytes: no symbolic link
 * behind them is followed (-ELOOP). Two system calls more for each directory between the two. */
int input_open_below(const char *path, size_t above, struct stat *st, struct br_error *error);

/* Whether a file of so many bytes is in memory, so that reading it waits for no disk and no server:
 * as far as its last byte tells. False where the system can't say. One system call. */
bool input_is_at_hand(int fd, uint64_t size);

/* Reads the whole file from its beginning by pread(2) into *in (appended to its size; the file's
 * own offset is not used, so another process can do it again). `st` is what input_open() found.
 * Returns 0, BR_ERROR_EMPTY, BR_ERROR_TOO_LARGE (more than `max` bytes), BR_ERROR_CHANGED when size
 * or modification time are no longer those in *st, or a negative errno; in->size is unchanged then.
 * Two system calls for most files. The message does not name the file either. */
int input_read(int fd, const struct stat *st, size_t max, struct br_buffer *in,
               struct br_error *error);

/* How an output's temporary is kept. */
enum output_kind {
	OUTPUT_NAMELESS, /* O_TMPFILE: the kernel forgets it when the last descriptor closes */
	OUTPUT_NAMED     /* ".batchresize-<whose>.tmp" in the output's directory: see temporary.h */
};

/* Bytes of a temporary's name, NUL included. */
#define OUTPUT_TEMPORARY_MAX    40
#define OUTPUT_TEMPORARY_PREFIX ".batchresize-"

/* What was asked for besides the bytes and could not be done: bits of output.lacks. */
enum output_lack {
	OUTPUT_LACKS_ATTRIBUTES = 1 << 0, /* times, permissions, owner, ACL or xattrs */
	OUTPUT_LACKS_FSYNC = 1 << 1       /* file or directory can't be synchronised there */
};

/* A directory that outputs lie in or below, held open: what is made for them is made there, even if
 * its path leads elsewhere by then. */
struct output_place {
	int fd;        /* O_PATH is enough */
	size_t length; /* bytes of the outputs' paths that lead there, with a slash; the rest is
	                * resolved from there */
};

/* Plain data: it may be copied and kept anywhere, as long as one copy is committed or discarded.
 * Callers use only `fd`: they may write to it and pass it on, and leave closing to commit or
 * discard. */
struct output {
	int fd;        /* opened for reading and writing; -1 when closed */
	int directory; /* NAMED: O_PATH descriptor of the output's directory, which may be the
	                * place's; otherwise -1 */
	enum output_kind kind;
	unsigned lacks; /* bits of enum output_lack, set by commit */
	int unremoved;  /* 0, or the negative errno with which a temporary was not removed */
	size_t made;    /* bytes of the path of the highest directory that was made; 0: none was */
	char temporary[OUTPUT_TEMPORARY_MAX]; /* name in that directory when kind is OUTPUT_NAMED */
	const struct output_place *place;     /* outlives it; NULL: the path is followed as it is */
};

/* Makes the directory, and those above it that are missing (0777 less the umask). What is there
 * already is not looked at, even if it is no directory; another process may do the same meanwhile.
 * *made, unless NULL: as in struct output. Returns 0 or a negative errno. */
int output_make_directories(const char *directory, size_t *made);

/* Makes the directories above `path` that are missing (0777 less the umask), and a temporary beside
 * it (0666 less the umask). The path may be up to PATH_MAX long, its name NAME_MAX bytes; a
 * relative one is resolved again by output_commit(): the working directory must not change in
 * between. Returns 0 or a negative errno (-EACCES, -ENOSPC, -EROFS, -EMFILE, -ENOTDIR, -EISDIR if
 * the path can't be a file's, ...); *output is then fit for output_discard(). Directories that were
 * made stay when the output is discarded. */
int output_open(const char *path, struct output *output, struct br_error *error);

/* The same in a place that is the output's own directory, whatever its path leads to: nothing is
 * opened, made or named elsewhere, and no directory is made. NULL: as output_open(). */
int output_open_in(const struct output_place *place, const char *path, struct output *output,
                   struct br_error *error);

/* Writes the bytes at the file's beginning, and cuts off what an earlier attempt left behind them.
 * For any process that has the descriptor. Returns 0 or a negative errno (-ENOSPC, -EDQUOT, -EFBIG,
 * -EIO; a caller that does not ignore SIGXFSZ dies of it instead of seeing -EFBIG). */
int output_write(int fd, const void *data, size_t size, struct br_error *error);

/* The last step of writing. In the process that opened the output and keeps the descriptor, a copy
 * of it is closed, unless commit will close it before it has a name. Returns 0 or a negative errno.
 */
int output_settle(const struct output *output, struct br_error *error);
/* The same in another process, which was handed the descriptor: it is closed, whatever is returned.
 */
int output_close(int fd, struct br_error *error);

/* After another process has had the descriptor, and before anybody looks at what it wrote: makes
 * sure that nobody can write to the file any more, this process included, which keeps a descriptor
 * for reading. For a nameless file alone: nobody else can open it. Returns 0; 1 where the file
 * system does not tell; or -ETXTBSY when somebody still can, after a moment in which a process that
 * has just died may let go. */
int output_seal(const struct output *output, struct br_error *error);

/* What becomes of the output besides its bytes. Of a regular file that is replaced, the new one
 * keeps permissions, ACL, extended attributes (user.*, and the label of SELinux or SMACK), owner
 * and group, as if it had been written into, except what is taken from the source. All of it as far
 * as the system allows. What can't be done is told in output.lacks, except the owner, group and
 * extended attributes of a replaced file, which only privileged users may set. */
struct output_attributes {
	bool fsync;               /* file and directory, before commit returns */
	bool replace;             /* an existing file, or symbolic link, of that name is
	                           * replaced (never what a link leads to), else -EEXIST */
	bool acl, xattr;          /* set those of the source, by the descriptor `source` */
	int source;               /* opened for reading; used for these two only */
	const struct stat *times; /* set access and modification time from it; or NULL */
	const struct stat *mode;  /* set permission bits from it; or NULL */
	const struct stat *owner; /* set owner and group from it; or NULL */
	struct syncer *syncer;    /* shares the directory's fsync with others; or NULL */
	struct sweeper *sweeper;  /* is told of a file that was nameless until fsync, by whose
	                           * owner the output is discarded then; or NULL */
	/* Asked when all is prepared, right before each call that gives a name, and behind the last
	 * of them and behind fsync: whether the outputs still are to have theirs. Anything other
	 * than 0, a negative errno, is an error as any; what can be taken back is. NULL: nobody is
	 * asked. */
	int (*confirm)(void *arg);
	void *confirm_arg;
};

/* Gives the temporary its name, atomically, and closes the descriptors. `path` is the one that
 * output_open() had. Returns 0 or a negative errno (-EEXIST; -EISDIR when a directory has that name
 * and `replace` is set): then nothing new has that name, what was to be replaced is still there,
 * and the output is still to be discarded. That holds for an error of the last close as well, as
 * far as a file system lets a replaced file come back (see output_commit_all()). After a failed
 * fsync of the directory, and a `confirm` that says no too late, the new file stays. Without
 * O_TMPFILE and RENAME_NOREPLACE (NFS), an unset `replace` is only a check before the rename. */
int output_commit(struct output *output, const char *path,
                  const struct output_attributes *attributes, struct br_error *error);

/* One of several outputs that belong together. */
struct output_file {
	struct output *output;
	const char *path;
	/* Set by commit: the file as it is under its name, if the last look at it tells that.
	 * Otherwise st_nlink is 0. */
	struct stat left;
};

#define OUTPUT_GROUP_MAX 16

/* Gives all of them (0 to OUTPUT_GROUP_MAX, each with a path of its own) their names, or none:
 * when one can't have its name, those that have theirs give it back, and what they replaced is
 * there again. That takes a file system that lets two files change places (RENAME_EXCHANGE: ext4,
 * XFS, Btrfs, tmpfs, ...) or give a file a second name; on one that can do neither, and when only
 * the directory's fsync fails, what was replaced stays replaced. Between the first name and the
 * last, others may see some of them, and a process that is killed at that moment leaves it so: each
 * is whole, and at worst a file that was replaced stays behind under a temporary's name. Returns as
 * output_commit() for the first that failed; all outputs are still to be discarded then.
 */
int output_commit_all(struct output_file *file, unsigned count,
                      const struct output_attributes *attributes, struct br_error *error);

/* Closes, and then removes the temporary if it has a name. Harmless when called twice. Returns
 * output->unremoved: if it is not 0, the temporary is left, and output->temporary is still its
 * name. */
int output_discard(struct output *output);

#endif
