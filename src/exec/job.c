/* job.c - jobs, their lists and their stages: what all executors do alike. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "exec/internal.h"

void job_list_push(struct job_list *list, struct job *job)
{
	job->next = NULL;
	if (list->last)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
	list->count++;
}

void job_list_insert(struct job_list *list, struct job *job)
{
	struct job **link = &list->first;

	if (!list->last || list->last->priority >= job->priority) {
		job_list_push(list, job);
		return;
	}
	while ((*link)->priority >= job->priority)
		link = &(*link)->next;
	job->next = *link;
	*link = job;
	list->count++;
}

void job_list_push_front(struct job_list *list, struct job *job)
{
	job->next = list->first;
	list->first = job;
	if (!list->last)
		list->last = job;
	list->count++;
}

struct job *job_list_pop(struct job_list *list)
{
	struct job *job = list->first;

	if (!job)
		return NULL;
	list->first = job->next;
	if (!list->first)
		list->last = NULL;
	list->count--;
	job->next = NULL;
	return job;
}

void job_list_append(struct job_list *to, struct job_list *from)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	to->count += from->count;
	*from = (struct job_list){0};
}

struct job *job_list_remove(struct job_list *list, uint64_t id)
{
	struct job *before = NULL;

	for (struct job *job = list->first; job; before = job, job = job->next) {
		if (job->id != id)
			continue;
		if (before)
			before->next = job->next;
		else
			list->first = job->next;
		if (list->last == job)
			list->last = before;
		list->count--;
		job->next = NULL;
		return job;
	}
	return NULL;
}

struct job *job_new(const struct br_executor_options *options)
{
	struct job *job = calloc(1, sizeof(*job) + options->job_size + options->result_size);

	if (!job)
		return NULL;
	/* Stages use both as structs of theirs: br_executor_new() rounded result_size up, so that
	 * the job behind the result is aligned as well. */
	job->result = job->bytes;
	job->input = job->result + options->result_size;
	slot_clear(&job->descriptors);
	return job;
}

void job_free(struct job *job)
{
	free(job);
}

void job_clear_end(struct job *job)
{
	memset(job->note, 0, sizeof(job->note));
	job->worker_rss = 0;
	job->worker_ms = 0;
}

void job_cancel(struct job *job)
{
	job_clear_end(job);
	job->status = BR_EXECUTOR_CANCELLED;
	job->error = 0;
	job->signal = 0;
}

void job_list_cancel(struct job_list *list)
{
	for (struct job *job = list->first; job; job = job->next)
		job_cancel(job);
}

void job_part(struct job *job, uint64_t *companies, unsigned place, unsigned count)
{
	if (place == 0 || place == (count + 1) / 2)
		++*companies;
	job->company = *companies;
}

struct job *job_substitute(const struct br_executor_options *options, const struct job *job,
                           enum br_executor_status status)
{
	struct job *substitute = job_new(options);

	if (!substitute)
		return NULL;
	substitute->id = job->id;
	substitute->tag = job->tag;
	substitute->turn = job->turn;
	substitute->future = job->future;
	substitute->attempt = job->attempt ? job->attempt : 1;
	substitute->worker = job->worker;
	substitute->mode = job->mode;
	substitute->priority = job->priority;
	substitute->timeout_ms = job->timeout_ms;
	substitute->company = job->company;
	substitute->status = status;
	memcpy(substitute->input, job->input, options->job_size);
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

int stage_run(const struct br_executor_options *options, br_task_stage *stage, struct job *job,
              struct br_slot *slot)
{
	return stage ? stage(options->ctx, job->input, slot, job->result) : 0;
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
	slot->expects = 0;
	slot->at_hand = false;
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

bool job_open(const struct br_executor_options *options, struct job *job, struct br_slot *slot)
{
	job->opened = true;
	slot->mode = job->mode;
	job->error = stage_run(options, options->ops->open, job, slot);
	job->status = job->error ? BR_EXECUTOR_FAILED : BR_EXECUTOR_DONE;
	return !job->error;
}

void job_close(const struct br_executor_options *options, struct job *job, struct br_slot *slot)
{
	if (!job->opened)
		return;
	job->opened = false;
	if (job->status == BR_EXECUTOR_DONE) {
		job->error = stage_run(options, options->ops->commit, job, slot);
		if (!job->error)
			return;
		job->status = BR_EXECUTOR_FAILED;
	}
	(void)stage_run(options, options->ops->discard, job, slot);
}

int br_executor_prepare(struct br_slot *slot)
{
	return slot->prepare ? slot->prepare(slot) : 0;
}

int br_executor_confirm(struct br_slot *slot)
{
	return slot->confirm ? slot->confirm(slot) : 0;
}

void br_executor_gather(struct br_slot *slot, void *piece, br_executor_together *function,
                        void *arg)
{
	if (slot->gather)
		slot->gather(slot, piece, function, arg);
	else
		function(arg, &piece, 1);
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
