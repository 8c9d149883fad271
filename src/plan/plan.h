/* plan.h - what is to be done: every source with its output, before anything is written.
 *
 * plan_make() walks directories, reads lists, names the outputs, finds collisions, sorts largest
 * first (equal ones by path, bytewise). It opens files only to read a list, the first bytes of a
 * file whose name does not look like an image's (see br_image_sniff()), and the headers of what may
 * be outputs among the sources (see own.h and br_image_measure()): everything deeper in hostile
 * bytes is a worker's work. It writes nothing.
 *
 * How a tree is walked is told in scan.h, how outputs are named in name.h and template.h, which
 * files below a directory are wanted in select.h, what counts as a conflict in conflict.h, and what
 * as an output of an earlier run in own.h. A path in a list may be a directory, as on the command
 * line. A source that was named twice is one item if both ways lead to one output, otherwise two.
 *
 * Memory: an array of struct plan_item and an arena of path bytes: about 100 bytes a source with
 * paths of ordinary length, at peak; for each output of several some 30 more while it is made. Not
 * thread-safe while it is made; read-only and shareable afterwards.
 */
#ifndef PLAN_H
#define PLAN_H

#include <sys/stat.h>

#include <batchresize/batch.h>

#include "redis/address.h"

struct plan_item {
	uint64_t size;             /* bytes of the source when it was scanned */
	uint64_t identity;         /* state_identity() of it then; 0: unknown */
	uint32_t directory;        /* of the source: see plan_directory() */
	uint32_t output_directory; /* that its outputs' names are below */
	uint32_t name;
	uint32_t refusal; /* enum br_error_code why it will not be run, BR_ERROR_NONE otherwise */
	uint32_t other;   /* the plan's business: see plan_refusal() */
	uint32_t flags;
};

struct plan;

/* What a plan for a part of the sources makes of a file that was found. */
enum plan_part {
	PLAN_LEAVE_OUT,
	PLAN_STAND, /* counts where names collide, and is not made */
	PLAN_TAKE
};

/* For a plan of a part of the files below the directories that the user named. A directory has its
 * path with what stands before a name in it: "images/", "" for the working directory. */
struct plan_filter {
	void *ctx;
	/* Whether a directory below those that were named is to be entered. */
	bool (*wants)(void *ctx, const char *directory);
	/* A directory has been opened (the descriptor `fd`) and is about to be read. May be NULL.
	 */
	void (*entered)(void *ctx, const char *directory, int fd);
	/* What becomes of a file in the directory that was entered last. */
	enum plan_part (*file)(void *ctx, const char *path, const struct stat *st);
};

/* What is told while the plan is made: files that are passed over, and directories that can't be
 * read. */
struct plan_observer {
	void *ctx;
	void (*notice)(void *ctx, bool serious, const char *path, const char *text);
	/* Called for each serious one, before it: what can't be read, how many bytes of its path
	 * are the directory that was named (see plan_root()), and why. May be NULL. */
	void (*unread)(void *ctx, const char *path, size_t root, int sys_errno, const char *text);
	/* Called for a line of an NDJSON list that is none, by its number, before the serious
	 * notice, which names it only if the lines are no orders. May be NULL. */
	void (*malformed)(void *ctx, uint64_t entry, const char *text);
	/* Called for each name that is looked at, with how many sources there are so far. A
	 * negative errno ends the plan there, and plan_make() returns it. May be NULL. */
	int (*look)(void *ctx, size_t found);
	/* Called once, before directories are walked: plan_roots() is known. May be NULL. */
	void (*rooted)(void *ctx, const struct plan *plan);
};

/* Returns 0 and a plan to be freed with plan_free(), BR_ERROR_USAGE (no source, a directory without
 * a name and no --output, a template that makes no sense), or a negative errno (-ENOMEM, or that of
 * a list that can't be read). *plan is NULL then. A source named by the user that does not exist is
 * an item with a refusal (BR_ERROR_SYSTEM, and its errno by plan_refusal()), not a failure of the
 * plan. A directory that can't be read and a line of the list that names nothing are serious
 * notices. No picture at all is a plan without items. */
int plan_make(const struct br_batch_options *options, const struct plan_observer *observer,
              struct plan **plan, struct br_error *error);

/* The same for a part; a filter of NULL leaves nothing out. */
int plan_make_part(const struct br_batch_options *options, const struct plan_observer *observer,
                   const struct plan_filter *filter, struct plan **plan, struct br_error *error);

/* plan_make() with `folds` to say whether an output's directory takes names that differ only in
 * case or Unicode form for one; plan_make() asks the system. */
int plan_make_folding(const struct br_batch_options *options, const struct plan_observer *observer,
                      bool (*folds)(const char *directory), struct plan **plan,
                      struct br_error *error);

/* A plan of one image of so many bytes that goes from standard input to standard output: an item
 * whose source and output are called "-". Returns 0, BR_ERROR_USAGE (several sizes) or -ENOMEM. */
int plan_pipe(const struct br_batch_options *options, uint64_t bytes, struct plan **plan,
              struct br_error *error);
void plan_free(struct plan *plan);

/* --- a list that comes through a pipe --- */

/* Whether the plan is made in pieces: the list is no file with an end. It has no items then but
 * those of pieces, whose numbers are no count. An image that shares its output with one of an
 * earlier piece is refused alone (see before.h); a name that promises a format which an output
 * won't have is refused (BR_ERROR_USAGE), since the run goes on. */
bool plan_is_stream(const struct plan *plan);

struct plan_piece {
	uint64_t first; /* number of its first item, the others follow */
	size_t count;   /* items; there may be none */
};

/* Makes a piece of the names that can be read without waiting. Returns 1; 0 when there is none;
 * -ENODATA at the end; -EBUSY when items of too many pieces are not done; another negative errno
 * with an *error. */
int plan_go_on(struct plan *plan, const struct plan_observer *observer, struct plan_piece *piece,
               struct br_error *error);

/* The list's descriptor, for poll(2); -1 when all has been read. */
int plan_list(const struct plan *plan);

/* An item has been done with, by every thread. A piece goes with its last, but not before the next
 * is asked for. Nothing for a whole plan. */
void plan_done(struct plan *plan, uint64_t index);

/* --- items --- */

/* Those of a whole plan, from 0. */
size_t plan_count(const struct plan *plan);
uint64_t plan_bytes(const struct plan *plan); /* of all sources that will be run */
/* The same of the piece that has the item. */
uint64_t plan_bytes_of_piece(const struct plan *plan, uint64_t index);

/* Of a plan for a part: whether the item only stands there (PLAN_STAND), and how many do. */
bool plan_stands(const struct plan *plan, uint64_t index);
size_t plan_standing(const struct plan *plan);
/* Whether the item is to be made: it is not refused, and does not only stand there. */
bool plan_is_work(const struct plan *plan, uint64_t index);
const struct plan_item *plan_item(const struct plan *plan, uint64_t index);

/* Writes the path or URL, NUL-terminated, into buffer, of a byte at least, and returns its length,
 * or -ENAMETOOLONG: then it is cut. Paths are relative to the working directory where the user's
 * were. */
int plan_source(const struct plan *plan, uint64_t index, char *buffer, size_t size);

/* The URL that the source is to be fetched from, with what plan_source() leaves out (user,
 * password, fragment), or NULL for a file. *typed: it stands on the command line. Lives as long as
 * the plan. */
const char *plan_url(const struct plan *plan, uint64_t index, bool *typed);

/* The same for the source's directory, and for that which the outputs' names are below. */
int plan_source_directory(const struct plan *plan, uint64_t index, char *buffer, size_t size);
int plan_output_directory(const struct plan *plan, uint64_t index, char *buffer, size_t size);

/* How many bytes of that path are the directory, with its slash, that was named and below which the
 * source was found; 0: it was named itself. */
size_t plan_root(const struct plan *plan, uint64_t index);

/* Whether it was found below a directory, and not named itself. */
bool plan_is_found(const struct plan *plan, uint64_t index);

/* How many outputs each item has: one for each size asked for, in that order. */
unsigned plan_outputs(const struct plan *plan);

/* The same as plan_source() for one of them. If a template names {width} or {height}, `made`
 * fills them in; NULL: they stand for themselves. */
int plan_output(const struct plan *plan, uint64_t index, unsigned output,
                const struct br_image_output *made, char *buffer, size_t size);

/* Whether its outputs are keys of a Redis server instead of files; then *address becomes that of
 * one of them, and *typed tells whether it is the user's (--output). plan_output() writes the same
 * without user and password. */
bool plan_key(const struct plan *plan, uint64_t index, unsigned output,
              const struct br_image_output *made, struct redis_address *address, bool *typed);
bool plan_has_keys(const struct plan *plan, uint64_t index);

/* What the item is to be made with if it is not made as the others: puts the size and format that
 * its line of the list asks for into the options. */
void plan_ask(const struct plan *plan, uint64_t index, struct br_image_options *image);

/* The number of the line of an NDJSON list that names it, from 1; 0: none does. */
uint64_t plan_entry(const struct plan *plan, uint64_t index);

/* Whether it asks for anything: then the options do not tell whether an output is as it should be.
 */
bool plan_asks(const struct plan *plan, uint64_t index);

/* Whether outputs have names that are not known before the picture is made. Only such an output has
 * to be checked before it is published: whether it would replace a source. Returns 0 or
 * BR_ERROR_IS_SOURCE. */
bool plan_names_sides(const struct plan *plan);
int plan_check(const struct plan *plan, uint64_t index, unsigned output,
               const struct br_image_output *made, struct br_error *error);

/* Whether outputs of one picture may lie in several directories. */
bool plan_names_directories(const struct plan *plan);

/* The last part of the source's path. */
const char *plan_name(const struct plan *plan, uint64_t index);
/* All that a line of the list says of its output, as text, cut to `size`. Returns whether it says
 * anything. */
bool plan_asked(const struct plan *plan, uint64_t index, char *text, size_t size);

/* The part of plan_output()'s path below the item's output_directory; and the whole of such a part.
 */
int plan_output_below(const struct plan *plan, uint64_t index, unsigned output,
                      const struct br_image_output *made, char *buffer, size_t size);
int plan_below(const struct plan *plan, uint64_t index, const char *rest, char *buffer,
               size_t size);

/* Refuses an item after all, which is no failure: nothing is to be made of it (BR_ERROR_SKIPPED),
 * or not again (BR_ERROR_POISON). Before others may look at the plan. */
void plan_pass(struct plan *plan, uint64_t index, enum br_error_code why);

/* Lets the plan, or the piece that has the item, keep something of its user's, which it releases
 * when it goes itself, or keeps another. Before others may look at it. */
void plan_keep(struct plan *plan, uint64_t index, void *kept, void (*release)(void *kept));
/* That, or NULL. *index becomes the item's number within the piece. */
void *plan_kept(const struct plan *plan, uint64_t *index);

/* Directories of a whole plan by their numbers. Returns as plan_source(); "." for the working
 * directory. */
int plan_directory(const struct plan *plan, uint32_t directory, char *buffer, size_t size);

/* The output directories that runs may keep something in for each other: the one of --output, or
 * those made for directories of sources. None for outputs beside their sources and for an output
 * that is a file; and at most so many. Returns how many, and their numbers. */
#define PLAN_ROOTS_MAX 16
unsigned plan_roots(const struct plan *plan, const uint32_t **directory);

/* For each directory of the plan, or of the piece that has the item, by its number there: which of
 * plan_roots() it lies below, PLAN_ROOTS_MAX for none, and the state_key_directory() of what leads
 * to it from there. Returns an array to be freed, or NULL when memory is short. */
struct plan_below {
	uint64_t key;
	uint32_t root;
};
struct plan_below *plan_below_roots(const struct plan *plan, uint64_t index);

/* The source directories that were walked. Returns how many. */
unsigned plan_walked(const struct plan *plan, const uint32_t **directory);

/* For all directories: below which of those it lies, PLAN_NOT_WALKED for others; the
 * state_key_directory() of what leads to it from there; and whether there is a picture in it, or
 * further down. Of a whole plan. Returns an array of *count to be freed, or NULL when memory is
 * short. */
#define PLAN_NOT_WALKED UINT32_MAX
struct plan_ground {
	uint64_t key;
	uint32_t walked;
	bool inhabited;
};
struct plan_ground *plan_grounds(const struct plan *plan, uint32_t *count);

/* Why an item is refused, as a person would want to read it (names the other sources of a
 * collision). Only for items with a refusal. Returns what br_error_set() or br_error_system() did:
 * the item's code, or for BR_ERROR_SYSTEM a negative errno. */
int plan_refusal(const struct plan *plan, uint64_t index, struct br_error *error);

/* Whether a refused item is no failure: it is what an earlier run made, or, found below a
 * directory, what the run can't make. */
bool plan_is_passed_over(const struct plan *plan, uint64_t index);

/* The format of a refused item, if it is one that is not read; else UNKNOWN. */
enum br_image_format plan_kind(const struct plan *plan, uint64_t index);

/* The format that the source's name promises; UNKNOWN: none. */
enum br_image_format plan_promised(const struct plan *plan, uint64_t index);

/* Whether the source was found below a directory and its name promises no picture that is read:
 * then it is no failure when it turns out to be none. */
bool plan_is_stray(const struct plan *plan, uint64_t index);

#endif
