/* marks.c - the memory of struct worker_mark, see worker.h. */
#include <sys/mman.h>
#include <unistd.h>

#include "exec/worker.h"

static size_t size_of(unsigned workers)
{
	return workers * sizeof(struct worker_mark);
}

struct worker_mark *marks_attach(int fd, unsigned workers)
{
	const int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
	void *marks = mmap(NULL, size_of(workers), PROT_READ | PROT_WRITE, flags, fd, 0);

	return marks == MAP_FAILED ? NULL : marks;
}

struct worker_mark *marks_new(unsigned workers, bool handed_over, int *fd)
{
	struct worker_mark *marks;

	*fd = handed_over ? memfd_create("marks", MFD_CLOEXEC) : -1;
	if (handed_over && *fd < 0)
		return NULL;
	if (*fd >= 0 && ftruncate(*fd, (off_t)size_of(workers)) != 0) {
		(void)close(*fd);
		*fd = -1;
		return NULL;
	}
	marks = marks_attach(*fd, workers);
	if (!marks && *fd >= 0) {
		(void)close(*fd);
		*fd = -1;
	}
	return marks;
}

void marks_free(struct worker_mark *marks, unsigned workers)
{
	if (marks)
		(void)munmap(marks, size_of(workers));
}

void marks_begin(struct worker_mark *marks, unsigned worker, uint32_t serial)
{
	if (!marks)
		return;
	for (unsigned i = 0; i < BR_EXECUTOR_NOTES; i++)
		__atomic_store_n(&marks[worker].note[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&marks[worker].serial, serial, __ATOMIC_RELEASE);
}

bool marks_read(const struct worker_mark *marks, unsigned worker, uint32_t serial,
                uint64_t note[BR_EXECUTOR_NOTES])
{
	const bool begun =
	    marks && __atomic_load_n(&marks[worker].serial, __ATOMIC_ACQUIRE) == serial;

	for (unsigned i = 0; i < BR_EXECUTOR_NOTES; i++)
		note[i] = begun ? __atomic_load_n(&marks[worker].note[i], __ATOMIC_RELAXED) : 0;
	return begun;
}
