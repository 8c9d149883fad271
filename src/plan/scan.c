/* scan.c - see scan.h. */
#include "plan/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/transfer.h"
#include "plan/entries.h"
#include "plan/select.h"
#include "state/file.h"

/* A directory that is to be entered. */
struct frame {
	uint32_t directory, output;
	uint32_t root; /* the directory that the user named */
	bool link;     /* a symbolic link led to it */
};

/* What a directory is, whatever its path. */
struct identity {
	dev_t device;
	ino_t inode;
};

struct walk {
	struct plan *plan;
	struct places *places;
	const struct br_batch_options *options;
	const struct plan_observer *observer;
	struct frame *stack;
	size_t depth, allocated;
	struct identity *outputs; /* directories that this run writes below, sorted */
	size_t output_count;
	struct entries entries;
	/* the directory that is being read */
	struct frame frame;
	int fd;
	size_t prefix; /* bytes of its path in `path`, up to where a name follows */
	char path[PATH_MAX + NAME_MAX + 2];
};

__attribute__((format(printf, 4, 5))) static void tell(const struct walk *walk, bool serious,
                                                       const char *path, const char *format, ...)
{
	char text[256];
	va_list arguments;

	if (!walk->observer || !walk->observer->notice)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	walk->observer->notice(walk->observer->ctx, serious, path, text);
}

static const char *read_advice(int sys_errno)
{
	switch (sys_errno) {
	case EACCES:
	case EPERM:
		return "make it readable, or --exclude it";
	case ENAMETOOLONG:
		return "start from a directory further down";
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (ulimit -n)";
	default:
		return "is the disk or mount healthy?";
	}
}

/* Pictures are missing: something is the matter with what was found below the directory of
 * walk->frame, or with that itself. */
static void tell_loss(const struct walk *walk, const char *path, int sys_errno, const char *text)
{
	const struct paths *paths = &walk->plan->paths;
	const size_t root = paths_root_length(paths, walk->frame.directory);

	if (walk->observer && walk->observer->unread)
		walk->observer->unread(walk->observer->ctx, path, strlen(path) > root ? root : 0,
		                       sys_errno, text);
	tell(walk, true, path, "%s", text);
}

static void tell_unread(const struct walk *walk, const char *path, int sys_errno)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "can't be read, its pictures are left out (%s): %s",
	               read_advice(sys_errno), strerrordesc_np(sys_errno));
	tell_loss(walk, path, sys_errno, text);
}

/* The whole path of a name in the directory that is being read. */
static const char *path_of(struct walk *walk, const char *name)
{
	(void)snprintf(walk->path + walk->prefix, sizeof(walk->path) - walk->prefix, "%s", name);
	return walk->path;
}

/* The same from the directory that the user named. */
static const char *relative_path_of(struct walk *walk, const char *name)
{
	return path_of(walk, name) + walk->plan->paths.directory[walk->frame.root].length;
}

static int push(struct walk *walk, struct frame frame)
{
	if (walk->depth == walk->allocated) {
		size_t allocated = walk->allocated ? walk->allocated * 2 : 64;
		struct frame *grown;

		if (allocated > SIZE_MAX / sizeof(*grown))
			return -ENOMEM;
		grown = realloc(walk->stack, allocated * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		walk->stack = grown;
		walk->allocated = allocated;
	}
	walk->stack[walk->depth++] = frame;
	return 0;
}

/* --- files -------------------------------------------------------------------------------------
 */

/* What the first bytes of a file say whose name promises no picture that is read. */
enum look { LOOK_IMAGE, LOOK_TEXT, LOOK_OTHER, LOOK_UNREADABLE };

static bool is_text(const unsigned char *head, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (head[i] < ' ' && !strchr("\b\t\n\v\f\r\033", head[i]))
			return false;
		if (head[i] == '\0')
			return false;
	}
	return true;
}

static enum look look_at(struct walk *walk, const char *name, bool link,
                         enum br_image_format *format)
{
	unsigned char head[BR_IMAGE_SNIFF_BYTES];
	ssize_t got;
	int fd;

	fd = openat(walk->fd, name,
	            O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (link ? 0 : O_NOFOLLOW));
	if (fd < 0) {
		tell(walk, false, path_of(walk, name),
		     "can't be opened to see whether it is a picture: %s", strerrordesc_np(errno));
		return LOOK_UNREADABLE;
	}
	got = transfer_read_at(fd, head, sizeof(head), 0);
	(void)close(fd); /* nothing was written */
	if (got <= 0)
		return got < 0 ? LOOK_UNREADABLE : LOOK_TEXT;
	*format = br_image_sniff(head, (size_t)got);
	if (*format != BR_IMAGE_FORMAT_UNKNOWN)
		return LOOK_IMAGE;
	return is_text(head, (size_t)got) ? LOOK_TEXT : LOOK_OTHER;
}

/* What the run can't make is accounted for, and a failure only if that was asked for. It is no
 * less a file that is not to be replaced. */
static void refuse(const struct walk *walk, struct plan_item *item, enum br_image_format format)
{
	item->refusal = format == BR_IMAGE_FORMAT_UNKNOWN ? BR_ERROR_NOT_IMAGE
	                : format == BR_IMAGE_FORMAT_RAW   ? BR_ERROR_RAW_THUMBNAIL
	                                                  : BR_ERROR_UNSUPPORTED;
	item->other = format == BR_IMAGE_FORMAT_UNKNOWN ? S_IFREG : format;
	item->flags |= ITEM_EXISTS | (walk->options->strict ? 0 : ITEM_PASSED_OVER);
}

/* Looks at a file whose name promises no picture that is read; `format` is what it does promise.
 * Returns whether it is to be an item. */
static bool examine_content(struct walk *walk, const char *name, struct plan_item *item, bool link,
                            enum br_image_format format)
{
	enum br_image_format found = BR_IMAGE_FORMAT_UNKNOWN;
	enum look look = item->size == 0 ? LOOK_TEXT : look_at(walk, name, link, &found);

	if (look == LOOK_TEXT && format == BR_IMAGE_FORMAT_UNKNOWN)
		tell(walk, false, path_of(walk, name), "not a picture: passed over");
	if (look == LOOK_UNREADABLE || (look == LOOK_TEXT && format == BR_IMAGE_FORMAT_UNKNOWN))
		return false;
	if (!br_image_format_is_read(found))
		refuse(walk, item, found != BR_IMAGE_FORMAT_UNKNOWN ? found : format);
	return true;
}

static enum plan_part part_of(struct walk *walk, const char *name, const struct stat *st)
{
	const struct plan_filter *filter = walk->plan->filter;

	return filter ? filter->file(filter->ctx, path_of(walk, name), st) : PLAN_TAKE;
}

static int visit_file(struct walk *walk, const char *name, const struct stat *st, bool link)
{
	const enum br_image_format promised = select_promised(name);
	struct plan_item item = {
	    .size = (uint64_t)st->st_size,
	    .directory = walk->frame.directory,
	    .output_directory = walk->frame.output,
	    .flags = link ? ITEM_LINK : 0,
	};
	const struct state_file file = state_file_of(st);

	item.identity = state_identity(&file);
	switch (part_of(walk, name, st)) {
	case PLAN_LEAVE_OUT:
		return 0;
	case PLAN_STAND:
		item.flags |= ITEM_STANDS;
		break;
	case PLAN_TAKE:
		break;
	}
	if (!br_image_format_is_read(promised) &&
	    !examine_content(walk, name, &item, link, promised))
		return 0;
	return items_add(walk->plan, item, name, strlen(name));
}

/* --- directories -------------------------------------------------------------------------------
 */

/* Whether a plan for a part has to do with a directory. */
static bool is_part(struct walk *walk, const char *name)
{
	const struct plan_filter *filter = walk->plan->filter;

	if (!filter)
		return true;
	(void)snprintf(walk->path + walk->prefix, sizeof(walk->path) - walk->prefix, "%s/", name);
	return filter->wants(filter->ctx, walk->path);
}

static int visit_directory(struct walk *walk, const char *name, bool link)
{
	struct frame frame = {.root = walk->frame.root, .link = link};
	size_t length = strlen(name);
	int status;

	if (!select_directory(walk->options, name, relative_path_of(walk, name)) ||
	    !is_part(walk, name))
		return 0;
	status =
	    paths_child(&walk->plan->paths, walk->frame.directory, name, length, &frame.directory);
	frame.output = walk->frame.output;
	if (status == 0 && !walk->options->flat)
		status = paths_child(&walk->plan->paths, walk->frame.output, name, length,
		                     &frame.output);
	return status == 0 ? push(walk, frame) : status;
}

static int compare_identities(const void *left, const void *right)
{
	const struct identity *a = left;
	const struct identity *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

static bool is_output(const struct walk *walk, const struct stat *st)
{
	struct identity identity = {.device = st->st_dev, .inode = st->st_ino};

	return walk->output_count > 0 && bsearch(&identity, walk->outputs, walk->output_count,
	                                         sizeof(identity), compare_identities);
}

/* Whether a root is where others are written, and not its own outputs: then it is that of an
 * earlier run, named as `*` names all that is there. */
static bool is_output_of_others(const struct walk *walk, const struct stat *st)
{
	char path[PATH_MAX];
	struct stat own;

	return is_output(walk, st) &&
	       (paths_directory(&walk->plan->paths, walk->frame.output, path, sizeof(path)) < 0 ||
	        stat(path, &own) != 0 || own.st_dev != st->st_dev || own.st_ino != st->st_ino);
}

/* Whether the directory lies below itself, by way of a link: its own, or one above it. */
static bool is_loop(const struct walk *walk, uint32_t directory)
{
	const struct path_directory *all = walk->plan->paths.directory;

	for (uint32_t at = all[directory].parent; at != PATHS_NONE; at = all[at].parent)
		if (all[at].place == all[directory].place)
			return true;
	return false;
}

/* Opens the directory of walk->frame. Returns 0 with walk->fd open, 1 when it is to be left out
 * (which has been told), or a negative errno that ends the walk. */
static int enter(struct walk *walk)
{
	const struct frame *frame = &walk->frame;
	struct paths *paths = &walk->plan->paths;
	bool root = frame->directory == frame->root;
	struct stat st;
	int status = paths_directory(paths, frame->directory, walk->path, sizeof(walk->path));

	if (status < 0)
		return status;
	walk->fd = open(walk->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK |
	                                (root || frame->link ? 0 : O_NOFOLLOW));
	if (walk->fd < 0 || fstat(walk->fd, &st) != 0) {
		tell_unread(walk, walk->path, errno);
		return 1;
	}
	if (root ? is_output_of_others(walk, &st) : is_output(walk, &st)) {
		tell(walk, false, walk->path, "is where this run writes: not read");
		return 1;
	}
	status = places_existing(walk->places, st.st_dev, st.st_ino,
	                         &paths->directory[frame->directory].place);
	if (status == 0 && walk->options->follow && is_loop(walk, frame->directory)) {
		tell(walk, false, walk->path, "leads back to a directory above it: not followed");
		return 1;
	}
	return status;
}

/* Says that what the directory holds is about to be read. */
static void tell_entered(struct walk *walk)
{
	const struct plan_filter *filter = walk->plan->filter;

	if (!filter || !filter->entered)
		return;
	walk->path[walk->prefix] = '\0';
	filter->entered(filter->ctx, walk->path, walk->fd);
}

/* --- entries -----------------------------------------------------------------------------------
 */

/* A link that --follow asks to follow, but that leads nowhere. */
static void tell_dead_link(struct walk *walk, const char *name, int sys_errno)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "is a symbolic link that can't be followed: %s",
	               strerrordesc_np(sys_errno));
	if (br_image_format_is_read(select_promised(name)))
		tell_loss(walk, path_of(walk, name), sys_errno, text);
	else
		tell(walk, false, path_of(walk, name), "%s", text);
}

/* Finds out what an entry is, if it is not known, and a file's size. Returns 0; 1 when there is
 * nothing to visit; 2 when nothing in this directory can be looked at. */
static int examine(struct walk *walk, const char *name, unsigned char *type, struct stat *st,
                   bool *link)
{
	*link = false;
	if (*type == DT_DIR)
		return 0;
	if (*type == DT_REG || *type == DT_UNKNOWN) {
		if (fstatat(walk->fd, name, st, AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno == EACCES)
				return 2;
			if (errno != ENOENT) /* gone since: no matter */
				tell_unread(walk, path_of(walk, name), errno);
			return 1;
		}
		*type = (unsigned char)IFTODT(st->st_mode); /* at most DT_WHT, 14 */
	}
	if (*type != DT_LNK)
		return 0;
	if (!walk->options->follow) {
		tell(walk, false, path_of(walk, name),
		     "is a symbolic link: not followed "
		     "without --follow");
		return 1;
	}
	*link = true;
	if (fstatat(walk->fd, name, st, 0) != 0) {
		tell_dead_link(walk, name, errno);
		return 1;
	}
	*type = (unsigned char)IFTODT(st->st_mode); /* at most DT_WHT, 14 */
	return 0;
}

/* Returns 0, 2 as examine(), or a negative errno. */
static int visit(struct walk *walk, const char *name, unsigned char type)
{
	bool known = type == DT_REG;
	struct stat st;
	bool link;
	int status;

	/* before it is looked at, if that can be saved */
	if (known && !select_file(walk->options, name, relative_path_of(walk, name)))
		return 0;
	status = examine(walk, name, &type, &st, &link);
	if (status != 0)
		return status == 1 ? 0 : status;
	if (type == DT_DIR)
		return visit_directory(walk, name, link);
	if (type != DT_REG) {
		tell(walk, false, path_of(walk, name), "is not a file: passed over");
		return 0;
	}
	if (!known && !select_file(walk->options, name, relative_path_of(walk, name)))
		return 0;
	return visit_file(walk, name, &st, link);
}

static bool is_wanted(const void *options, const char *name)
{
	return !select_passes_over(options, name);
}

/* Directories were pushed in order: turned round, the first is on top. */
static void reverse(struct frame *frame, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct frame first = frame[i];

		frame[i] = frame[count - 1 - i];
		frame[count - 1 - i] = first;
	}
}

static int read_directory(struct walk *walk)
{
	const struct paths *paths = &walk->plan->paths;
	size_t bottom = walk->depth;
	int status;

	walk->prefix = paths_prefix(paths, walk->frame.directory, walk->path, sizeof(walk->path));
	tell_entered(walk);
	status = entries_read(&walk->entries, walk->fd, is_wanted, walk->options);

	if (status == -ENOMEM)
		return status;
	if (status != 0) {
		(void)paths_directory(paths, walk->frame.directory, walk->path, sizeof(walk->path));
		tell_unread(walk, walk->path, -status);
	}
	status = 0;
	for (size_t i = 0; i < walk->entries.count && status == 0; i++) {
		status = plan_look(walk->plan);
		if (status == 0)
			status = visit(walk, entries_name(&walk->entries, i),
			               walk->entries.entry[i].type);
	}
	reverse(walk->stack + bottom, walk->depth - bottom);
	if (status == 2) {
		(void)paths_directory(paths, walk->frame.directory, walk->path, sizeof(walk->path));
		tell_unread(walk, walk->path, EACCES);
		status = 0;
	}
	return status;
}

static int walk_root(struct walk *walk, const struct scan_root *root)
{
	int status = push(walk, (struct frame){.directory = root->directory,
	                                       .output = root->output,
	                                       .root = root->directory});

	while (status == 0 && walk->depth > 0) {
		walk->frame = walk->stack[--walk->depth];
		walk->fd = -1;
		status = enter(walk);
		if (status == 0)
			status = read_directory(walk);
		else if (status == 1)
			status = 0;
		if (walk->fd >= 0)
			(void)close(walk->fd); /* nothing was written */
	}
	return status;
}

/* --- roots -------------------------------------------------------------------------------------
 */

/* Those output directories that exist: others hold nothing that could be met. */
static int find_outputs(struct walk *walk, const struct scan_roots *roots)
{
	if (roots->count == 0)
		return 0;
	walk->outputs = calloc(roots->count, sizeof(*walk->outputs));
	if (!walk->outputs)
		return -ENOMEM;
	for (size_t i = 0; i < roots->count; i++) {
		struct stat st;

		if (i > 0 && roots->root[i].output == roots->root[i - 1].output)
			continue;
		if (paths_directory(&walk->plan->paths, roots->root[i].output, walk->path,
		                    sizeof(walk->path)) < 0 ||
		    stat(walk->path, &st) != 0)
			continue;
		walk->outputs[walk->output_count++] =
		    (struct identity){.device = st.st_dev, .inode = st.st_ino};
	}
	if (walk->output_count > 0)
		qsort(walk->outputs, walk->output_count, sizeof(*walk->outputs),
		      compare_identities);
	return 0;
}

int scan_walk(struct plan *plan, struct places *places, const struct scan_roots *roots,
              const struct br_batch_options *options, const struct plan_observer *observer)
{
	struct walk walk = {
	    .plan = plan, .places = places, .options = options, .observer = observer, .fd = -1};
	int status = find_outputs(&walk, roots);

	for (size_t i = 0; i < roots->count && status == 0; i++)
		status = walk_root(&walk, &roots->root[i]);
	free(walk.outputs);
	free(walk.stack);
	entries_release(&walk.entries);
	return status;
}
