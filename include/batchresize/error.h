/* error.h - what a failure is, everywhere in this library.
 *
 * A function that can fail returns an int: 0 for success, a negative errno when the operating
 * system said no (-ENOSPC, -EACCES), or a positive enum br_error_code when this library did. The
 * code is the truth and stable; the text in struct br_error is for people and may change.
 *
 * Every value here is plain data without pointers: it may be copied, sent through a pipe or lie in
 * shared memory. All functions are thread-safe and fork-safe, and allocate nothing.
 */
#ifndef BATCHRESIZE_ERROR_H
#define BATCHRESIZE_ERROR_H

#include <stddef.h>

#include <batchresize/api.h>

BR_API_BEGIN

enum br_error_code {
	BR_ERROR_NONE = 0,
	BR_ERROR_SYSTEM,      /* the operating system refused: see sys_errno */
	BR_ERROR_USAGE,       /* the caller asked for something that makes no sense */
	BR_ERROR_EMPTY,       /* the file has no bytes */
	BR_ERROR_NOT_IMAGE,   /* no known magic bytes */
	BR_ERROR_UNSUPPORTED, /* an image, but of a format or kind that this build cannot read or
	                       * write
	                       */
	BR_ERROR_TRUNCATED,   /* the picture data ends early */
	BR_ERROR_CORRUPT,     /* the picture data contradicts itself */
	BR_ERROR_TOO_MANY_PIXELS, /* more pixels than br_image_options.max_pixels */
	BR_ERROR_TOO_LARGE,  /* bytes, scans, chunks or frames beyond a limit that keeps a run safe
	                      */
	BR_ERROR_MEMORY,     /* an allocation failed */
	BR_ERROR_COLLISION,  /* two sources, or two sizes of one, would be written to one output */
	BR_ERROR_IS_SOURCE,  /* the output would replace a source */
	BR_ERROR_EXISTS,     /* the output exists and may not be replaced */
	BR_ERROR_SKIPPED,    /* nothing to do for this job: not a failure */
	BR_ERROR_CHANGED,    /* the source changed while it was read */
	BR_ERROR_CRASHED,    /* a worker died on this job */
	BR_ERROR_TIMEOUT,    /* a job ran longer than it may */
	BR_ERROR_CANCELLED,  /* the run was stopped before this job was done */
	BR_ERROR_NO_WORKER,  /* no worker can be started any more */
	BR_ERROR_ENCODE,     /* the picture could not be encoded */
	BR_ERROR_INTERNAL,   /* a bug of ours */
	BR_ERROR_OWN_OUTPUT, /* an earlier run made it of another source: not a failure */
	BR_ERROR_RAW_THUMBNAIL, /* a RAW photograph, of which only the thumbnail could be read */
	BR_ERROR_LOCKED,        /* another run writes to the same output directory */
	BR_ERROR_UNSETTLED,     /* the source is still being written, by all appearances */
	BR_ERROR_TIME_BOX,      /* the time box was over before this job could be done */
	BR_ERROR_POISON,        /* an earlier run's worker died of this job: not tried again */
	BR_ERROR_EMPTIED,       /* a source directory that held pictures holds none any more */
	BR_ERROR_PRUNED,        /* an output that nothing asks for any more: not a failure */
	BR_ERROR_MAX_DELETE,    /* more such outputs than may be removed */
	/* Of a source that is fetched: */
	BR_ERROR_NETWORK,         /* its server can't be reached, or has not sent all of it */
	BR_ERROR_HTTP,            /* its server answered with another status than success, */
	BR_ERROR_HTTP_NOT_FOUND,  /* 404 or 410, */
	BR_ERROR_HTTP_DENIED,     /* or 401, 403, 407 or 451 */
	BR_ERROR_PRIVATE_ADDRESS, /* it is this host's or a private network's, and a list names it
	                           */
	BR_ERROR_PLUGIN,          /* the plugin failed, or could not begin */
	BR_ERROR_DROPPED,         /* the plugin wants nothing to be made of it: not a failure */
	BR_ERROR_CODES            /* how many there are */
};

/* Bytes of text, the final NUL included. */
#define BR_ERROR_TEXT_MAX 240

struct br_error {
	enum br_error_code code;
	int sys_errno; /* a positive errno when code is BR_ERROR_SYSTEM, otherwise 0 */
	char msg[BR_ERROR_TEXT_MAX];
};

/* The stable name of a code, as it stands in reports: "truncated", "collision", ... Never NULL:
 * a number that is no code is "internal". */
const char *br_error_code_name(enum br_error_code code);

/* Fills *error (may be NULL) and returns the int that the caller passes up: code, or -sys_errno for
 * br_error_system(). The text is cut at BR_ERROR_TEXT_MAX, on a character boundary of UTF-8;
 * control characters in it become spaces. */
int br_error_set(struct br_error *error, enum br_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same when the system said no: sys_errno is positive, and its description (": No space left on
 * device") is appended to the text. Returns -sys_errno. */
int br_error_system(struct br_error *error, int sys_errno, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The code that a function's return value stands for: BR_ERROR_MEMORY for -ENOMEM, BR_ERROR_SYSTEM
 * for every other negative value, otherwise the value itself. */
enum br_error_code br_error_code_of(int status);

BR_API_END

#endif
