/* task.c - tasks, their lists and their stages: what all four executors do alike. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "exec/internal.h"

void task_list_push(struct task_list *list, struct task *task)
{
	task->next = NULL;
	if (list->last)
		list->last->next = task;
	else
		list->first = task;
	list->last = task;
	list->count++;
}

void task_list_insert(struct task_list *list, struct task *task)
{
	struct task **link = &list->first;

	if (!list->last || list->last->priority >= task->priority) {
		task_list_push(list, task);
		return;
	}
	while ((*link)->priority >= task->priority)
		link = &(*link)->next;
	task->next = *link;
	*link = task;
	list->count++;
}

void task_list_push_front(struct task_list *list, struct task *task)
{
	task->next = list->first;
	list->first = task;
	if (!list->last)
		list->last = task;
	list->count++;
}

struct task *task_list_pop(struct task_list *list)
{
	struct task *task = list->first;

	if (!task)
		return NULL;
	list->first = task->next;
	if (!list->first)
		list->last = NULL;
	list->count--;
	task->next = NULL;
	return task;
}

void task_list_append(struct task_list *to, struct task_list *from)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	to->count += from->count;
	*from = (struct task_list){0};
}

struct task *task_list_remove(struct task_list *list, uint64_t id)
{
	struct task *before = NULL;

	for (struct task *task = list->first; task; before = task, task = task->next) {
		if (task->id != id)
			continue;
		if (before)
			before->next = task->next;
		else
			list->first = task->next;
		if (list->last == task)
			list->last = before;
		list->count--;
		task->next = NULL;
		return task;
	}
	return NULL;
}

struct task *task_new(const struct br_executor_options *options)
{
	struct task *task = calloc(1, sizeof(*task) + options->job_size + options->result_size);

	if (!task)
		return NULL;
	/* Stages use both as structs of theirs: br_executor_new() rounded result_size up, so that
	 * the job behind the result is aligned as well. */
	task->result = task->bytes;
	task->job = task->result + options->result_size;
	slot_clear(&task->descriptors);
	return task;
}

void task_free(struct task *task)
{
	free(task);
}

void task_cancel(struct task *task)
{
	task->status = BR_EXECUTOR_CANCELLED;
	task->error = 0;
	task->signal = 0;
}

struct task *task_substitute(const struct br_executor_options *options, const struct task *task,
                             enum br_executor_status status)
{
	struct task *substitute = task_new(options);

	if (!substitute)
		return NULL;
	substitute->id = task->id;
	substitute->tag = task->tag;
	substitute->turn = task->turn;
	substitute->future = task->future;
	substitute->attempt = task->attempt ? task->attempt : 1;
	substitute->worker = task->worker;
	substitute->status = status;
	memcpy(substitute->job, task->job, options->job_size);
	return substitute;
}

int refused(const struct br_executor_options *options, int status, const char *format, ...)
{
	va_list arguments;

	if (!options->reason)
		return status;
	va_start(arguments, format);
	(void)vsnprintf(options->reason, BR_EXECUTOR_REASON_MAX, format, arguments);
	va_end(arguments);
	return status;
}

int stage_run(const struct br_executor_options *options, br_task_stage *stage, struct task *task,
              struct br_slot *slot)
{
	return stage ? stage(options->ctx, task->job, slot, task->result) : 0;
}

/* A camera's file is kept for, what one giant has needed goes before the next picture needs it. */
#define BUFFER_KEPT ((size_t)8 << 20)

static void clear_buffer(struct br_buffer *buffer)
{
	buffer->size = 0;
	if (buffer->grow == br_buffer_grow_heap && buffer->capacity > BUFFER_KEPT)
		br_buffer_release(buffer);
}

static int call_function(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	const struct adapter *adapter = ctx;

	(void)slot;
	return adapter->function(adapter->ctx, job, result);
}

struct adapter *adapter_new(br_executor_function *function, void *ctx)
{
	struct adapter *adapter = calloc(1, sizeof(*adapter));

	if (adapter)
		*adapter = (struct adapter){
		    .ops = {.transform = call_function}, .function = function, .ctx = ctx};
	return adapter;
}

void slot_clear(struct br_slot *slot)
{
	clear_buffer(&slot->in);
	clear_buffer(&slot->out);
	slot->fds = 0;
	slot->local = NULL;
}

int state_make(const struct br_executor_options *options, void **state)
{
	*state = NULL;
	return options->ops->worker_init ? options->ops->worker_init(options->ctx, state) : 0;
}

void state_free(const struct br_executor_options *options, void *state)
{
	if (options->ops->worker_exit)
		options->ops->worker_exit(options->ctx, state);
}

bool task_open(const struct br_executor_options *options, struct task *task, struct br_slot *slot)
{
	task->opened = true;
	task->error = stage_run(options, options->ops->open, task, slot);
	task->status = task->error ? BR_EXECUTOR_FAILED : BR_EXECUTOR_DONE;
	return !task->error;
}

void task_close(const struct br_executor_options *options, struct task *task, struct br_slot *slot)
{
	if (!task->opened)
		return;
	task->opened = false;
	if (task->status == BR_EXECUTOR_DONE) {
		task->error = stage_run(options, options->ops->commit, task, slot);
		if (!task->error)
			return;
		task->status = BR_EXECUTOR_FAILED;
	}
	(void)stage_run(options, options->ops->discard, task, slot);
}

int br_executor_confirm(struct br_slot *slot)
{
	return slot->confirm ? slot->confirm(slot) : 0;
}

uint64_t deadline_after(uint64_t now, unsigned milliseconds)
{
	return milliseconds ? now + (uint64_t)milliseconds * NS_PER_MS : UINT64_MAX;
}

uint64_t look_by(uint64_t next, uint64_t now)
{
	if (next == UINT64_MAX)
		return next;
	return clock_ns() + (next <= now ? 0 : earlier(next - now, LOOK_NS));
}

uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t deadline)
{
	const struct timespec until = {.tv_sec = (time_t)(deadline / NS_PER_S),
	                               .tv_nsec = (long)(deadline % NS_PER_S)};

	if (deadline == UINT64_MAX)
		(void)pthread_cond_wait(condition, mutex);
	else
		(void)pthread_cond_timedwait(condition, mutex, &until);
}

int timeout_until(uint64_t deadline)
{
	uint64_t now;

	if (deadline == UINT64_MAX)
		return -1;
	now = clock_ns();
	if (deadline <= now)
		return 0;
	/* Rounded up, lest a loop turn without pause in the last millisecond. */
	uint64_t ms = (deadline - now + NS_PER_MS - 1) / NS_PER_MS;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}
