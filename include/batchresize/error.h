/* error.h - what a failure is, everywhere in this library.
 *
 * A function that can fail returns an int: 0 for success, a negative errno where the operating
 * system said no (-ENOSPC, -EACCES), or a positive enum error_code where we did. The code is the
 * truth and stable; the text in struct error is for people and may change.
 *
 * Every value here is plain data without pointers: it may be copied, sent through a pipe or lie in
 * shared memory. All functions are thread-safe and fork-safe, and allocate nothing.
 */
#ifndef BATCHRESIZE_ERROR_H
#define BATCHRESIZE_ERROR_H

#include <stddef.h>

enum error_code {
	ERROR_NONE = 0,
	ERROR_SYSTEM,      /* the operating system refused: see sys_errno */
	ERROR_USAGE,       /* the caller asked for something that makes no sense */
	ERROR_EMPTY,       /* the file has no bytes */
	ERROR_NOT_IMAGE,   /* no known magic bytes */
	ERROR_UNSUPPORTED, /* an image, but of a format or kind that this build cannot read or write
	                    */
	ERROR_TRUNCATED,   /* the picture data ends early */
	ERROR_CORRUPT,     /* the picture data contradicts itself */
	ERROR_TOO_MANY_PIXELS, /* more pixels than image_options.max_pixels */
	ERROR_TOO_LARGE,  /* bytes, scans, chunks or frames beyond a limit that keeps a run safe */
	ERROR_MEMORY,     /* an allocation failed */
	ERROR_COLLISION,  /* two sources, or two sizes of one, would be written to one output */
	ERROR_IS_SOURCE,  /* the output would replace a source */
	ERROR_EXISTS,     /* the output exists and may not be replaced */
	ERROR_SKIPPED,    /* nothing to do for this job: not a failure */
	ERROR_CHANGED,    /* the source changed while it was read */
	ERROR_CRASHED,    /* a worker died on this job */
	ERROR_TIMEOUT,    /* a job ran longer than it may */
	ERROR_CANCELLED,  /* the run was stopped before this job was done */
	ERROR_NO_WORKER,  /* no worker can be started any more */
	ERROR_ENCODE,     /* the picture could not be encoded */
	ERROR_INTERNAL,   /* a bug of ours */
	ERROR_OWN_OUTPUT, /* an earlier run made it of another source: not a failure */
	ERROR_RAW_THUMBNAIL, /* a RAW photograph, of which only a thumbnail could be read */
	ERROR_CODES          /* how many there are */
};

/* Bytes of text, the final NUL included. */
#define ERROR_TEXT_MAX 240

struct error {
	enum error_code code;
	int sys_errno; /* a positive errno when code is ERROR_SYSTEM, otherwise 0 */
	char msg[ERROR_TEXT_MAX];
};

/* The stable name of a code, as it stands in reports: "truncated", "collision", ... Never NULL:
 * a number that is no code is "internal". */
const char *error_code_name(enum error_code code);

/* Fills *error (may be NULL) and returns the int that the caller passes up: code, or -sys_errno for
 * error_system(). The text is cut at ERROR_TEXT_MAX, on a character boundary of UTF-8; control
 * characters in it become spaces. */
int error_set(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a refusal of the system: sys_errno is positive, its description (": No space left on
 * device") is appended to the text. Returns -sys_errno. */
int error_system(struct error *error, int sys_errno, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The code that a function's return value stands for: ERROR_MEMORY for -ENOMEM, ERROR_SYSTEM for
 * every other negative value, otherwise the value itself. */
enum error_code error_code_of(int status);

#endif
