/* srcset.h - what a web page needs to show the outputs: a JSON array that appears whole at the end.
 *
 * One object for each image whose outputs are there, made by this run or an earlier one, in the
 * order in which they are told, and written then, so that 400,000 of them take no memory:
 *
 *   {"source": ..., "images": [{"path", "width", "height", "bytes", "type"}, ...],
 *    "srcset": "a-320.jpg 320w, a-640.jpg 640w", "html": "<img src=...>"}
 *
 * Paths are relative to the file's directory, by their text alone: what a symbolic link leads to is
 * the web server's affair. srcset and html have them as URLs (RFC 3986), in which nothing is left
 * that HTML would want escaped. A name that is not UTF-8 also has its bytes: source_bytes,
 * path_bytes, in base64.
 */
#ifndef REPORT_SRCSET_H
#define REPORT_SRCSET_H

#include <batchresize/batch.h>

#include "io/io.h"
#include "io/sweep.h"
#include "report/sink.h"

struct srcset {
	const char *path; /* NULL: nothing is to be written */
	char *directory;  /* absolute, with a slash at its end: what paths are relative to */
	char *working;    /* the working directory, likewise */
	struct output output;
	struct sweeper *sweeper; /* of its directory */
	struct sink sink;
	uint64_t count;
	bool fsync; /* the caller's to set */
};

/* Opens the temporary beside `path`, and makes the directories above. Returns 0, BR_ERROR_USAGE for
 * what exists and is no such file, BR_ERROR_MEMORY or a negative errno. */
int srcset_open(struct srcset *srcset, const char *path, struct br_error *error);

/* Adds an image, if it was done or has outputs that are there. */
void srcset_add(struct srcset *srcset, const struct br_batch_record *record);

/* Whether nothing is listed while the existing file lists something: the sources may lie on a mount
 * that is missing tonight, and a web site would lose all its pictures. */
bool srcset_empties(const struct srcset *srcset);

/* Ends the array and gives the file its name. Returns 0 or a negative errno. */
int srcset_publish(struct srcset *srcset, struct br_error *error);

/* Removes what was not published, and tells what could not be removed: see sweeper_tell(). */
void srcset_discard(struct srcset *srcset, void *ctx,
                    void (*tell)(void *ctx, bool left, const char *path, const char *text));

/* The same without telling, and frees the rest. All zero is allowed. */
void srcset_release(struct srcset *srcset);

/* The path of a file as seen from the directory; both absolute, each "//", "/./" and "/../" in
 * either as it reads. Returns a string to be freed, or NULL without memory. */
char *srcset_relative(const char *directory, const char *path);

#endif
