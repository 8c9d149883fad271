/* fuzz_plan.c - a small tree, a list and a template: the outputs of what would be made lie where
 * they belong, no two at one place or one below the other, none at that of a source; and a second
 * plan is the same.
 *
 * An input is the options, the template, the paths of files ("a>b": a is a link to b), each ended
 * by NUL, an empty one, and the list.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "plan/items.h"

#define FILES_MAX   12
#define OUTPUTS_MAX 256
#define PATHS_SIZE  ((size_t)1 << 18)

enum choice {
	CHOICE_OUTPUT = 1,
	CHOICE_FLAT = 2,
	CHOICE_SIZES = 4,
	CHOICE_OBJECTS = 8,
	CHOICE_FORMAT = 16,
	CHOICE_HIDDEN = 32,
	CHOICE_FOLLOW = 64,
	CHOICE_TREE = 128 /* the tree is a source itself */
};

/* --- the tree ----------------------------------------------------------------------------------
 */

/* A path that can't lead out of the working directory. */
static bool stays(const char *path)
{
	return *path != '\0' && *path != '/' && !strstr(path, "..");
}

/* The same of the list, as far as it has to be: nothing in it says where the root is. */
static bool list_stays(struct input list)
{
	for (size_t i = 0; i < list.size; i++) {
		const bool begins = i == 0 || !memchr("/.", list.data[i - 1], 2);

		if (list.data[i] == '\\' || (list.data[i] == '.' && !begins))
			return false;
		if (list.data[i] == '/' && (i == 0 || memchr("\n\"\r\0\xBF", list.data[i - 1], 5)))
			return false;
	}
	return true;
}

static void make_parents(char *path)
{
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0777); /* or something else has the name */
		*slash = '/';
	}
}

/* What has no extension of a picture is one by its first bytes. */
static void make_one(char *path)
{
	static const char jpeg[] = "\xFF\xD8\xFF\xE0";
	char *link = strchr(path, '>');
	int fd;

	if (link)
		*link++ = '\0';
	if (!stays(path) || (link && !stays(link)))
		return;
	make_parents(path);
	if (link) {
		check(symlink(link, path) == 0 || errno > 0); /* or something has the name */
		return;
	}
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	if (fd >= 0)
		check(write(fd, jpeg, 4) == 4 && close(fd) == 0);
}

/* --- where things are --------------------------------------------------------------------------
 */

/* Where a path leads, links in its directories resolved as far as they are there. */
static void resolve(const char *path, char place[PATH_MAX])
{
	char known[PATH_MAX];
	size_t length;

	(void)snprintf(known, sizeof(known), "./%s", path);
	for (char *slash = strrchr(known, '/'); slash; slash = strrchr(known, '/')) {
		*slash = '\0';
		if (realpath(known, place))
			break;
	}
	length = strlen(place);
	check(length + strlen(path) + 2 < PATH_MAX);
	(void)snprintf(place + length, PATH_MAX - length, "/%s", path + strlen(known) - 1);
}

struct places {
	unsigned count;
	char path[OUTPUTS_MAX][PATH_MAX];
};

static bool is_within(const char *path, const char *directory)
{
	const size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}

static void check_parts(const char *path)
{
	for (;;) {
		const size_t length = strcspn(path, "/");

		check(length <= NAME_MAX && !(length == 2 && memcmp(path, "..", 2) == 0));
		if (path[length] == '\0')
			break;
		path += length + 1;
	}
	check(*path != '\0' && strcmp(path, ".") != 0);
}

/* --- the plan ----------------------------------------------------------------------------------
 */

static void check_output(const struct places *outputs, const char *path, bool named)
{
	const char *place = outputs->path[outputs->count];

	/* beside the working directory, where that is a source itself */
	check_parts(!named && strncmp(path, "../resized_", 11) == 0 ? path + 3 : path);
	check(!named || is_within(path, "out"));
	for (unsigned i = 0; i < outputs->count; i++)
		check(!is_within(place, outputs->path[i]) && !is_within(outputs->path[i], place));
}

static void check_sources(const struct plan *plan, const struct places *outputs)
{
	char path[PATH_MAX], place[PATH_MAX];

	for (size_t i = 0; i < plan_count(plan); i++) {
		if (!(plan->item[i].flags & ITEM_EXISTS) ||
		    plan->item[i].refusal == BR_ERROR_OWN_OUTPUT ||
		    plan_source(plan, i, path, sizeof(path)) < 0)
			continue;
		resolve(path, place);
		for (unsigned k = 0; k < outputs->count; k++)
			check(strcmp(outputs->path[k], place) != 0);
	}
}

/* The sides of each size's output, where the template has them: no number begins or ends another.
 */
static const struct br_image_output made[] = {{.width = 311, .height = 233},
                                              {.width = 42, .height = 57}};

/* Appends what the plan says, and notes the places of its outputs. */
static size_t describe(const struct plan *plan, bool named, char *text, struct places *outputs)
{
	char path[PATH_MAX];
	size_t length = 0;
	struct br_error error;

	outputs->count = 0;
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct plan_item *item = plan_item(plan, i);

		check(plan_source(plan, i, path, sizeof(path)) >= 0 || item->refusal != 0);
		length += (size_t)snprintf(text + length, PATHS_SIZE - length, "%s %u\n", path,
		                           item->refusal);
		check(length < PATHS_SIZE - PATH_MAX);
		if (item->refusal != BR_ERROR_NONE) {
			check(plan_refusal(plan, i, &error) != 0 && error.msg[0] != '\0');
			continue;
		}
		for (unsigned k = 0; k < plan_outputs(plan) && outputs->count < OUTPUTS_MAX; k++) {
			check(plan_output(plan, i, k, &made[k], path, sizeof(path)) > 0);
			resolve(path, outputs->path[outputs->count]);
			check_output(outputs, path, named);
			outputs->count++;
			length +=
			    (size_t)snprintf(text + length, PATHS_SIZE - length, "> %s\n", path);
			check(length < PATHS_SIZE - PATH_MAX);
		}
	}
	return length;
}

static size_t plan_once(const struct br_batch_options *options, char *text)
{
	static struct places outputs;
	struct br_error error = {0};
	struct plan *plan;
	size_t length = 0;

	*text = '\0';
	if (plan_make(options, NULL, &plan, &error) != 0) {
		check(!plan && error.msg[0] != '\0');
		return 0;
	}
	length = describe(plan, options->output != NULL, text, &outputs);
	if (!plan_names_sides(plan))
		check_sources(plan, &outputs);
	plan_free(plan);
	return length;
}

static void plan_twice(uint8_t choice, const char *name, const char *list)
{
	static char once[PATHS_SIZE], twice[PATHS_SIZE];
	static const char *const tree[] = {"tree"};
	struct br_batch_options options = br_batch_options_default();

	if (choice & CHOICE_OUTPUT)
		options.output = "out";
	options.flat = (choice & CHOICE_FLAT) && options.output;
	options.files_from = list;
	options.list = choice & CHOICE_OBJECTS ? BR_BATCH_LIST_NDJSON : options.list;
	options.hidden = choice & CHOICE_HIDDEN;
	options.follow = choice & CHOICE_FOLLOW;
	options.paths = tree;
	options.path_count = choice & CHOICE_TREE ? 1 : 0;
	options.name = *name != '\0' ? name : NULL;
	options.image.format = choice & CHOICE_FORMAT ? BR_IMAGE_FORMAT_WEBP : options.image.format;
	options.image.size[0] = (struct br_image_size){.width = 320};
	options.image.size[1] = (struct br_image_size){.width = 32, .height = 20};
	options.image.sizes = choice & CHOICE_SIZES ? 2 : 1;
	check(plan_once(&options, once) == plan_once(&options, twice));
	check(strcmp(once, twice) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const uint8_t choice = input_byte(&input);
	const int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *name = input_string(&input), *path = NULL;
	bool ended = false;

	scratch_clear();
	check(before >= 0 && mkdir(scratch_path("work"), 0777) == 0 &&
	      chdir(scratch_path("work")) == 0 && mkdir("tree", 0777) == 0);
	for (unsigned i = 0; i < FILES_MAX && !ended; i++) {
		path = input_string(&input);
		ended = *path == '\0';
		if (strlen(path) < PATH_MAX / 4)
			make_one(path);
		free(path);
	}
	if (input.size < PATH_MAX && list_stays(input)) {
		scratch_write("list", input.data, input.size);
		plan_twice(choice, name, scratch_path("list"));
	}
	check(fchdir(before) == 0 && close(before) == 0);
	free(name);
	return 0;
}
