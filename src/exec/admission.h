/* admission.h - who holds how much memory, and who waits for more: the ledger behind
 * br_executor_admit().
 *
 * Every worker with a job holds a share, limit / workers, without asking. One whose job takes more
 * asks and waits in turn until what the others hold leaves room; a worker that waits holds nothing
 * yet, so that two that wait can't wait for each other. While one waits, no job is begun: the
 * others run dry, until there is as much memory as the large one needs. While it runs, another job
 * is begun only if a share is left.
 *
 * Plain data of one owner: the supervisor, or the thread pool under its mutex.
 */
#ifndef EXEC_ADMISSION_H
#define EXEC_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admission_entry {
	uint64_t held;  /* bytes; 0: no job, or it waits */
	uint64_t asked; /* bytes; 0: it does not wait */
	uint64_t turn;
};

struct admission {
	uint64_t limit; /* bytes; 0: none, and nothing is counted */
	uint64_t held;  /* bytes, of all workers */
	uint64_t turns;
	unsigned workers, waiting;
	struct admission_entry *entry; /* workers of them */
};

/* Returns 0 or -ENOMEM. */
int admission_init(struct admission *admission, uint64_t limit, unsigned workers);
void admission_release(struct admission *admission);

/* What a job may take without asking; UINT64_MAX if nothing is counted. */
uint64_t admission_share(uint64_t limit, unsigned workers);

/* The worker has begun a job; its job has ended, or it is gone. */
void admission_begin(struct admission *admission, unsigned worker);
void admission_end(struct admission *admission, unsigned worker);

/* The worker waits for so many bytes in all. Returns 0, or -E2BIG for more than the limit: then it
 * does not wait, and holds what it held. */
int admission_ask(struct admission *admission, unsigned worker, uint64_t bytes);

/* The worker whose turn it is, when there is room for it: it holds its bytes from now on. -1 when
 * there is none. */
int admission_grant(struct admission *admission);

/* Whether no job may be begun: somebody waits, or what is held leaves no room for one more share.
 */
bool admission_closed(const struct admission *admission);

#endif
