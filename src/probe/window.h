/* window.h - a file that is looked into here and there, a kilobyte at a time.
 *
 * Nothing is allocated. One window is used by one thread at a time.
 */
#ifndef PROBE_WINDOW_H
#define PROBE_WINDOW_H

#include <batchresize/image.h>

/* What is kept of the file at a time. */
#define WINDOW_SIZE 1024

struct window {
	const struct br_image_bytes *file; /* set by the caller, the rest zero */
	unsigned steps;
	uint64_t begin; /* where the bytes lie in the file */
	size_t size;
	unsigned char bytes[WINDOW_SIZE];
};

/* The bytes at `at`; NULL if the file ends before `length` of them, which are at most
 * WINDOW_SIZE. They stay until the next call. */
const unsigned char *window_look(struct window *window, uint64_t at, size_t length);

/* Before going on to the next segment, box or entry: false after 512 of them. Files with a large
 * profile have some fifty. */
bool window_step(struct window *window);

/* The format by the file's first bytes. */
enum br_image_format window_sniff(struct window *window);

#endif
