/* syncer.c - see syncer.h. */
#include "io/syncer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "io/publish.h"
#include "io/stream.h"

/* For how long one waits for another's call, which may hang: then it is made by oneself, ms. */
#define PATIENCE_MS 250

struct synced {
	struct synced *next;
	int fd; /* for reading */
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
	struct synced *first;
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

/* --- directories that are held -----------------------------------------------------------------
 */

/* With the mutex held. */
static struct synced *find(const struct syncer *syncer, const struct stat *st)
{
	struct synced *synced = syncer->first;

	while (synced && (synced->inode != st->st_ino || synced->device != st->st_dev))
		synced = synced->next;
	return synced;
}

/* One that another holds already, for this caller as well; else *fresh, unless that is NULL. */
static struct synced *join(struct syncer *syncer, const struct stat *st, struct synced *fresh)
{
	struct synced *synced;

	if (!syncer)
		return fresh;
	(void)pthread_mutex_lock(&syncer->mutex);
	synced = find(syncer, st);
	if (!synced && fresh) {
		fresh->next = syncer->first;
		syncer->first = synced = fresh;
	}
	if (synced)
		synced->users++;
	(void)pthread_mutex_unlock(&syncer->mutex);
	return synced;
}

static void destroy(struct synced *synced)
{
	(void)close(synced->fd); /* nothing was written through it */
	free(synced);
}

/* Takes the descriptor, closed if this fails. */
static int hold(struct syncer *syncer, int fd, struct synced **held)
{
	struct synced *fresh = calloc(1, sizeof(*fresh));
	struct stat st;

	if (!fresh || fstat(fd, &st) != 0) {
		const int status = fresh ? -errno : -ENOMEM;

		free(fresh);
		(void)close(fd); /* nothing was written through it */
		return status;
	}
	fresh->fd = fd;
	fresh->device = st.st_dev;
	fresh->inode = st.st_ino;
	*held = join(syncer, &st, fresh);
	if (*held != fresh)
		destroy(fresh);
	return 0;
}

int syncer_open(struct syncer *syncer, const struct output_place *place, const char *path,
                struct synced **opened)
{
	struct stat st;
	int fd;

	*opened = publish_look_at_directory(place, path, &st) == 0 ? join(syncer, &st, NULL) : NULL;
	if (*opened)
		return 0;
	fd = publish_read_directory(place, path);
	return fd < 0 ? fd : hold(syncer, fd, opened);
}

/* With the mutex held: whether nobody else has it. */
static bool leave(struct syncer *syncer, struct synced *synced)
{
	struct synced **at = &syncer->first;

	if (--synced->users > 0)
		return false;
	while (*at != synced)
		at = &(*at)->next;
	*at = synced->next;
	return true;
}

void syncer_close(struct syncer *syncer, struct synced *synced)
{
	bool last = true;

	if (!synced)
		return;
	if (syncer) {
		(void)pthread_mutex_lock(&syncer->mutex);
		last = leave(syncer, synced);
		(void)pthread_mutex_unlock(&syncer->mutex);
	}
	if (last)
		destroy(synced);
}

/* --- rounds ------------------------------------------------------------------------------------
 */

/* One round, for all who have come by now. The mutex is held before, but not after: those who are
 * told would only wait for it. Returns what came of it. */
static int lead(struct syncer *syncer, struct synced *synced)
{
	const uint64_t round = ++synced->begun;
	int status;

	synced->running = true;
	(void)pthread_mutex_unlock(&syncer->mutex);
	status = stream_sync(synced->fd);
	(void)pthread_mutex_lock(&syncer->mutex);
	synced->running = false;
	synced->ended = round;
	if (status != 0) {
		synced->failed = round;
		synced->status = status;
	}
	(void)pthread_mutex_unlock(&syncer->mutex);
	(void)pthread_cond_broadcast(&syncer->ended);
	return status;
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

/* Takes part in rounds until one is over that began after now. The mutex is held before, but not
 * after. False when another's call does not return. */
static bool share(struct syncer *syncer, struct synced *synced, int *status)
{
	/* a round that has begun may have missed what this caller did */
	const uint64_t mine = synced->begun + 1;
	const struct timespec until = in_a_while();

	bool waits = true;

	while (synced->ended < mine && synced->running && waits)
		waits = pthread_cond_timedwait(&syncer->ended, &syncer->mutex, &until) == 0;
	if (synced->ended < mine && !synced->running) {
		/* nobody is at it, and so the next round is this caller's */
		*status = lead(syncer, synced);
		return true;
	}
	const bool over = synced->ended >= mine;

	*status = synced->failed >= mine ? synced->status : 0;
	(void)pthread_mutex_unlock(&syncer->mutex);
	return over;
}

int syncer_wait(struct syncer *syncer, struct synced *synced)
{
	bool shared;
	int status;

	if (!syncer)
		return stream_sync(synced->fd);
	(void)pthread_mutex_lock(&syncer->mutex);
	shared = share(syncer, synced, &status);
	return shared ? status : stream_sync(synced->fd);
}
