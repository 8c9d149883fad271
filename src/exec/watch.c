/* watch.c - the descriptor by which an executor lives in a program's own event loop.
 *
 * An epoll set of what the backend waits for, a clock for the time by which it wants to be called,
 * and a bell for what is there already. Whoever leaves the executor and finds nobody waiting in it
 * does what there is to be done, and sets both.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/internal.h"

static int add(const struct watch *watch, int fd)
{
	struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &interest) ? -errno : 0;
}

static void close_all(const struct watch *watch)
{
	if (watch->epoll >= 0)
		(void)close(watch->epoll);
	if (watch->bell >= 0)
		(void)close(watch->bell);
	if (watch->timer >= 0)
		(void)close(watch->timer);
}

static int start(struct br_executor *executor)
{
	struct watch *watch = &executor->watch;
	int status = 0;

	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	watch->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->epoll < 0 || watch->bell < 0 || watch->timer < 0)
		status = -errno;
	if (!status)
		status = add(watch, watch->bell);
	if (!status)
		status = add(watch, watch->timer);
	if (!status && executor->backend->watch)
		status = executor->backend->watch(executor, watch->epoll);
	if (status)
		close_all(watch);
	watch->made = !status;
	return status;
}

/* With the lock held. Returns the descriptor or a negative errno. */
static int begin(struct br_executor *executor)
{
	struct watch *watch = &executor->watch;
	int status = 0;

	if (watch->on)
		return watch->epoll;
	if (!watch->made)
		status = start(executor);
	if (status)
		return status;
	watch->on = true;
	watch_arm(executor);
	return watch->epoll;
}

int br_executor_fd(struct br_executor *executor)
{
	int fd;

	executor_lock(executor);
	fd = begin(executor);
	executor->watch.kept = fd >= 0;
	executor_unlock(executor);
	return fd;
}

int watch_begin(struct br_executor *executor)
{
	int fd;

	executor_lock(executor);
	fd = begin(executor);
	executor_unlock(executor);
	return fd;
}

void watch_rest(struct br_executor *executor)
{
	executor_lock(executor);
	if (executor->watch.on && !executor->watch.kept) {
		watch_clear(executor);
		executor->watch.on = false;
	}
	executor_unlock(executor);
}

void watch_release(struct br_executor *executor)
{
	if (executor->watch.made)
		close_all(&executor->watch);
}

void watch_ring(struct br_executor *executor)
{
	const uint64_t one = 1;

	if (!executor->watch.rung)
		(void)!write(executor->watch.bell, &one, sizeof(one));
	executor->watch.rung = true;
}

void watch_clear(struct br_executor *executor)
{
	uint64_t count;

	if (executor->watch.rung)
		(void)!read(executor->watch.bell, &count, sizeof(count));
	executor->watch.rung = false;
}

/* At that time of clock_ns() or before; UINT64_MAX: never. One that is set for an earlier time, as
 * for a job that has ended, is left: to set it is dear. To set it also takes back that it has rung.
 */
static void set_clock(struct watch *watch, uint64_t time)
{
	struct itimerspec when = {0};

	if (watch->clock <= time && watch->clock > clock_ns())
		return;
	watch->clock = time;
	if (time != UINT64_MAX) {
		/* A time of 0 would stop the clock. */
		when.it_value.tv_sec = (time_t)(time / NS_PER_S);
		when.it_value.tv_nsec = (long)(time % NS_PER_S) | 1;
	}
	(void)timerfd_settime(watch->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static bool has_result(const struct br_executor *executor)
{
	if (!executor->waiting)
		return executor->finished.first != NULL;
	return executor->waiting[executor->returned % executor->options.capacity] != NULL;
}

void watch_arm(struct br_executor *executor)
{
	/* Whoever waits sees what comes, and rings. */
	if (executor->driven)
		return;
	if (!executor->backend->watch) {
		if (has_result(executor) || executor->unfinished > 0)
			watch_ring(executor);
		return;
	}
	int status = 0;

	executor->look_by = UINT64_MAX;
	/* also without a job: what workers say of themselves would be there to be read for ever */
	do
		status = executor_drive(executor, 0);
	while (!status && executor->unfinished > 0);
	if (has_result(executor))
		watch_ring(executor);
	set_clock(&executor->watch, executor->look_by);
}
