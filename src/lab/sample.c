/* sample.c - see sample.h. */
#include "lab/sample.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <batchresize/image.h>

#include "base/base.h"

/* What is looked through at most: names that are kept, names in all, folders in each other, time.
 */
#define FOUND_MOST 20000
#define NAMES_MOST 400000
#define DEPTH_MOST 32
#define WALK_NS    (4 * NS_PER_S)

struct walk {
	struct sample *sample;
	uint64_t deadline;
	size_t names;
	int status;
};

static bool is_over(struct walk *walk)
{
	const bool enough = walk->sample->count >= FOUND_MOST || walk->names >= NAMES_MOST ||
	                    clock_ns() >= walk->deadline;

	walk->sample->more |= enough;
	return enough || walk->status;
}

static bool is_picture(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot &&
	       br_image_format_of_extension(dot + 1, strlen(dot + 1)) != BR_IMAGE_FORMAT_UNKNOWN;
}

static void keep(struct walk *walk, const char *path)
{
	struct sample *sample = walk->sample;
	char *copy = strdup(path);

	if (copy)
		sample->path[sample->count++] = copy;
	else
		walk->status = -ENOMEM;
}

static void look(struct walk *walk, char *path, unsigned depth);

static void look_below(struct walk *walk, char *path, unsigned depth)
{
	const size_t length = strlen(path);
	DIR *directory = depth < DEPTH_MOST ? opendir(path) : NULL;
	const struct dirent *entry;

	walk->sample->more |= !directory; /* the rest of the tree is there nevertheless */
	while (directory && !is_over(walk) && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || length + 1 + strlen(entry->d_name) >= PATH_MAX)
			continue;
		(void)sprintf(path + length, "/%s", entry->d_name);
		look(walk, path, depth + 1);
		path[length] = '\0';
	}
	if (directory)
		(void)closedir(directory);
}

static void look(struct walk *walk, char *path, unsigned depth)
{
	struct stat st;

	walk->names++;
	if (lstat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode))
		look_below(walk, path, depth);
	else if (S_ISREG(st.st_mode) && is_picture(path))
		keep(walk, path);
}

static int unseen(const char *given, int number, struct br_error *error)
{
	return br_error_system(
	    error, number,
	    "%s: it can't be read (lab measures with files that are there: is the "
	    "name right?)",
	    given);
}

static int look_at_path(struct walk *walk, const char *given, struct br_error *error)
{
	char path[PATH_MAX];
	DIR *directory;
	struct stat st;

	if (strlen(given) >= sizeof(path))
		return br_error_system(error, ENAMETOOLONG, "%.80s", given);
	memcpy(path, given, strlen(given) + 1);
	/* a link is followed where it was named, and something that can't be read is said */
	if (stat(path, &st) != 0)
		return unseen(given, errno, error);
	if (!S_ISDIR(st.st_mode)) {
		if (S_ISREG(st.st_mode))
			keep(walk, path);
		return walk->status;
	}
	directory = opendir(path);
	if (!directory)
		return unseen(given, errno, error);
	(void)closedir(directory);
	look_below(walk, path, 0);
	return walk->status;
}

/* Leaves so many, of all parts. */
static void thin(struct sample *sample, size_t most)
{
	sample->found = sample->count;
	if (sample->count <= most)
		return;
	for (size_t i = 0, next = 0; i < sample->found; i++) {
		if (next < most && i == next * sample->found / most) {
			char *path = sample->path[i];

			sample->path[i] = NULL;
			sample->path[next++] = path;
		} else {
			free(sample->path[i]);
			sample->path[i] = NULL;
		}
	}
	sample->count = most;
}

int sample_take(struct sample *sample, const char *const *paths, size_t count, size_t most,
                struct br_error *error)
{
	struct walk walk = {.sample = sample, .deadline = clock_ns() + WALK_NS};
	int status = 0;

	*sample = (struct sample){.path = calloc(FOUND_MOST + 1, sizeof(char *))};
	if (!sample->path)
		return br_error_system(error, ENOMEM, "no memory");
	for (size_t i = 0; i < count && !status && !is_over(&walk); i++)
		status = look_at_path(&walk, paths[i], error);
	thin(sample, most);
	return status;
}

void sample_release(struct sample *sample)
{
	for (size_t i = 0; sample->path && i < sample->count; i++)
		free(sample->path[i]);
	free(sample->path);
	*sample = (struct sample){0};
}
