/* state.h - what runs remember of the pictures below an output directory, from one to the next.
 *
 * Of every picture: what its source was, how its outputs were made, and what those were as they
 * were left. Of pictures that ended their workers: how. It is a help, no truth: whatever is lost or
 * in doubt costs work done again.
 *
 * A state is opened, loaded (in a thread of its own, beside the making of a plan), asked for each
 * picture, told of each that is made, and closed. For pictures that come one by one it is prepared
 * instead of loaded, and takes no memory for what it knows. One thread at a time, but for
 * state_stop().
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include <batchresize/error.h>

#include "state/file.h"

#define STATE_OUTPUTS_MAX 16

struct state;

/* How outputs were made. */
struct state_setup {
	const char *options;     /* all that has a part in it, as text */
	uint32_t source, output; /* the pictures' formats */
	bool library;            /* whether the image library made it */
	uint64_t versions;       /* of the program and of the libraries that it took */
};

struct state_output {
	const char *path; /* below the picture's directory */
	struct state_file
	    file; /* changed is 0 where nobody knows the bytes, that could be compared */
	uint32_t width, height; /* pixels; 0: unknown */
};

struct state_picture {
	const char *directory; /* in which its outputs lie, relative to the output directory: "",
	                        * "2024/may" */
	const char *name;      /* of its source */
	const char *source;    /* directory of its source, absolute */
	struct state_file file;
	struct state_setup setup;
	bool adopted;   /* outputs that were there, and by whom and how made nobody knows */
	uint64_t place; /* in the order of its plan, from 1 on; 0: unknown */
	unsigned outputs;
	struct state_output output[STATE_OUTPUTS_MAX];
};

enum state_verdict {
	STATE_UNKNOWN, /* nothing is known of it */
	STATE_SAME,    /* as it was, and its outputs as they were left */
	STATE_MOVED,   /* the same, except inodes or status changes that are to be recorded anew */
	STATE_SOURCE,  /* its source may have changed: state_look() knows */
	STATE_SETUP,   /* other options, or other versions */
	STATE_GONE,    /* an output is not there */
	STATE_TOUCHED, /* an output is not as it was left */
	STATE_OTHERS   /* it is known by other names of its outputs alone */
};

/* --- opening and closing -------------------------------------------------------------------------
 */

/* Opens that of the directory `output`, which must exist and last as long as the state; with
 * `write` it is made if need be. `names`, not 0, stands for how a run calls its outputs: each such
 * number has pictures of its own. Returns 0, or as database_open() why there is none; also on
 * success error->code may be BR_ERROR_CORRUPT: a damaged one was set aside. */
int state_open(const char *output, bool write, uint64_t names, struct state **state,
               struct br_error *error);

/* What it is told outlives a power cut, from a second later on, if its file system can do that.
 * Before anything else; without effect on one that is only read. */
void state_outlive_power(struct state *state);

/* Writes what is to be written, and frees it. `complete`: the run came to its end. Returns 0, or
 * what was wrong with what has been read or written since it was opened. */
int state_close(struct state *state, bool complete, struct br_error *error);

/* Removes a damaged one, which is closed, from the way of a new one. */
void state_set_aside(const char *output);

/* What was wrong, after something has failed. */
void state_error(const struct state *state, struct br_error *error);

/* --- loading -------------------------------------------------------------------------------------
 */

/* Calls back for every way in which pictures were made; there are few. */
int state_each_setup(struct state *state,
                     void (*take)(void *ctx, int64_t id, const struct state_setup *setup),
                     void *ctx);

/* Reads all pictures, and looks at the outputs of those whose setup `is_current` says yes to.
 * Returns 0, or what was wrong; what was read is used all the same, unless it is
 * BR_ERROR_CORRUPT. */
int state_load(struct state *state, bool (*is_current)(void *ctx, int64_t id), void *ctx,
               struct br_error *error);
/* From any thread: ends that, with -ECANCELED. */
void state_stop(struct state *state);

/* Instead of that, for state_ask(): makes ready what a run that was killed has left, and reads
 * nothing else. Returns 0, or what was wrong. */
int state_prepare(struct state *state, bool (*is_current)(void *ctx, int64_t id), void *ctx,
                  struct br_error *error);

/* How many pictures have been read. */
size_t state_pictures(const struct state *state);

/* --- asking --------------------------------------------------------------------------------------
 */

/* A number for a directory of sources (absolute; "" for the root). That of a source is combined
 * with its state_identity() by exclusive or, so that a picture whose source lies elsewhere by now,
 * in a directory that was renamed, say, is STATE_SOURCE. */
uint64_t state_where(struct state *state, const char *directory);

/* By the key of the directory of its outputs (see file.h), its source's name and its identity with
 * state_where(). */
enum state_verdict state_find(const struct state *state, uint64_t directory, const char *name,
                              uint64_t identity);

/* The same after state_prepare(), without which nothing is known: looks into the database, and at
 * the outputs. `directory` as in struct state_picture. Returns 0, or what was wrong. */
int state_ask(struct state *state, const char *directory, const char *name, uint64_t identity,
              enum state_verdict *verdict);

/* Reads all that is known of a picture. Strings and outputs live until the next call. Returns 0,
 * -ENOENT, or what was wrong. */
int state_look(struct state *state, const char *directory, const char *name,
               struct state_picture *picture);

/* The same under whatever names of its outputs, if there is one; of several, any. */
int state_look_otherwise(struct state *state, const char *directory, const char *name,
                         struct state_picture *picture);

/* The same for another one, which has made an output of the path of `left`: of the same source,
 * under whatever names of its outputs, and whatever a line of a list says behind the source's name.
 * If `left` has an inode, as that file is. *number is the output's. Strings and outputs live until
 * the next call, or until something is told. */
int state_look_maker(struct state *state, const char *directory, const char *name,
                     const struct state_output *left, struct state_picture *picture,
                     unsigned *number);

/* How many pictures are known whose sources lay in a directory (absolute; "" for the root) or below
 * it, whatever their outputs are called. Reads through all pictures if any source did. Returns 0,
 * or what was wrong. */
int state_count_sources(struct state *state, const char *directory, uint64_t *count);

/* --- telling -------------------------------------------------------------------------------------
 */

/* Does what the first picture that is remembered would wait for otherwise: makes a file, by three
 * calls that may ask a server. From any thread, with nobody else at the state meanwhile who writes.
 */
void state_get_ready(struct state *state);

/* Remembers a picture, in place of what was known of it: outputs that it had and has no longer are
 * orphans. What is told is written within some milliseconds of time in which state_record() or
 * state_commit() is called. Returns 0 or what was wrong: then nothing is written any more. */
int state_record(struct state *state, const struct state_picture *picture);

/* --- what was fetched ----------------------------------------------------------------------------
 */

/* Bytes of what a server says of a file, the final NUL included. */
#define STATE_FETCHED_MAX 128

struct state_fetched {
	const char *url, *etag, *modified; /* as they were sent; "": not said */
};

/* Remembers, beside a picture that is known, where it was fetched from and what was said of it
 * then. Returns as state_record(). */
int state_note_fetched(struct state *state, const char *directory, const char *name,
                       const struct state_fetched *fetched);

/* What was said of a picture of those names when it came from that URL. False: nothing is known. */
bool state_fetched(struct state *state, const char *directory, const char *name, const char *url,
                   char etag[STATE_FETCHED_MAX], char modified[STATE_FETCHED_MAX]);

/* --- pictures that ended their workers -----------------------------------------------------------
 */

struct state_poison {
	const char *directory, *name, *source; /* as in struct state_picture */
	uint64_t names;                        /* see state_open() */
	struct state_file file;
	struct state_setup setup;
	uint32_t status, code, stage; /* the caller's numbers */
	int32_t signal;
	uint32_t ms; /* that it took */
	uint64_t memory;
	int64_t time; /* seconds since 1970 */
};

/* Calls back for each, by the directory of their outputs and by name, until that returns another
 * value than 0, which is returned; strings live until it does. Otherwise 0, or what was wrong. What
 * makes no sense is left out. */
int state_each_poison(struct state *state,
                      int (*take)(void *ctx, const struct state_poison *poison), void *ctx);

/* Remembers one, in place of what was known of it as one, as soon as state_commit() is called;
 * `names` are the state's. Returns as state_record(). */
int state_add_poison(struct state *state, const struct state_poison *poison);

/* It is none any more, under those names of its outputs. Returns as state_record(). */
int state_drop_poison(struct state *state, const char *directory, const char *name, uint64_t names);

/* --- writing -------------------------------------------------------------------------------------
 */

/* Writes what has been told, if it was a while ago, or `now`. */
int state_commit(struct state *state, bool now);

/* --- going through it ----------------------------------------------------------------------------
 */

/* One of all pictures, whatever run they are of: of how it was made only the options and the format
 * are told, and of an orphan not even these. What it returns, if not 0, ends the call and is
 * returned. Nothing is to be told meanwhile. */
typedef int state_take(void *ctx, const struct state_picture *picture, uint64_t names);

int state_each_picture(struct state *state, state_take *take, void *ctx);
/* The same for outputs that nothing asks for any more: each as its only output, and as its name. */
int state_each_orphan(struct state *state, state_take *take, void *ctx);

/* As they were given to state_open(). */
uint64_t state_names(const struct state *state);

/* Whether runs with these names come back after others, instead of being followed by them: as
 * state_begin() has seen so far. */
bool state_stays(const struct state *state, uint64_t names);

/* Forgets a picture of that directory of outputs, and an orphan, as state_record() writes. */
int state_forget(struct state *state, const char *directory, const char *name, uint64_t names);
int state_forget_orphan(struct state *state, const char *directory, const char *path);

/* The inode of a source's directory when it was noted last, by its absolute path; or of a directory
 * below the output directory that a run made, by its path from there. 0: unknown, and not made. */
int state_note_inode(struct state *state, const char *path, uint64_t inode);
uint64_t state_inode(struct state *state, const char *path);

/* Marks that a run with these options is under way. Returns in *since when, by the clock of the
 * file system, one with other options began that was killed; INT64_MAX: none. What has been made
 * since then, and is not known, may have been made by that. *killed: any one was, with these
 * options or others. */
int state_begin(struct state *state, const char *options, int64_t *since, bool *killed);

#endif
