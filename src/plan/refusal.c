/* refusal.c - why an item is refused, in words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "io/path.h"
#include "plan/items.h"

/* Rivals that are named in a message, and bytes for each of several, NUL included. */
#define RIVALS_NAMED 3
#define RIVAL_MAX    44

static struct path_shown shown_source(const struct plan *plan, size_t index, size_t max)
{
	struct path_shown shown = {.text = "?"};
	char *path = malloc(plan->path_max);

	if (path && plan_source(plan, index, path, plan->path_max) >= 0)
		shown = path_shown_within(path, max);
	free(path);
	return shown;
}

static const char *advice(int sys_errno)
{
	switch (sys_errno) {
	case ENOENT:
		return "is the name right? outputs are named by --output";
	case ENAMETOOLONG:
		return "the path of the source or of its output is too long: shorten the names, or "
		       "use another --output";
	case EACCES:
		return "a directory above it may not be entered";
	case ENOTDIR:
		return "a part of the path is a file";
	case ELOOP:
		return "mend its symbolic links";
	default:
		return "is the disk or mount healthy?";
	}
}

static const char *type_name(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "a pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

/* Walks the ring from an item and names the first few of the others. */
static int refuse_ring(const struct plan *plan, size_t index, struct br_error *error)
{
	char names[RIVALS_NAMED * (RIVAL_MAX + sizeof("'', "))];
	bool single = plan->item[plan->item[index].other].other == index;
	size_t used = 0;
	size_t rivals = 0;
	char more[32] = "";

	for (size_t at = plan->item[index].other; at != index; at = plan->item[at].other) {
		if (rivals++ >= RIVALS_NAMED)
			continue;
		used += (size_t)snprintf(
		    names + used, sizeof(names) - used, "%s'%s'", used > 0 ? ", " : "",
		    shown_source(plan, at, single ? PATH_SHOWN_MAX : RIVAL_MAX).text);
	}
	if (rivals > RIVALS_NAMED)
		(void)snprintf(more, sizeof(more), " and %zu more", rivals - RIVALS_NAMED);
	return br_error_set(error, BR_ERROR_COLLISION,
	                    "its output would also be that of %s%s: rename one, or give each an "
	                    "--output of its own",
	                    names, more);
}

static int refuse_collision(const struct plan *plan, size_t index, struct br_error *error)
{
	const struct plan_item *item = &plan->item[index];

	if (item->flags & ITEM_BEFORE)
		return br_error_set(error, BR_ERROR_COLLISION,
		                    "its output is that of another image, earlier in the list: "
		                    "rename one, or give each an --output of its own");
	if (item->flags & ITEM_BELOW)
		return br_error_set(
		    error, BR_ERROR_COLLISION,
		    "its output would lie in a directory that is the output of '%s': "
		    "rename, or use another --output",
		    shown_source(plan, item->other, PATH_SHOWN_MAX).text);
	if (item->flags & ITEM_ABOVE)
		return br_error_set(
		    error, BR_ERROR_COLLISION,
		    "its output is needed as a directory by that of '%s': rename, or "
		    "use another --output",
		    shown_source(plan, item->other, PATH_SHOWN_MAX).text);
	return refuse_ring(plan, index, error);
}

int refusal_is_source_before(struct br_error *error)
{
	return br_error_set(error, BR_ERROR_IS_SOURCE,
	                    "its output would replace a source that is earlier in the list, and a "
	                    "source is never replaced: use another --output");
}

int refusal_is_source(const struct plan *plan, size_t index, size_t source, struct br_error *error)
{
	if (plan->item[index].flags & ITEM_BEFORE)
		return refusal_is_source_before(error);
	if (source == index)
		return br_error_set(
		    error, BR_ERROR_IS_SOURCE,
		    "its output would replace it, and a source is never replaced: use "
		    "another --output");
	return br_error_set(error, BR_ERROR_IS_SOURCE,
	                    "its output would replace the source '%s', and a source is never "
	                    "replaced: use another --output",
	                    shown_source(plan, source, PATH_SHOWN_MAX).text);
}

static int refuse_own(const struct plan *plan, size_t index, struct br_error *error)
{
	const uint32_t of = plan->item[index].other;

	if (plan->item[index].flags & ITEM_BEFORE)
		return br_error_set(error, BR_ERROR_OWN_OUTPUT,
		                    "it is an output of this run: passed over");
	if (of == TABLE_NONE)
		return br_error_set(error, BR_ERROR_OWN_OUTPUT,
		                    "it is an output of an earlier run: passed over");
	return br_error_set(error, BR_ERROR_OWN_OUTPUT,
	                    "it is an output of '%s' from an earlier run: passed over",
	                    shown_source(plan, of, PATH_SHOWN_MAX).text);
}

int refusal_of(const struct plan *plan, size_t index, struct br_error *error)
{
	const struct plan_item *item = &plan->item[index];

	switch ((enum br_error_code)item->refusal) {
	case BR_ERROR_COLLISION:
		return refuse_collision(plan, index, error);
	case BR_ERROR_IS_SOURCE:
		return refusal_is_source(plan, index, item->other, error);
	case BR_ERROR_OWN_OUTPUT:
		return refuse_own(plan, index, error);
	case BR_ERROR_USAGE:
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--name calls its output another format than it will have, %s: "
		                    "end the name in {ext}, or say which --format",
		                    br_image_format_name((enum br_image_format)item->other));
	case BR_ERROR_SKIPPED:
		return br_error_set(error, BR_ERROR_SKIPPED,
		                    plan->outputs > 1
		                        ? "its outputs are up to date (--existing update)"
		                        : "the output is up to date (--existing update)");
	case BR_ERROR_POISON:
		return br_error_set(error, BR_ERROR_POISON,
		                    "its worker ended in an earlier run: passed over");
	case BR_ERROR_UNSUPPORTED:
		return br_error_set(error, BR_ERROR_UNSUPPORTED, "%s files are not supported: %s",
		                    br_image_format_name((enum br_image_format)item->other),
		                    br_image_format_remedy((enum br_image_format)item->other));
	case BR_ERROR_RAW_THUMBNAIL:
		return br_error_set(error, BR_ERROR_RAW_THUMBNAIL,
		                    "RAW photographs are not supported: %s",
		                    br_image_format_remedy(BR_IMAGE_FORMAT_RAW));
	case BR_ERROR_NOT_IMAGE:
		if (S_ISREG((mode_t)item->other))
			return br_error_set(error, BR_ERROR_NOT_IMAGE,
			                    "not an image: its first bytes are of no known format");
		return br_error_set(error, BR_ERROR_NOT_IMAGE,
		                    "it is %s: name a file, or a directory of files",
		                    type_name((mode_t)item->other));
	default:
		return br_error_system(error, (int)item->other, "it can't be opened (%s)",
		                       advice((int)item->other));
	}
}
