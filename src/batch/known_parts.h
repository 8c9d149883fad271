/* known_parts.h - what known.h is made of, for the files that do it. */
#ifndef BATCH_KNOWN_PARTS_H
#define BATCH_KNOWN_PARTS_H

#include <limits.h>
#include <pthread.h>

#include "batch/known.h"
#include "batch/number_set.h"
#include "state/state.h"
#include "state/ways.h"

/* What is known of outputs of a format, whatever picture they are of. */
struct known_belief {
	bool told;     /* runs that call them as this one have made some */
	int64_t since; /* those that are older may not be what this run would make; INT64_MAX: all
	                  of them; */
	enum br_batch_reason reason; /* since there were other options, say */
};

/* A picture that has ended its worker. */
struct known_poison {
	uint64_t key; /* of the directory of its outputs and of its name */
	struct state_file file;
	enum br_error_code code;
	enum br_batch_stage stage;
	int signal;
	bool current; /* neither options nor versions have changed */
	uint64_t memory;
	uint32_t ms;
	int64_t time;
};

/* A picture of which a state is to be told that is still being opened. */
struct known_late;

/* A state that is being opened, or has been; one that is open already is only made ready. */
struct known_opening {
	struct known_root *root;
	const char *text; /* the fingerprint of the run; NULL: none could be had */
	bool make;        /* the place as well, which no lock has made */
	bool early;       /* beside the first pictures, which are not to wait for it */
	struct state *state;
	int64_t since;
	bool killed;
	int status;
	struct br_error error;
};

/* An output directory. */
struct known_root {
	char *output; /* its path */
	struct state *state;
	int64_t since;    /* see state_begin(); INT64_MAX: never */
	bool killed;      /* likewise */
	int64_t *current; /* setups that this run would use as well */
	size_t currents;
	struct known_poison *poison; /* by key */
	size_t poisons;
	int status; /* of the reading */
	struct br_error error;
	bool failed;   /* there is none, and none is to be made */
	bool replaced; /* a damaged one has made room for a new one */
	bool new; /* no run that remembers has made anything there, or none is to be believed */
	bool may_write; /* into the place, so that something would be there if a run had made it */
	struct ways ways;  /* in which outputs were made before, or are known to be; */
	struct ways fresh; /* and those that are to be noted */
	uint64_t noted;    /* clock_ns() when the first of them came */
	struct known_belief belief[BR_IMAGE_FORMATS];
};

/* Ways that a thread writes, beside the pictures. */
struct known_writing {
	bool under_way;
	pthread_t thread;
	const struct known_root *root; /* the thread looks at its path */
	struct ways ways;              /* that are known then */
	struct ways fresh;             /* that it writes: only looked at meanwhile */
	uint64_t begin;                /* of the run */
};

struct known {
	uint64_t begin; /* clock_ns(), before anything was made */
	const struct task_context *context;
	const struct br_batch_options *options; /* of the context */
	void (*notice)(void *ctx, const char *path, const char *text);
	void *ctx;
	const struct plan *plan;
	struct known_root root[PLAN_ROOTS_MAX];
	unsigned roots;
	pthread_t thread;
	bool reading;   /* the thread runs; */
	bool beginning; /* and does this, for as many roots: */
	struct known_opening opening[PLAN_ROOTS_MAX];
	unsigned openings;
	uint64_t began; /* clock_ns() when the thread did */
	struct known_writing writing;
	bool left_behind;        /* a thread hangs at one of these */
	struct known_late *late; /* what is to be told once it is done */
	size_t lates;
	char *text[BR_IMAGE_FORMATS]; /* fingerprints */
	char *poison_text[2];         /* the same, of what ended a worker otherwise, or by memory */
	struct known_where { /* the directory of sources that was asked about last, in a root */
		const struct known_root *root; /* NULL: none */
		uint32_t directory;
		uint64_t number;
	} where;
	struct number_set noted;  /* directories whose inodes this run has noted */
	char directory[PATH_MAX]; /* the working directory; "" when it has no path */
};

/* What is known of the items of a plan or of a piece, which keeps it: see plan_keep(). */
struct known_part {
	struct plan_below *below;
	uint64_t *hash; /* of each item, once one is in doubt; or NULL */
	/* The same of those that are fetched, of which the server is asked; each or NULL. */
	struct fetch_validators **validators;
	size_t count;
	uint8_t judged[]; /* enum known_judgement of each item; known_harmed() above it */
};

/* The part that has an item, whose number becomes that within it; NULL: nothing was settled. */
struct known_part *known_part_of(const struct known *known, uint64_t *item);

/* Keeps what known_hash() is to say of a doubtful item. False: it is 0, or memory is short. */
bool known_note_hash(struct known *known, uint64_t item, uint64_t hash);

/* The judgement of a source that is fetched, whose outputs are as they were left. */
enum known_judgement known_judge_fetched(struct known *known, struct known_root *root,
                                         uint64_t item);
/* Remembers what its server said of it. Nothing for others. */
void known_note_fetched(struct known *known, uint64_t item, const struct task_outcome *outcome);
void known_free_validators(struct known_part *part);

/* The fingerprint for outputs of a format; NULL when memory is short. */
const char *known_text(struct known *known, enum br_image_format format);

/* Reads in which ways outputs of a root were made. */
void known_read_ways(struct known *known, struct known_root *root);

/* Why an output of an item is not what this run would make, by when it was made; NONE: it may be.
 * From any thread. */
enum br_batch_reason known_doubt_way(const struct known *known, const struct known_root *root,
                                     uint64_t item, const struct state_file *output);

/* Whether runs that call their outputs as this one are known to have made any of its format. */
bool known_tells_way(const struct known *known, const struct known_root *root, uint64_t item);

/* A picture has been made so: that is written a while later, by a thread, or at the end of the run.
 */
void known_note_way(struct known *known, struct known_root *root, uint64_t item,
                    const struct state_setup *setup);
void known_write_ways(struct known *known, struct known_root *root, bool now);

/* The format that the name of an item's outputs promises. */
enum br_image_format known_promised(const struct known *known, uint64_t item);

/* Reads which pictures of a root are poison. */
int known_read_poison(struct known *known, struct known_root *root);

/* Whether one is: it is as it was, and so is all that has a part in it. POISON, SUSPECT for one
 * whose bytes only its server has, or `judgement`. */
enum known_judgement known_judge_poison(struct known *known, struct known_root *root, uint64_t item,
                                        enum known_judgement judgement);

/* Opens a state, and makes it if there is none; the place as well, if no lock has. */
void known_open(struct known *known, struct known_root *root);

/* Waits for what known_begin() has begun, and tells what was put off until then. */
void known_finish_beginning(struct known *known);

/* Whether it is still under way; for who is patient after the time in which a local disk is done.
 */
bool known_still_begins(struct known *known, bool patient);

/* While it is, a picture may be told of later: true, and it will be. From known_made(), or
 * known_found(). */
bool known_put_off(struct known *known, uint64_t item, const struct task_outcome *outcome,
                   bool made);

/* Tells them now; or forgets them. */
void known_tell_late(struct known *known);
void known_forget_late(struct known *known);

/* Waits for the reading: see known_settle(). What could not be read is dropped. */
void known_finish_reading(struct known *known, int (*look)(void *ctx));

/* Which output of an item that is GONE, TOUCHED or CUT is meant, with explain: its number in the
 * state. */
unsigned known_harmed(const struct known *known, uint64_t item);

/* Whether outputs of an item that are not as they were left were made again, alike, by runs with
 * other names of their outputs or other sizes besides: then they are remembered as they are. */
bool known_share(struct known *known, struct known_root *root, uint64_t item);

/* Whether an output of the item, as it is known, is of another such run as it is; and how that
 * differs from this, in words. */
bool known_is_others(struct known *known, uint64_t item, const struct state_picture *own,
                     unsigned output);
void known_explain_others(struct known *known, uint64_t item, const struct state_picture *own,
                          char *text, size_t size);

/* A state with which something is wrong is told of and not used any more. What is damaged makes
 * room for a new one, once. */
void known_drop(struct known *known, struct known_root *root, const struct br_error *error);

/* That of an item; NULL: it has none. */
struct known_root *known_root(const struct known *known, uint64_t item);

/* The key of the directory of an item's outputs. */
uint64_t known_directory_key(const struct known *known, uint64_t item);

/* The directory of an item's outputs, below its output directory; NULL: its path is too long. */
const char *known_below(const struct known *known, const struct known_root *root, uint64_t item,
                        char path[PATH_MAX]);

/* What an item is called in a state: as its source, and what a line of the list says of its output,
 * since a source may have several such, and an output another source tomorrow. */
#define KNOWN_NAME_MAX (2 * NAME_MAX + 64)
const char *known_name(const struct known *known, uint64_t item, char name[KNOWN_NAME_MAX]);

/* What stands before a name in an output directory of that path: "images/", "/", "./". */
void known_prefix(const char *directory, char prefix[PATH_MAX]);

/* A path from the file system's root on, by its text alone: "" for the root. False when there is
 * none. */
bool known_absolute(const struct known *known, const char *path, char absolute[PATH_MAX]);

/* The directory of an item's source, in the same way. */
bool known_source(const struct known *known, uint64_t item, char absolute[PATH_MAX]);

/* A picture of which something is to be remembered: all but how and what was made of it, with the
 * root's state open. False where nothing is. */
bool known_begin_picture(struct known *known, uint64_t item, const struct task_outcome *outcome,
                         struct state_picture *picture, char paths[2][PATH_MAX],
                         char name[KNOWN_NAME_MAX]);

/* What is noted of a directory with sources: its inode, of 63 bits, and whether a file system is
 * mounted there, which may have gone. The topmost directories of many have the same inode, and
 * another disk, or a new one, is as empty as one that somebody has emptied. */
#define KNOWN_MOUNTED (UINT64_C(1) << 63)
uint64_t known_ground_inode(const char *absolute, const struct stat *st);

/* Notes what the directories are in which a picture's source was found, from the one that was
 * walked on: by that one is known, when it is empty, whether something has been unmounted. */
void known_note_ground(struct known *known, struct known_root *root,
                       const struct state_picture *picture);

/* Records a picture that is the same anew, by what its files are now. */
void known_refresh(struct known *known, struct known_root *root, uint64_t item,
                   struct state_picture *picture, const struct state_file *source);

#endif
