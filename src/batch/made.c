/* made.c - see made.h. */
#include "batch/made.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct made {
	pthread_mutex_t lock;
	struct made_path *path;
	size_t count;
};

struct made *made_new(void)
{
	struct made *made = calloc(1, sizeof(*made));

	if (made)
		(void)pthread_mutex_init(&made->lock, NULL); /* it can't fail */
	return made;
}

void made_free(struct made *made)
{
	struct made_path *path;

	if (!made)
		return;
	for (size_t i = made_take(made, &path); i-- > 0;)
		free(path[i].path);
	free(path);
	(void)pthread_mutex_destroy(&made->lock); /* nobody has it */
	free(made);
}

void made_add(struct made *made, const char *path, size_t highest)
{
	struct made_path *grown;
	char *copy;

	if (!made || highest == 0)
		return;
	copy = strdup(path);
	(void)pthread_mutex_lock(&made->lock); /* it can't fail */
	grown = copy ? realloc(made->path, (made->count + 1) * sizeof(*grown)) : NULL;
	if (grown) {
		made->path = grown;
		grown[made->count++] = (struct made_path){.highest = highest, .path = copy};
	}
	(void)pthread_mutex_unlock(&made->lock); /* it can't fail */
	if (!grown)
		free(copy);
}

size_t made_take(struct made *made, struct made_path **paths)
{
	size_t count;

	(void)pthread_mutex_lock(&made->lock); /* it can't fail */
	*paths = made->path;
	count = made->count;
	made->path = NULL;
	made->count = 0;
	(void)pthread_mutex_unlock(&made->lock); /* it can't fail */
	return count;
}
