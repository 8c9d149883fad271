/* prune_parts.h - what prune.h is made of, for the files that do it. */
#ifndef BATCH_PRUNE_PARTS_H
#define BATCH_PRUNE_PARTS_H

#include "batch/known_parts.h"
#include "batch/number_set.h"
#include "batch/prune.h"

/* A directory that was walked. */
struct prune_ground {
	char path[PATH_MAX];     /* as it was named, with what stands before a name in it */
	char absolute[PATH_MAX]; /* by known_absolute() */
	dev_t device;
	ino_t inode;
	bool there;
};

struct leftover_output {
	char *path; /* below the output directory */
	struct state_file file;
	bool goes; /* it is there, as it was left, and nobody else's */
};

/* What a state remembers of a source. */
enum leftover_kind { LEFTOVER_PICTURE, LEFTOVER_ORPHAN, LEFTOVER_POISON };

/* A picture, or an orphan, of whose outputs some are to go; or a source that ended its worker, of
 * which there are none. */
struct leftover {
	struct known_root *root;
	char *directory, *name; /* as the state has them */
	uint64_t names;
	enum leftover_kind kind;
	bool keep;          /* it is not to be forgotten */
	char *source;       /* as in a report; "": not gone */
	size_t source_root; /* see br_batch_record.root */
	unsigned outputs;
	struct leftover_output output[];
};

/* Where something is left as it is, since a disk may not be mounted. */
struct prune_held {
	char *path;
	uint64_t outputs;
};

struct prune {
	struct pump *pump;
	struct known *known;
	struct prune_ground *ground;
	unsigned grounds;
	struct number_set inhabited; /* directories with pictures: see prune_place() */
	struct leftover **leftover;
	size_t count;
	uint64_t outputs; /* all that are remembered of these sources */
	uint64_t going;   /* of them, those that go */
	struct prune_held *held;
	size_t holds;
	uint64_t changed, others; /* kept since somebody changed them; since other options did */
	char top[PATH_MAX];       /* asked last: a directory, and which that is */
	const struct prune_ground *top_ground;
	bool asked;
	bool failed; /* something could not be found out: nothing goes */
};

/* A path in a directory as struct prune_ground has it, and more below it. False: too long. */
bool prune_join(char path[PATH_MAX], const char *prefix, const char *below, const char *name);

/* A number for a directory below a walked one, by the state_key_path() of what leads there. */
uint64_t prune_place(unsigned ground, uint64_t key);

/* --- prune_source.c: whether a source is gone --- */

/* Below which walked directory a picture's source lies or lay; *below is the path of its directory
 * from there. NULL: below none. */
const struct prune_ground *
prune_find_ground(struct prune *prune, const struct state_picture *picture, const char **below);

enum prune_finding {
	PRUNE_THERE, /* it is there, or nobody knows */
	PRUNE_HELD,  /* it is not, but neither is its disk, perhaps: *where */
	PRUNE_GONE
};

/* Of a picture's source, whose directory is `below` that one. `where` is a path of PATH_MAX bytes.
 */
enum prune_finding prune_look(struct prune *prune, struct known_root *root,
                              const struct prune_ground *ground,
                              const struct state_picture *picture, const char *below, char *where);

/* --- prune_find.c --- */

/* Finds all leftovers of a state, and which of their outputs go. */
void prune_find(struct prune *prune, struct known_root *root);

void prune_free_leftover(struct leftover *leftover);

/* --- prune_remove.c --- */

/* A descriptor of an output directory, or a negative errno. */
int prune_open_root(const struct prune *prune, const struct known_root *root);

/* The directory of an output, below the directory of `root`, without following a link; *name is its
 * name in there. A descriptor, or a negative errno. */
int prune_open_parent(int root, const char *path, const char **name);

/* Whether the output is there, as it was left: 0; -ENOENT: it is not there; -ESTALE: it is another
 * file by now. `output` is the path of `root`. */
int prune_compare(int root, const char *output, const struct leftover_output *leftover);

/* Removes what goes of a leftover, and the directories that are empty then, and forgets it. `root`
 * is its output directory. A dry run only tells of it. */
void prune_remove(struct prune *prune, int root, struct leftover *leftover);

#endif
