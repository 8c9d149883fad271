/* words.c - see words.h. */
#include "picture/words.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* Who waits to be alone comes first, or it might wait for ever. */
static pthread_rwlock_t use = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void words_share(void)
{
	(void)pthread_rwlock_rdlock(&use);
}

void words_unshare(void)
{
	(void)pthread_rwlock_unlock(&use);
}

/* Somebody has held a share for so long that it may be for ever. */
static atomic_bool is_stuck;

bool words_take(void)
{
	struct timespec until;
	bool taken;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WORDS_WAIT_S;
	taken = (atomic_load(&is_stuck) ? pthread_rwlock_trywrlock(&use)
	                                : pthread_rwlock_timedwrlock(&use, &until)) == 0;
	atomic_store(&is_stuck, !taken);
	return taken;
}

void words_release(void)
{
	(void)pthread_rwlock_unlock(&use);
}
