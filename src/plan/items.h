/* items.h - the plan while it is made: what plan.h keeps from others. Private to this room.
 *
 * No output's name is kept: it follows from the source's, a flag, and what the plan has in common
 * (see outputs.h).
 */
#ifndef PLAN_ITEMS_H
#define PLAN_ITEMS_H

#include <string.h>

#include "plan/name.h"
#include "plan/paths.h"
#include "plan/plan.h"
#include "plan/template.h"

/* Bits of plan_item.flags. */
enum item_flag {
	ITEM_EXPLICIT = 1 << 0, /* named by the user */
	ITEM_PREFIXED = 1 << 1, /* the output's name begins with "resized_" */
	ITEM_LINK = 1 << 2,     /* the source is a symbolic link */
	ITEM_EXISTS = 1 << 3,   /* the source is a file that can be reached, refused or not */
	ITEM_BELOW =
	    1 << 4, /* collision: its output would lie below the other's, which is a file */
	ITEM_ABOVE =
	    1 << 5, /* collision: its output has the name of a directory that the other needs */
	ITEM_PASSED_OVER = 1 << 6, /* its refusal is no failure */
	ITEM_ROOTED = 1 << 7,      /* named by the user, as below a directory: "photos/./a.jpg" */
	ITEM_STANDS = 1 << 8,      /* not asked for: only its names count */
	ITEM_ASKED = 1 << 10,      /* it says itself how it is to be made: see item_asked() */
	ITEM_URL = 1 << 11,        /* the source is fetched: see item_url(); ITEM_ASKED as well */
	ITEM_TYPED = 1 << 12,      /* and its URL stands on the command line */
	ITEM_KEY = 1 << 13,        /* its output is a key that it names: see item_key() */
	ITEM_BEFORE =
	    1 << 9 /* it is refused for what an earlier piece of the list held: see before.h */
};

/* plan_item.other means: refusal SYSTEM: the errno. COLLISION: the next in the ring of rivals; with
 * ITEM_BELOW and ITEM_ABOVE the other one. IS_SOURCE: the source that it would replace. OWN_OUTPUT:
 * the source that it was made of, TABLE_NONE for one that is no item. NOT_IMAGE: the file's type,
 * as in st_mode. UNSUPPORTED, USAGE: its format. */

struct plan {
	const struct plan_observer *observer; /* while it is made; or NULL */
	const struct plan_filter *filter;     /* likewise */
	struct paths paths;
	uint32_t root[PLAN_ROOTS_MAX]; /* see plan_roots() */
	unsigned roots;
	uint32_t *walked; /* see plan_walked() */
	unsigned walked_count;
	struct plan_item *item;
	size_t count, capacity;
	size_t standing;       /* how many are ITEM_STANDS */
	size_t path_max;       /* bytes, NUL included */
	uint64_t bytes;        /* of items that are not refused */
	const char *extension; /* of the format asked for; "" */
	struct br_image_size size[BR_IMAGE_SIZES_MAX];
	unsigned outputs; /* of each item: how many sizes were asked for */
	bool plain;       /* one size and no template: outputs keep their sources' names */
	bool prefixed;    /* ITEM_PREFIXED counts: there is no template of the user's */
	struct template template;
	struct redis_address *keys; /* of --output, if outputs are keys: see keys.h; or NULL */
	struct conflict
	    *sources;          /* for conflict_replaced(); NULL when nothing is to be looked up */
	struct stream *stream; /* its items lie in the pieces of this; NULL for a whole plan */
	void *kept;            /* see plan_keep() */
	void (*release)(void *kept);
};

/* To be called now and then while a plan is made. If it does not return 0, the making ends, and
 * returns the same. */
static inline int plan_look(const struct plan *plan)
{
	const struct plan_observer *observer = plan->observer;

	return observer && observer->look ? observer->look(observer->ctx, plan->count) : 0;
}

/* Whether the item has outputs: one that is refused has none, unless it is refused for a collision
 * with another of this plan. */
static inline bool item_has_outputs(const struct plan_item *item)
{
	return item->refusal == BR_ERROR_NONE ||
	       (item->refusal == BR_ERROR_COLLISION && !(item->flags & ITEM_BEFORE));
}

/* Adds a source, and refuses it when a path is longer than the system takes. `item` is complete
 * except for its name, behind which may lie, with ITEM_ASKED, a NUL and what it asks for
 * (struct item_asked, the output's name, a NUL, a URL, a NUL, a key's address). Returns
 * 0, -ENOMEM, or -EOVERFLOW for more outputs than 2^31. */
int items_add(struct plan *plan, struct plan_item item, const char *name, size_t length);

/* Largest first, then by source's path, bytewise. Returns 0 or -ENOMEM. */
int items_sort(struct plan *plan);

/* plan_refusal(), by the number within this plan or piece. */
int refusal_of(const struct plan *plan, size_t index, struct br_error *error);

/* Fills in the error for item number `index`, whose output would replace the source of item number
 * `source`, which may be its own. Returns BR_ERROR_IS_SOURCE. */
int refusal_is_source(const struct plan *plan, size_t index, size_t source, struct br_error *error);

/* The same for a source in an earlier piece of the list, whose name is not known any more. */
int refusal_is_source_before(struct br_error *error);

static inline const char *item_name(const struct plan *plan, const struct plan_item *item)
{
	return paths_at(&plan->paths, item->name);
}

/* What an item says of its output. It lies behind the name, since few have it. */
struct item_asked {
	uint64_t entry;            /* the line's number */
	struct br_image_size size; /* all zero: as the others */
	uint32_t format;           /* enum br_image_format */
	bool formatted;            /* the format is its own */
	bool named;                /* the output's name is its own, and follows */
};

static inline struct item_asked item_asked(const struct plan *plan, const struct plan_item *item)
{
	struct item_asked asked = {0};
	const char *name = item_name(plan, item);

	if (item->flags & ITEM_ASKED)
		memcpy(&asked, name + strlen(name) + 1, sizeof(asked));
	return asked;
}

/* Whether two items are to be made in the same way, of the same size and format. */
static inline bool item_same_wish(const struct plan *plan, const struct plan_item *a,
                                  const struct plan_item *b)
{
	const struct item_asked first = item_asked(plan, a), second = item_asked(plan, b);

	return first.size.width == second.size.width && first.size.height == second.size.height &&
	       first.size.percent == second.size.percent && first.format == second.format &&
	       first.formatted == second.formatted;
}

/* The name that it asks for; only if it is `named`. */
static inline const char *item_asked_name(const struct plan *plan, const struct plan_item *item)
{
	const char *name = item_name(plan, item);

	return name + strlen(name) + 1 + sizeof(struct item_asked);
}

/* The URL of its source, as it was given; only with ITEM_URL. The item's directory and name are
 * made of that, and lead nowhere. */
static inline const char *item_url(const struct plan *plan, const struct plan_item *item)
{
	const char *named = item_asked_name(plan, item);

	return named + strlen(named) + 1;
}

/* The address of its output, as it was given; only with ITEM_KEY. The output's name is that without
 * user and password, and leads nowhere. */
static inline const char *item_key(const struct plan *plan, const struct plan_item *item)
{
	const char *url = item_url(plan, item);

	return url + strlen(url) + 1;
}

/* Whether two items have URLs, and the same one. */
static inline bool item_same_url(const struct plan *plan, const struct plan_item *a,
                                 const struct plan_item *b)
{
	return a->flags & b->flags & ITEM_URL && strcmp(item_url(plan, a), item_url(plan, b)) == 0;
}

#endif
