/* named.c - see named.h. */
#include "plan/named.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fetch/url.h"
#include "io/path.h"
#include "plan/keys.h"
#include "plan/select.h"
#include "redis/address.h"
#include "state/file.h"

static int no_room(struct br_error *error, int status)
{
	return br_error_system(error, -status, "no room for the plan: name fewer sources at once");
}

/* --- files -------------------------------------------------------------------------------------
 */

/* A file of a list that says below which directory it was found. */
static int add_rooted(struct named *named, struct plan_item item)
{
	const struct rooted *rooted = &named->rooted;
	const size_t before = name_directory_length(rooted->rest);
	const char *name = rooted->rest + before;
	int status;

	item.flags |= ITEM_EXPLICIT | ITEM_ROOTED;
	item.output_directory = named->output;
	status = rooted_find(&named->plan->paths, rooted, before, named->options->flat,
	                     &item.directory, &item.output_directory, named->error);
	if (status)
		return status;
	status = items_add(named->plan, item, name, strlen(name));
	return status == 0 ? 0 : no_room(named->error, status);
}

/* A source of which more is known than a path: what a list says of its output, and a URL, or "".
 * Its outputs are called as those of a file at `path`. */
static int add_asked(struct named *named, struct plan_item item, const struct asked *asked,
                     const char *path, const char *url)
{
	const char *key = asked->output && redis_address_is(asked->output) ? asked->output : NULL;
	char public[URL_MAX];
	const char *output = key ? public : asked->output ? asked->output : "";
	const char *name = path + name_directory_length(path);
	if (key)
		(void)url_public(key, public, sizeof(public));

	const size_t before = key ? 0 : name_directory_length(output);
	const struct item_asked kept = {.entry = named->entry,
	                                .size = asked->size,
	                                .format = asked->format,
	                                .formatted = asked->keeps || asked->format,
	                                .named = asked->output != NULL};
	const size_t length = strlen(name) + 1, rest = strlen(output + before) + 1;
	const size_t whole =
	    length + sizeof(kept) + rest + strlen(url) + 1 + (key ? strlen(key) : 0);
	char *text = malloc(whole + 1);
	int status = text ? 0 : -ENOMEM;

	item.flags |= ITEM_ASKED | (key ? ITEM_KEY : 0);
	if (named->output != PATHS_NONE)
		item.output_directory = named->output;
	if (named->output == PATHS_NONE)
		item.flags |= ITEM_PREFIXED;
	if (key && status == 0)
		status = paths_root(&named->plan->paths, KEYS_ROOT, strlen(KEYS_ROOT),
		                    &item.output_directory);
	else if (named->output != PATHS_NONE && status == 0 &&
	         (kept.named || !(named->options->flat || named->options->output_is_file)))
		status = name_mirror(&named->plan->paths, named->output, kept.named ? output : path,
		                     kept.named ? before : (size_t)(name - path),
		                     &item.output_directory);
	if (status == 0) {
		memcpy(text, name, length);
		memcpy(text + length, &kept, sizeof(kept));
		memcpy(text + length + sizeof(kept), output + before, rest);
		(void)snprintf(text + length + sizeof(kept) + rest, strlen(url) + 1, "%s", url);
		memcpy(text + whole - (key ? strlen(key) : 0), key ? key : "",
		       key ? strlen(key) + 1 : 1);
		status = items_add(named->plan, item, text, whole);
	}
	free(text);
	return status == 0 ? 0 : no_room(named->error, status);
}

/* Nothing is asked of its server yet, which never hears of what follows a '#': that makes no other
 * picture. Without --output, its outputs are made where we are. */
static int add_url(struct named *named, const char *given, unsigned flags)
{
	static const struct asked nothing;
	struct paths *paths = &named->plan->paths;
	struct plan_item item = {.flags = ITEM_EXPLICIT | ITEM_URL | flags};
	char path[URL_PATH_MAX], public[URL_MAX], url[URL_MAX];
	const char *problem = url_problem(given);
	int status;

	if (problem) {
		(void)url_public(given, public, sizeof(public));
		return br_error_set(named->error, BR_ERROR_USAGE, "'%s': %s",
		                    path_shown(public).text, problem);
	}
	(void)snprintf(url, sizeof(url), "%.*s",
	               (int)strcspn(given, redis_address_is(given) ? "" : "#"), given);
	(void)url_public(url, public, sizeof(public));
	(void)url_path(url, path);
	status = paths_root(paths, public, url_directory_length(public), &item.directory);
	if (status == 0)
		status = paths_root(paths, "", 0, &item.output_directory);
	if (status != 0)
		return no_room(named->error, status);
	return add_asked(named, item, named->asks ? &named->asked : &nothing, path, url);
}

static int add_file(struct named *named, const char *path, struct plan_item item)
{
	if (named->rooted.length > 0)
		return add_rooted(named, item);

	struct paths *paths = &named->plan->paths;
	size_t before = name_directory_length(path);
	int status = paths_root(paths, path, before, &item.directory);

	item.flags |= ITEM_EXPLICIT;
	item.output_directory = item.directory;
	if (status == 0 && named->asks)
		return add_asked(named, item, &named->asked, path, "");
	if (named->output == PATHS_NONE)
		item.flags |= ITEM_PREFIXED;
	else if (named->options->flat || named->options->output_is_file)
		item.output_directory = named->output;
	else if (status == 0)
		status = name_mirror(paths, named->output, path, before, &item.output_directory);
	if (status == 0)
		status = items_add(named->plan, item, path + before, strlen(path + before));
	return status == 0 ? 0 : no_room(named->error, status);
}

/* --- directories -------------------------------------------------------------------------------
 */

static int add_root(struct named *named, struct scan_root root)
{
	struct scan_roots *roots = &named->roots;

	if (roots->count == roots->allocated) {
		size_t allocated = roots->allocated ? roots->allocated * 2 : 16;
		struct scan_root *grown = NULL;

		if (allocated <= SIZE_MAX / sizeof(*grown))
			grown = realloc(roots->root, allocated * sizeof(*grown));
		if (!grown)
			return no_room(named->error, -ENOMEM);
		roots->root = grown;
		roots->allocated = allocated;
	}
	roots->root[roots->count++] = root;
	return 0;
}

static int add_rooted_directory(struct named *named)
{
	const struct rooted *rooted = &named->rooted;
	struct scan_root root = {.output = named->output};
	int status = rooted_find(&named->plan->paths, rooted, name_trimmed_length(rooted->rest),
	                         named->options->flat, &root.directory, &root.output, named->error);

	return status == 0 ? add_root(named, root) : status;
}

static bool is_sized(const struct asked *asked)
{
	return asked->size.width || asked->size.height || asked->size.percent;
}

/* Whether more is asked for than the source. */
static bool is_asked_more(const struct asked *asked)
{
	return asked->output || is_sized(asked) || asked->format || asked->keeps;
}

static int add_directory(struct named *named, const char *path)
{
	size_t length = name_trimmed_length(path);
	char *trimmed = strndup(path, length);
	struct scan_root root = {.output = named->output};
	int status;

	if (named->options->output_is_file) {
		free(trimmed);
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "'%s' is a directory, whose outputs can't all be '%s': name a "
		                    "directory for them",
		                    path_shown(path).text, path_shown(named->options->output).text);
	}
	if (!trimmed)
		return no_room(named->error, -ENOMEM);
	if (named->rooted.length > 0) {
		free(trimmed);
		return add_rooted_directory(named);
	}
	status = paths_root(&named->plan->paths, trimmed, length, &root.directory);
	if (status != 0)
		(void)no_room(named->error, status);
	else if (named->output == PATHS_NONE)
		status =
		    name_beside_directory(&named->plan->paths, trimmed, &root.output, named->error);
	free(trimmed);
	return status == 0 ? add_root(named, root) : status;
}

/* Of an object in a list. */
static int add_asked_directory(struct named *named, const char *path)
{
	if (named->options->orders)
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "its source is a directory: an order is for one picture");
	if (is_asked_more(&named->asked))
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "its source is a directory, which is as the options say");
	return add_directory(named, path);
}

/* --- arguments and lists -----------------------------------------------------------------------
 */

/* Bytes of the scheme of what looks like an address, redis: or ftp:, say; 0: it does not. */
static size_t foreign_scheme(const char *path)
{
	const char *end = strstr(path, "://");
	const size_t length = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return end && end == path + length ? length : 0;
}

static int add_path(struct named *named, const char *path)
{
	struct plan_item item = {0};
	struct stat st;
	int status = lstat(path, &st);

	/* no file that is missing: and a password may be in it */
	if (status != 0 && foreign_scheme(path) > 0)
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "'%.*s://' is no address that pictures are fetched from: these "
		                    "begin with http://, https:// or redis://",
		                    (int)foreign_scheme(path), path);
	if (status == 0 && S_ISLNK(st.st_mode)) {
		item.flags |= ITEM_LINK;
		status = stat(path, &st);
	}
	if (status != 0) {
		item.refusal = BR_ERROR_SYSTEM;
		item.other = (uint32_t)errno;
	} else if (S_ISDIR(st.st_mode)) {
		return named->asks ? add_asked_directory(named, path) : add_directory(named, path);
	} else if (S_ISREG(st.st_mode)) {
		const struct state_file file = state_file_of(&st);

		item.size = file.size;
		item.identity = state_identity(&file);
	} else {
		item.refusal = BR_ERROR_NOT_IMAGE;
		item.other = st.st_mode;
	}
	return add_file(named, path, item);
}

static int add_argument(struct named *named, const char *path)
{
	if (*path == '\0')
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "an empty path was given: name a file or a directory");
	if (strcmp(path, "-") == 0)
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "'-' (standard input) goes alone: for a file of that name say "
		                    "'./-', for a list '--files-from -'");
	return url_is(path) ? add_url(named, path, ITEM_TYPED) : add_path(named, path);
}

/* --- lists -------------------------------------------------------------------------------------
 */

/* An entry that is none: told, and the rest goes on. */
static void tell_malformed(const struct named *named, const struct list_entry *entry,
                           const char *problem)
{
	const struct plan_observer *observer = named->plan->observer;
	char text[BR_ERROR_TEXT_MAX];

	if (!observer || !observer->notice)
		return;
	if (observer->malformed)
		observer->malformed(observer->ctx, entry->number, problem);
	if (named->options->orders) /* who gave it knows it by another name */
		(void)snprintf(text, sizeof(text), "%s", problem);
	else
		(void)snprintf(text, sizeof(text), "line %llu of the list: %s",
		               (unsigned long long)entry->number, problem);
	observer->notice(observer->ctx, true, named->options->files_from, text);
}

/* Windows ends lines with CR LF, and some of its programs begin a file with a mark of UTF-8. Either
 * may belong to a name here: it does if there is such a file. */
static void undo_windows(struct list_entry *entry)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};
	const bool marked = entry->number == 1 && strncmp(entry->text, mark, sizeof(mark)) == 0;
	const bool returned = entry->length > 0 && entry->text[entry->length - 1] == '\r';
	struct stat st;

	if ((!marked && !returned) || lstat(entry->text, &st) == 0)
		return;
	if (returned)
		entry->text[--entry->length] = '\0';
	if (marked) {
		entry->length -= sizeof(mark);
		entry->text += sizeof(mark);
	}
}

/* Whether a path stays below a directory, by its text. */
static bool is_below(const char *path)
{
	for (;;) {
		const size_t length = strcspn(path, "/");

		if (length == 0 ||
		    (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.'))))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
	}
}

/* Whether a part of a path has a name of the program's own: what the next run is to know would be
 * lost, or a picture be swept away as an unfinished one. */
static bool is_own(const char *path)
{
	char name[NAME_MAX + 1];

	for (;; path++) {
		const size_t length = strcspn(path, "/");

		if (length < sizeof(name)) {
			memcpy(name, path, length);
			name[length] = '\0';
			if (select_is_own(name))
				return true;
		}
		path += length;
		if (*path == '\0')
			return false;
	}
}

/* Why a size can't be one of this run's pictures, or NULL. */
static const char *size_problem(const struct br_image_options *image, const struct asked *asked)
{
	if (!is_sized(asked))
		return NULL;
	if (image->sizes > 1)
		return "its size is for a run of one --size";
	if (asked->size.percent > 100000 && !image->enlarge)
		return "its size is over 100%: add --enlarge";
	if (image->fit != BR_IMAGE_FIT_CONTAIN && !(asked->size.width && asked->size.height))
		return "its size needs two sides, WxH, for that --fit";
	return NULL;
}

/* The same of an output that is a key, which lies below no directory. */
static const char *key_problem(const struct named *named, const struct asked *asked)
{
	struct redis_address address;

	if (strlen(asked->output) >= URL_MAX)
		return "its output's address is too long";
	if (redis_address_read(&address, asked->output))
		return "its output is no address of a key: write redis://HOST[:PORT]/KEY";
	if (named->options->image.sizes > 1)
		return "its output is for a run of one --size";
	return size_problem(&named->options->image, asked);
}

/* Why the run can't do what is asked for, or NULL. */
static const char *asked_problem(const struct named *named, const struct asked *asked)
{
	if (strlen(asked->source) > NAMED_PATH_MAX)
		return "its source is too long for a path";
	if (asked->output && redis_address_is(asked->output))
		return key_problem(named, asked);
	if (asked->output && named->output == PATHS_NONE)
		return "its output needs an --output to lie below";
	if (asked->output && !is_below(asked->output))
		return "its output is no path below --output: leave a / at either end and .. out";
	if (asked->output && is_own(asked->output))
		return "its output has a name that this program keeps for itself: choose another";
	if (asked->output && named->options->image.sizes > 1)
		return "its output is for a run of one --size";
	return size_problem(&named->options->image, asked);
}

/* The format of an output that has a name is the one which that promises, as with -o thumb.webp. */
static void take_promise(struct asked *asked)
{
	if (asked->output && !asked->keeps && asked->format == BR_IMAGE_FORMAT_UNKNOWN)
		asked->format =
		    select_promised(asked->output + name_directory_length(asked->output));
}

/* A line that is an object. The path is its source; NULL for a bad line, which is told. */
static const char *take_object(struct named *named, const struct list_entry *entry)
{
	const char *problem = asked_read(entry->text, &named->asked);

	if (!problem)
		problem = asked_problem(named, &named->asked);
	if (problem) {
		tell_malformed(named, entry, problem);
		return NULL;
	}
	take_promise(&named->asked);
	return named->asked.source;
}

/* What would end a plan if it stood on the command line is a bad line here. */
static int take_path(struct named *named, const struct list_entry *entry)
{
	const char *path = entry->text;
	int status;

	named->asks = named->options->list == BR_BATCH_LIST_NDJSON;
	named->entry = entry->number;
	if (named->asks)
		path = take_object(named, entry);
	if (!path)
		return 0;
	named->rooted = (struct rooted){0};
	if (!named->asks && !url_is(path))
		named->rooted = rooted_split(path);
	status = url_is(path) ? add_url(named, path, 0) : add_path(named, path);
	if (status != BR_ERROR_USAGE)
		return status;
	tell_malformed(named, entry, named->error->msg);
	return 0;
}

int named_take(struct named *named, struct list_entry *entry)
{
	const bool null_separated = named->options->null_separated;

	const bool objects = named->options->list == BR_BATCH_LIST_NDJSON;

	if (entry->too_long || (!objects && entry->length > NAMED_PATH_MAX)) {
		tell_malformed(
		    named, entry,
		    null_separated
			? "it is too long for a path: leave --null out for a list with one "
			  "path a line"
			: "it is too long for a path: is this a list of paths, one a line?");
		return 0;
	}
	if (strlen(entry->text) != entry->length) {
		tell_malformed(
		    named, entry,
		    "there is a NUL byte in it: say --null for a list whose paths end with "
		    "NUL");
		return 0;
	}
	if (!null_separated)
		undo_windows(entry);
	return entry->length == 0 ? 0 : take_path(named, entry);
}

int named_take_all(struct named *named, struct list *list)
{
	struct list_entry entry;
	int status = plan_look(named->plan);

	while (status == 0) {
		if (list_take(list, &entry)) {
			status = named_take(named, &entry);
		} else if (list->ended) {
			break;
		} else {
			status = list_read(list);
			if (status == -EINTR)
				status = 0;
			if (status)
				return br_error_system(named->error, -status,
				                       "cannot read the list '%s'",
				                       path_shown(named->options->files_from).text);
		}
		if (status == 0)
			status = plan_look(named->plan);
	}
	return status;
}

/* --- the command line, then the list -----------------------------------------------------------
 */

int named_begin(struct named *named)
{
	const struct br_batch_options *options = named->options;
	int status = 0;

	named->output = PATHS_NONE;
	if (options->path_count == 0 && !options->files_from)
		return br_error_set(
		    named->error, BR_ERROR_USAGE,
		    "no source: name files or directories, or a list by --files-from");
	if (options->output && *options->output == '\0')
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "--output is empty: name a directory");
	if (named->plan->keys)
		status =
		    paths_root(&named->plan->paths, KEYS_ROOT, strlen(KEYS_ROOT), &named->output);
	else if (options->output)
		status = paths_root(&named->plan->paths, options->output,
		                    options->output_is_file ? name_directory_length(options->output)
		                                            : name_trimmed_length(options->output),
		                    &named->output);
	return status ? no_room(named->error, status) : 0;
}

int named_arguments(struct named *named)
{
	const struct br_batch_options *options = named->options;
	int status = 0;

	for (size_t i = 0; i < options->path_count && status == 0; i++) {
		status = plan_look(named->plan);
		if (status == 0)
			status = add_argument(named, options->paths[i]);
	}
	return status;
}

void named_release(struct named *named)
{
	free(named->roots.root);
	named->roots = (struct scan_roots){0};
}
