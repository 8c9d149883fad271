/* sight.h - what a run sees of its sources before it begins: how many, how large, and on what kind
 * of file system; as far as that costs next to nothing.
 */
#ifndef AUTO_SIGHT_H
#define AUTO_SIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose answer a call to a file system waits for. */
enum sight_ground {
	SIGHT_UNKNOWN, /* nothing was named that is there */
	SIGHT_LOCAL,   /* a disk's, or memory's */
	SIGHT_NETWORK, /* a server's */
	SIGHT_FUSE     /* a program's, which may ask a server */
};

struct sight {
	bool counted;   /* the next two are known: not of lists, trees and large directories */
	uint64_t files; /* at most so many pictures */
	uint64_t bytes; /* of all of them */
	enum sight_ground ground; /* the slowest that sources, or the output, lie on */
	/* Of the first file that was read for trial: */
	bool tried;
	bool waited; /* it was not there at once */
	double read_ms;
};

/* Looks at paths as they are on the command line, URLs among them, at most at a few dozen files,
 * and at the directory of outputs (NULL: beside the sources). With `listed` there are others that
 * are not known. With `try_one` a part of one file is read. */
struct sight sight_take(const char *const *paths, size_t count, const char *output, bool listed,
                        bool try_one);

/* "a local file system", ... */
const char *sight_ground_name(enum sight_ground ground);

#endif
