/* shifted_clock.c - preloaded, moves the clock on the wall: CLOCK_SHIFT seconds are added to it. So
 * a time of day, which has whole minutes, is as near as a measurement wants.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000L

int clock_gettime(clockid_t clock, struct timespec *now)
{
	const char *shift = clock == CLOCK_REALTIME ? getenv("CLOCK_SHIFT") : NULL;
	const long status = syscall(SYS_clock_gettime, clock, now);

	if (shift && status == 0) {
		const double seconds = strtod(shift, NULL);

		now->tv_sec += (time_t)seconds;
		now->tv_nsec += (long)((seconds - (double)(time_t)seconds) * (double)NS);
		now->tv_sec += now->tv_nsec / NS;
		now->tv_nsec %= NS;
	}
	return (int)status;
}

time_t time(time_t *out)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* it exists */
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
