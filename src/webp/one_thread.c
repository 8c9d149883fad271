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

static int get_ready(struct webp_thread *worker)
{
	worker->had_error = 0;
	worker->status = WORKER_OK;
	return 1;
}

static int well(struct webp_thread *worker)
{
	return !worker->had_error;
}

static void run(struct webp_thread *worker)
{
	if (worker->hook)
		worker->had_error |= !worker->hook(worker->data1, worker->data2);
}

static void end(struct webp_thread *worker)
{
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
	interface = *libwebp.get();
	interface.reset = get_ready;
	interface.sync = well;
	interface.launch = interface.execute = run;
	interface.end = end;
	return libwebp.set(&interface) != 0;
}
