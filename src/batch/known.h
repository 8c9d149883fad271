/* known.h - what earlier runs have left behind of what they knew, and what this one adds to it: the
 * states (see state/state.h) of the output directories of a run.
 *
 * They are read in a thread of their own while sources are looked for. Then every picture is judged
 * once: what is as it was left is marked in the plan (plan_pass()), so that nobody looks at it
 * again. Of a plan that is a stream each piece is judged as it comes, and nothing is read ahead.
 * Without a state, sizes and times of files decide, as existing.h tells.
 *
 * For the thread of the pump, except known_judgement(), known_hash() and known_doubt().
 */
#ifndef BATCH_KNOWN_H
#define BATCH_KNOWN_H

#include "batch/made.h"
#include "batch/task.h"

struct known;

/* What is known of a picture. */
enum known_judgement {
	KNOWN_NOTHING,  /* by what is there it is to be judged */
	KNOWN_SAME,     /* nothing has changed */
	KNOWN_DOUBTFUL, /* to be made unless the source's bytes have known_hash() */
	KNOWN_SOURCE,   /* to be made, since the source has changed; */
	KNOWN_SETUP,    /* options or versions; */
	KNOWN_GONE,     /* since an output is missing; */
	KNOWN_TOUCHED,  /* has been changed; */
	KNOWN_CUT,      /* or is shorter than it was left, */
	KNOWN_OTHERS,   /* or is of a run with other options: these only with explain */
	KNOWN_POISON,   /* not to be made, or dropped: known_explain_poison() says why */
	KNOWN_SUSPECT   /* to be fetched, and the same if its bytes have known_hash() */
};

/* Whether options are such that something is remembered: there is an output directory. */
bool known_is_wanted(const struct br_batch_options *options);

/* `notice` is called for each output directory whose state is not to be had, with its path and a
 * sentence's rest. NULL when memory is short; with NULL all of these know nothing. */
struct known *known_new(const struct task_context *context,
                        void (*notice)(void *ctx, const char *path, const char *text), void *ctx);

/* Begins to read, while the plan is made: for plan_observer.rooted. `plan` outlives `known`. */
void known_read(struct known *known, const struct plan *plan);

/* The same again, of a run that has been nowhere yet: others have worked there since. It is to be
 * settled again. */
void known_read_again(struct known *known, const struct plan *plan);

/* Waits for that, judges all pictures of a plan that is complete, and marks those that are the
 * same, or poison. `look` is called now and then: not 0 ends it. */
void known_settle(struct known *known, struct plan *plan, int (*look)(void *ctx));

/* Judges the pictures of a piece of a stream that has just been made, and marks the same. */
void known_settle_piece(struct known *known, struct plan *plan, const struct plan_piece *piece);

/* Whether a run that wrote to one of the output directories was killed: once known_read() is done.
 */
bool known_was_killed(const struct known *known);

/* Begins to make what states are missing, and to get them ready, while the first pictures are made.
 * There may be threads from now on. */
void known_begin(struct known *known);

/* Waits for that. All pictures have been told of. */
void known_catch_up(struct known *known);

/* Whether a thread hangs, after the run has gone on without it: it looks at `known` for ever. */
bool known_has_left_behind(const struct known *known);

/* Nothing more is asked: what has been told is written, and the thread has ended. */
void known_close(struct known *known);
void known_free(struct known *known);

/* --- asking: from any thread, once all, or its piece, is settled ---------------------------------
 */

enum known_judgement known_judgement(const struct known *known, uint64_t item);
/* That of the source's bytes when they were the same, or poison; 0: unknown. */
uint64_t known_hash(const struct known *known, uint64_t item);
/* By what its server is to tell whether a source that is fetched is the one whose bytes had
 * known_hash(). False: nothing is known of that. */
bool known_validators(const struct known *known, uint64_t item,
                      struct fetch_validators *validators);
/* Whether the item has an output directory, in which something can be remembered of it. */
bool known_has_place(const struct known *known, uint64_t item);
/* Why a file that nothing is known of may not be what this run would make, whatever its time says:
 * UNKNOWN, since a run that was killed before it could tell may have made it, and unless times are
 * to serve also if nothing was remembered before this run began and under a name that a line of the
 * list gives; or since what was made when it was, was made with other options or versions (OPTION,
 * VERSION). NONE: times may serve. */
enum br_batch_reason known_doubt(const struct known *known, uint64_t item,
                                 const struct stat *output);
/* Whether that is so of any file, whatever it is: known_doubt() says UNKNOWN. */
bool known_doubts_all(const struct known *known, uint64_t item);

/* The pump's thread: how many pictures earlier runs have made of sources in a directory, by its
 * path, or below it. */
uint64_t known_held(struct known *known, const char *path);

/* Whether the source of any of them is still there, or may be: options have left it out, say, or
 * its directory can't be read. Goes through all pictures. */
bool known_has_source(struct known *known, const char *path);

/* The pump's thread, with explain: why it has that judgement, also in words; `source` is what there
 * is of it now. NONE for KNOWN_NOTHING. */
enum br_batch_reason known_explain(struct known *known, uint64_t item, const struct stat *source,
                                   char *text, size_t size);

/* The pump's thread: what an earlier run has met with a picture that is poison, or was dropped by
 * the plugin: error, signal, stage and memory of the record. */
void known_explain_poison(const struct known *known, uint64_t item, struct br_batch_record *record);

/* The pump's thread: the outputs of a picture that is the same, as existing_list() lists them. */
bool known_list(struct known *known, uint64_t item, struct br_image_result *list);

/* --- telling -------------------------------------------------------------------------------------
 */

/* A picture was made, or found to be made already: adopted, or the same by its bytes. */
void known_made(struct known *known, uint64_t item, const struct task_outcome *outcome);
void known_found(struct known *known, uint64_t item, const struct task_outcome *outcome);

/* A picture has ended its worker, or the time for it was over, if that was its own doing: it is not
 * made again until something changes. */
void known_poisonous(struct known *known, uint64_t item, const struct br_batch_record *record,
                     const struct br_executor_result *result);
/* The plugin has dropped it: it is not asked again until something changes. */
void known_dropped(struct known *known, uint64_t item, const struct br_batch_record *record,
                   const struct br_executor_result *result);
/* None of these, this time. */
void known_harmless(struct known *known, uint64_t item);

/* Remembers directories that were made, as far as there is a state already; the others at the next
 * call. */
void known_take_made(struct known *known, struct made *made);

/* Writes what has been told a while ago. */
void known_tick(struct known *known);

#endif
