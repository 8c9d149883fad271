/* one_thread.c - see one_thread.h.
 *
 * libwebp lets a program put threads of its own in the place of libwebp's: WebPSetWorkerInterface()
 * is exported for that, though its header, src/utils/thread_utils.h, is not installed. What is
 * declared here has been the same in it since 0.5. A libwebp that is built without threads does
 * what is done here.
 */
#include "webp/one_thread.h"

#include <stddef.h>

#include "base/libraries.h"

enum webp_thread_status { WORKER_NOT_OK, WORKER_OK, WORKER_WORKS };

struct webp_thread {
	void *thread;
	enum webp_thread_status status;
	int (*hook)(void *data1, void *data2);
	void *data1, *data2;
	int had_error;
};

struct webp_threads {
	void (*init)(struct webp_thread *worker);
	int (*reset)(struct webp_thread *worker);
	int (*sync)(struct webp_thread *worker);
	void (*launch)(struct webp_thread *worker);
	void (*execute)(struct webp_thread *worker);
	void (*end)(struct webp_thread *worker);
};

/* libwebp's own, for what has got a thread already: in a program that decodes by itself when this
 * is loaded. */
static struct webp_threads libwebps;

static int get_ready(struct webp_thread *worker)
{
	if (worker->thread)
		return libwebps.reset(worker);
	worker->had_error = 0;
	worker->status = WORKER_OK;
	return 1;
}

static int wait_for(struct webp_thread *worker)
{
	return worker->thread ? libwebps.sync(worker) : !worker->had_error;
}

static void execute(struct webp_thread *worker)
{
	if (worker->hook)
		worker->had_error |= !worker->hook(worker->data1, worker->data2);
}

static void launch(struct webp_thread *worker)
{
	if (worker->thread)
		libwebps.launch(worker);
	else
		execute(worker);
}

static void end(struct webp_thread *worker)
{
	if (worker->thread)
		libwebps.end(worker);
	worker->status = WORKER_NOT_OK;
}

bool webp_one_thread(void)
{
	static const char *const names[] = {"WebPGetWorkerInterface", "WebPSetWorkerInterface"};
	struct {
		const struct webp_threads *(*get)(void);
		int (*set)(const struct webp_threads *interface);
	} libwebp;
	struct webp_threads interface;

	if (!libraries_bind(libraries_open(LIBRARY_WEBP), names, 2, &libwebp))
		return false;
	interface = libwebps = *libwebp.get();
	interface.reset = get_ready;
	interface.sync = wait_for;
	interface.launch = launch;
	interface.execute = execute;
	interface.end = end;
	return libwebp.set(&interface) != 0;
}
