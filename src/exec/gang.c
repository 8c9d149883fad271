/* gang.c - see gang.h. */
#include "exec/gang.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

/* Of a seat: what libvips gives threads of its own at least, since some codecs need it; and as much
 * as a plugin is promised. */
#define STACK_BYTES ((size_t)2 << 20)

enum seat_state { SEAT_FREE, SEAT_AT_WORK, SEAT_WAITS, SEAT_CALLED, SEAT_RETREATED };

struct seat {
	struct gang *gang;
	enum seat_state state;
	uint64_t held; /* bytes */
	void *piece;
	bool started;
	pthread_t thread;
	sem_t go;
};

struct gang {
	const struct gang_ops *ops;
	void *arg;
	unsigned seats, under_way, waiting, retreated;
	uint64_t share, held;
	br_executor_together *function; /* of those that wait */
	void *function_arg;
	bool ends;
	sem_t back;
	void **pieces; /* room for all */
	struct seat seat[];
};

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0 && errno == EINTR)
		;
}

static void hold(struct gang *gang, struct seat *seat, uint64_t bytes)
{
	gang->held += bytes - seat->held;
	seat->held = bytes;
}

/* --- whose turn it is: by whoever has it ------------------------------------------------------ */

static void *seat_main(void *arg);

static struct seat *first_of(struct gang *gang, enum seat_state state)
{
	struct seat *seat = gang->seat;

	while (seat < gang->seat + gang->seats && seat->state != state)
		seat++;
	return seat < gang->seat + gang->seats ? seat : NULL;
}

static int start_seat(struct seat *seat)
{
	pthread_attr_t attributes;
	int status;

	if (seat->started)
		return 0;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	status = pthread_create(&seat->thread, &attributes, seat_main, seat);
	(void)pthread_attr_destroy(&attributes);
	seat->started = status == 0;
	return -status;
}

static bool has_room(const struct gang *gang)
{
	return gang->under_way < gang->seats && !gang->retreated &&
	       (gang->share == UINT64_MAX || gang->held + gang_least(gang) <= gang->share);
}

/* Seats the next job. When the system has no thread for a seat there are none beyond it from now
 * on. Returns 0 with *out, -EAGAIN if there is no room or no job, or what take() said. */
static int seat_next(struct gang *gang, struct seat **out)
{
	struct seat *const seat = has_room(gang) ? first_of(gang, SEAT_FREE) : NULL;
	int status;

	if (!seat)
		return -EAGAIN;
	status = start_seat(seat);
	if (status && seat > gang->seat) {
		gang->seats = (unsigned)(seat - gang->seat);
		return -EAGAIN;
	}
	if (!status)
		status =
		    gang->ops->take(gang->arg, (unsigned)(seat - gang->seat), gang->under_way == 0);
	if (status)
		return status;
	gang->under_way++;
	if (gang->share != UINT64_MAX)
		hold(gang, seat, gang_least(gang));
	*out = seat;
	return 0;
}

/* Gives a seat the turn; whoever had it then waits for its own, unless it is the same. */
static void give_turn(struct gang *gang, struct seat *seat)
{
	gang->ops->step(gang->arg, (unsigned)(seat - gang->seat), 0, 1);
	seat->state = SEAT_AT_WORK;
}

/* Who comes behind a seat that stops: one that the function was called for, or with a job that is
 * ready; NULL: the owner, who alone waits for a job. So that mostly one thread wakes the next. */
static struct seat *next_of(struct gang *gang)
{
	struct seat *next = first_of(gang, SEAT_CALLED);

	if (next || gang->under_way == 0 || seat_next(gang, &next) == 0)
		return next;
	return NULL;
}

/* --- in a seat ----------------------------------------------------------------------------- */

/* Until it has the turn again. */
static void stop(struct seat *seat, enum seat_state state)
{
	struct gang *gang = seat->gang;
	struct seat *next;

	seat->state = state;
	if (state == SEAT_FREE) {
		hold(gang, seat, 0);
		gang->under_way--;
	}
	next = next_of(gang);
	if (next)
		give_turn(gang, next);
	if (next == seat)
		return;
	(void)sem_post(next ? &next->go : &gang->back);
	wait_for(&seat->go);
}

static void *seat_main(void *arg)
{
	struct seat *seat = arg;
	struct gang *gang = seat->gang;

	wait_for(&seat->go);
	while (!gang->ends) {
		gang->ops->run(gang->arg, (unsigned)(seat - gang->seat));
		stop(seat, SEAT_FREE);
	}
	return NULL;
}

void gang_gather(struct gang *gang, unsigned seat, void *piece, br_executor_together *function,
                 void *arg)
{
	gang->function = function;
	gang->function_arg = arg;
	gang->seat[seat].piece = piece;
	gang->waiting++;
	stop(&gang->seat[seat], SEAT_WAITS);
}

bool gang_admit(struct gang *gang, unsigned seat, uint64_t bytes)
{
	struct seat *own = &gang->seat[seat];

	if (gang->share == UINT64_MAX || bytes <= own->held)
		return true;
	if (gang->held - own->held + bytes > gang->share) {
		gang->retreated++;
		stop(own, SEAT_RETREATED);
	}
	hold(gang, own, bytes < gang->share ? bytes : gang->share);
	return bytes <= gang->share;
}

/* --- the owner ----------------------------------------------------------------------------- */

/* Lets a seat go on, and others behind it, until none is left that can. */
static void go_on(struct gang *gang, struct seat *seat)
{
	give_turn(gang, seat);
	(void)sem_post(&seat->go);
	wait_for(&gang->back);
}

/* Seats all that there is room for and that are ready. Returns 0, or what take() said. */
static int fill(struct gang *gang)
{
	struct seat *seat;
	int status;

	while (!(status = seat_next(gang, &seat)))
		go_on(gang, seat);
	return status == -EAGAIN ? 0 : status;
}

/* Calls the function for all that wait, each of which then goes on. */
static void run_together(struct gang *gang)
{
	struct seat *seat, *const first = first_of(gang, SEAT_WAITS);
	unsigned count = 0;

	while ((seat = first_of(gang, SEAT_WAITS))) {
		seat->state = SEAT_CALLED;
		gang->pieces[count++] = seat->piece;
	}
	gang->waiting = 0;
	if (!first)
		return; /* never: `waiting` counts them */
	gang->ops->step(gang->arg, GANG_ALL, (unsigned)(first - gang->seat), count);
	gang->function(gang->function_arg, gang->pieces, count);
	go_on(gang, first);
}

int gang_work(struct gang *gang)
{
	for (;;) {
		const int status = fill(gang);
		struct seat *seat;

		if (gang->waiting) {
			run_together(gang);
		} else if ((seat = first_of(gang, SEAT_RETREATED))) {
			gang->retreated--;
			go_on(gang, seat);
		} else if (status) {
			return status;
		}
	}
}

size_t gang_stacks(const struct gang *gang)
{
	return gang ? gang->seats * STACK_BYTES : 0;
}

uint64_t gang_least(const struct gang *gang)
{
	return gang->share == UINT64_MAX ? UINT64_MAX : gang->share / gang->seats;
}

int gang_new(struct gang **out, unsigned seats, uint64_t share, const struct gang_ops *ops,
             void *arg)
{
	struct gang *gang = calloc(1, sizeof(*gang) + seats * sizeof(gang->seat[0]));

	*out = NULL;
	if (!gang)
		return -ENOMEM;
	gang->pieces = calloc(seats, sizeof(*gang->pieces));
	if (!gang->pieces) {
		free(gang);
		return -ENOMEM;
	}
	gang->ops = ops;
	gang->arg = arg;
	gang->seats = seats;
	gang->share = share;
	(void)sem_init(&gang->back, 0, 0);
	for (unsigned i = 0; i < seats; i++) {
		gang->seat[i].gang = gang;
		(void)sem_init(&gang->seat[i].go, 0, 0);
	}
	*out = gang;
	return 0;
}

void gang_free(struct gang *gang)
{
	if (!gang)
		return;
	gang->ends = true;
	for (unsigned i = 0; i < gang->seats; i++) {
		if (!gang->seat[i].started)
			continue;
		(void)sem_post(&gang->seat[i].go);
		(void)pthread_join(gang->seat[i].thread, NULL);
	}
	free(gang->pieces);
	free(gang);
}
