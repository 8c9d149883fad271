/* jury.c - see jury.h.
 *
 * Rows are handed over by the docket: the reader fills dockets[filled], threads judge up to there,
 * and the reader takes verdicts from dockets[taken] on, so that they come in order.
 */
#include "state/jury.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/buffer.h>

#include "base/base.h"
#include "base/threads.h"
#include "state/judge.h"

/* Rows of a docket, and bytes of their outputs after which no row follows: a millisecond or two.
 */
#define ROWS  256
#define BYTES ((size_t)64 << 10)

/* Threads at most: each that waits for a disk or a server leaves the others to it. */
#define THREADS_MAX 7

struct docket_row {
	struct jury_row row;
	size_t directory, outputs, size; /* where its strings begin, and the outputs' bytes */
};

struct docket {
	struct br_buffer bytes; /* directories, each with its NUL, and outputs */
	size_t directory;       /* where the one of the next row begins */
	unsigned rows;
	bool judged;
	struct docket_row row[ROWS];
};

struct jury {
	const struct state *state;
	jury_take *take;
	void *ctx;
	char directory[PATH_MAX];
	struct judging own; /* the reader's */
	pthread_t thread[THREADS_MAX];
	unsigned threads, threads_wanted;
	unsigned dockets; /* in the ring */
	size_t taken;     /* of all that were filled, verdicts of so many were taken */
	pthread_mutex_t mutex;
	pthread_cond_t work, judged;
	size_t begun, filled; /* under the mutex */
	bool over;            /* under the mutex */
	struct docket docket[2 * (THREADS_MAX + 1)];
};

/* --- judging -----------------------------------------------------------------------------------
 */

static bool is_stopped(const struct state *state)
{
	return __atomic_load_n(&state->stop, __ATOMIC_RELAXED) != 0;
}

static void judge_docket(struct judging *judging, struct docket *docket)
{
	size_t directory = SIZE_MAX;

	for (unsigned i = 0; i < docket->rows; i++) {
		struct docket_row *row = &docket->row[i];

		if (row->row.verdict != STATE_SAME)
			continue;
		if (is_stopped(judging->state))
			break; /* and no verdict is taken */
		if (row->directory != directory)
			judge_open(judging, (const char *)docket->bytes.data + row->directory);
		directory = row->directory;
		row->row.verdict =
		    judge_outputs(judging, docket->bytes.data + row->outputs, row->size);
	}
	judge_leave(judging);
}

/* Judges the next docket that nobody has begun, with the mutex held, which it gives back while it
 * does. False: there is none. */
static bool judge_next(struct jury *jury, struct judging *judging)
{
	struct docket *docket;

	if (jury->begun == jury->filled)
		return false;
	docket = &jury->docket[jury->begun++ % jury->dockets];
	(void)pthread_mutex_unlock(&jury->mutex);
	judge_docket(judging, docket);
	(void)pthread_mutex_lock(&jury->mutex);
	docket->judged = true;
	(void)pthread_cond_signal(&jury->judged);
	return true;
}

static void *serve(void *argument)
{
	struct jury *jury = argument;
	struct judging judging = JUDGING(jury->state);

	(void)pthread_mutex_lock(&jury->mutex);
	while (!jury->over)
		if (!judge_next(jury, &judging))
			(void)pthread_cond_wait(&jury->work, &jury->mutex);
	(void)pthread_mutex_unlock(&jury->mutex);
	return NULL;
}

/* --- verdicts ----------------------------------------------------------------------------------
 */

static void empty(struct docket *docket)
{
	docket->bytes.size = 0;
	docket->directory = SIZE_MAX;
	docket->rows = 0;
	docket->judged = false;
}

/* Those of the oldest docket, once it is judged. With the mutex held. */
static int take_oldest(struct jury *jury)
{
	struct docket *docket = &jury->docket[jury->taken % jury->dockets];
	int status = 0;

	while (!docket->judged)
		if (!judge_next(jury, &jury->own))
			(void)pthread_cond_wait(&jury->judged, &jury->mutex);
	(void)pthread_mutex_unlock(&jury->mutex);
	if (is_stopped(jury->state))
		status = -ECANCELED;
	for (unsigned i = 0; i < docket->rows && status == 0; i++)
		status = jury->take(jury->ctx, &docket->row[i].row);
	empty(docket);
	jury->taken++;
	(void)pthread_mutex_lock(&jury->mutex);
	return status;
}

static void start_threads(struct jury *jury)
{
	while (jury->threads < jury->threads_wanted &&
	       threads_start(&jury->thread[jury->threads], NULL, serve, jury) == 0)
		jury->threads++;
	jury->threads_wanted = jury->threads;
}

/* The docket that is being filled is complete. */
static int hand_over(struct jury *jury)
{
	int status = 0;

	if (jury->filled > 0)
		start_threads(jury);
	(void)pthread_mutex_lock(&jury->mutex);
	jury->filled++;
	(void)pthread_cond_signal(&jury->work);
	while (status == 0 && jury->filled - jury->taken == jury->dockets)
		status = take_oldest(jury);
	(void)pthread_mutex_unlock(&jury->mutex);
	return status;
}

int jury_finish(struct jury *jury)
{
	int status = 0;

	if (jury->docket[jury->filled % jury->dockets].rows > 0)
		status = hand_over(jury);
	(void)pthread_mutex_lock(&jury->mutex);
	while (status == 0 && jury->taken < jury->filled)
		status = take_oldest(jury);
	(void)pthread_mutex_unlock(&jury->mutex);
	return status;
}

/* --- rows --------------------------------------------------------------------------------------
 */

void jury_enter(struct jury *jury, const char *directory)
{
	(void)snprintf(jury->directory, sizeof(jury->directory), "%s", directory);
	jury->docket[jury->filled % jury->dockets].directory = SIZE_MAX;
}

static int add_bytes(struct docket *docket, const void *bytes, size_t size, size_t *at)
{
	*at = docket->bytes.size;
	return size > 0 ? br_buffer_append(&docket->bytes, bytes, size) : 0;
}

int jury_add(struct jury *jury, const struct jury_row *row, const unsigned char *outputs,
             size_t size)
{
	struct docket *docket = &jury->docket[jury->filled % jury->dockets];
	struct docket_row *added = &docket->row[docket->rows];
	int status = 0;

	added->row = *row;
	added->size = size;
	if (docket->directory == SIZE_MAX)
		status = add_bytes(docket, jury->directory, strlen(jury->directory) + 1,
		                   &docket->directory);
	added->directory = docket->directory;
	if (status == 0)
		status = add_bytes(docket, outputs, size, &added->outputs);
	if (status != 0)
		return status;
	docket->rows++;
	if (docket->rows < ROWS && docket->bytes.size < BYTES)
		return 0;
	return hand_over(jury);
}

/* --- beginning and end -------------------------------------------------------------------------
 */

struct jury *jury_new(const struct state *state, jury_take *take, void *ctx)
{
	struct jury *jury = calloc(1, sizeof(*jury));
	const unsigned cpus = cpu_count();

	if (!jury)
		return NULL;
	jury->state = state;
	jury->take = take;
	jury->ctx = ctx;
	jury->own = JUDGING(state);
	jury->threads_wanted = cpus - 1 < THREADS_MAX ? cpus - 1 : THREADS_MAX;
	jury->dockets = 2 * (jury->threads_wanted + 1);
	(void)pthread_mutex_init(&jury->mutex, NULL);
	(void)pthread_cond_init(&jury->work, NULL);
	(void)pthread_cond_init(&jury->judged, NULL);
	for (unsigned i = 0; i < jury->dockets; i++) {
		jury->docket[i].bytes = BR_BUFFER_HEAP;
		empty(&jury->docket[i]);
	}
	return jury;
}

void jury_free(struct jury *jury)
{
	if (!jury)
		return;
	(void)pthread_mutex_lock(&jury->mutex);
	jury->over = true;
	(void)pthread_cond_broadcast(&jury->work);
	(void)pthread_mutex_unlock(&jury->mutex);
	for (unsigned i = 0; i < jury->threads; i++)
		(void)pthread_join(jury->thread[i], NULL);
	for (unsigned i = 0; i < jury->dockets; i++)
		br_buffer_release(&jury->docket[i].bytes);
	(void)pthread_cond_destroy(&jury->judged);
	(void)pthread_cond_destroy(&jury->work);
	(void)pthread_mutex_destroy(&jury->mutex);
	free(jury);
}
