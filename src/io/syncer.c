/* syncer.c - see syncer.h. */
#include "io/syncer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/base.h"
#include "io/stream.h"

/* For how long one waits for another's call, which may hang: then it is made by oneself, ms. */
#define PATIENCE_MS 250

/* A directory that somebody waits for. */
struct waited {
	struct waited *next;
	dev_t device;
	ino_t inode;
	unsigned users;
	bool running;          /* one of them is in fsync(2) */
	uint64_t begun, ended; /* rounds */
	uint64_t failed;       /* the last round that has failed, */
	int status;            /* and how */
};

struct syncer {
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	struct waited *first;
};

struct syncer *syncer_new(void)
{
	struct syncer *syncer = calloc(1, sizeof(*syncer));
	pthread_condattr_t attributes;

	if (!syncer)
		return NULL;
	/* With these arguments glibc's init functions can't fail. */
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&syncer->mutex, NULL);
	(void)pthread_cond_init(&syncer->ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return syncer;
}

void syncer_free(struct syncer *syncer)
{
	if (!syncer)
		return;
	(void)pthread_cond_destroy(&syncer->ended);
	(void)pthread_mutex_destroy(&syncer->mutex);
	free(syncer);
}

/* With the mutex held. NULL without memory. */
static struct waited *join(struct syncer *syncer, const struct stat *st)
{
	struct waited *waited = syncer->first;

	while (waited && (waited->inode != st->st_ino || waited->device != st->st_dev))
		waited = waited->next;
	if (!waited) {
		waited = calloc(1, sizeof(*waited));
		if (!waited)
			return NULL;
		waited->device = st->st_dev;
		waited->inode = st->st_ino;
		waited->next = syncer->first;
		syncer->first = waited;
	}
	waited->users++;
	return waited;
}

/* With the mutex held. */
static void leave(struct syncer *syncer, struct waited *waited)
{
	struct waited **at = &syncer->first;

	if (--waited->users > 0)
		return;
	while (*at != waited)
		at = &(*at)->next;
	*at = waited->next;
	free(waited);
}

/* One round, for all who have come by now. The mutex is held before and after. */
static void lead(struct syncer *syncer, struct waited *waited, int directory)
{
	const uint64_t round = ++waited->begun;
	int status;

	waited->running = true;
	(void)pthread_mutex_unlock(&syncer->mutex);
	status = stream_sync(directory);
	(void)pthread_mutex_lock(&syncer->mutex);
	waited->running = false;
	waited->ended = round;
	if (status != 0) {
		waited->failed = round;
		waited->status = status;
	}
	(void)pthread_cond_broadcast(&syncer->ended);
}

static struct timespec in_a_while(void)
{
	struct timespec then = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &then); /* it exists */
	then.tv_nsec += PATIENCE_MS * (long)NS_PER_MS;
	then.tv_sec += then.tv_nsec / (long)NS_PER_S;
	then.tv_nsec %= (long)NS_PER_S;
	return then;
}

/* Takes part in rounds until one is over that began after now. The mutex is held before and after.
 * False when another's call does not return. */
static bool share(struct syncer *syncer, struct waited *waited, int directory, int *status)
{
	/* a round that has begun may have missed what this caller did */
	const uint64_t mine = waited->begun + 1;
	const struct timespec until = in_a_while();

	while (waited->ended < mine) {
		if (!waited->running)
			lead(syncer, waited, directory);
		else if (pthread_cond_timedwait(&syncer->ended, &syncer->mutex, &until) != 0 &&
		         waited->ended < mine)
			return false;
	}
	*status = waited->failed >= mine ? waited->status : 0;
	return true;
}

int syncer_wait(struct syncer *syncer, int directory)
{
	struct waited *waited;
	struct stat st;
	bool shared = false;
	int status = 0;

	if (!syncer || fstat(directory, &st) != 0)
		return stream_sync(directory);
	(void)pthread_mutex_lock(&syncer->mutex);
	waited = join(syncer, &st);
	if (waited) {
		shared = share(syncer, waited, directory, &status);
		leave(syncer, waited);
	}
	(void)pthread_mutex_unlock(&syncer->mutex);
	return shared ? status : stream_sync(directory);
}
