/* shim.c - preloaded into a program, one of whose allocations fails, or one of whose reads, writes
 * or closes does what the kernel does seldom.
 *
 *   FAULT_KIND   allocation, read, write or close
 *   FAULT_ROLE   whose: parent, zygote, worker or any
 *   FAULT_NTH    which, from 0, counted over all processes of that role; -1: every one
 *   FAULT_COUNT  a file of 16 bytes that is shared by all: how many there were, and of those how
 * many were touched
 *
 * An allocation fails with ENOMEM. A read or write of a regular file is of half its bytes, and one
 * at least. A close of a regular file with bytes in it does close, and says EIO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NOTHING, ALLOCATION, READ, WRITE, CLOSE };

struct shared {
	long count, touched;
};

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static struct shared nobody, *shared = &nobody;
static enum kind wanted = NOTHING;
static const char *role = "any", *own = "parent";
static char name[16];
static long nth;

__attribute__((constructor)) static void prepare(void)
{
	static const char *const kinds[] = {"nothing", "allocation", "read", "write", "close"};
	const char *kind = getenv("FAULT_KIND"), *path = getenv("FAULT_COUNT");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0 || !kind || !getenv("FAULT_NTH") || !getenv("FAULT_ROLE"))
		return;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (shared == MAP_FAILED)
		abort();
	role = getenv("FAULT_ROLE");
	nth = atol(getenv("FAULT_NTH"));
	for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
		if (strcmp(kinds[i], kind) == 0)
			wanted = (enum kind)i;
}

/* A sandbox forbids to ask for the name later. */
int prctl(int option, ...)
{
	unsigned long a[4];
	va_list more;

	va_start(more, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(more, unsigned long);
	va_end(more);
	if (option == PR_SET_NAME) {
		memcpy(name, (const char *)a[0], strnlen((const char *)a[0], sizeof(name) - 1));
		own = name;
	}
	return (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

static int is_due(enum kind kind)
{
	if (kind != wanted || (strcmp(role, "any") != 0 && strcmp(role, own) != 0))
		return 0;
	long count = __atomic_fetch_add(&shared->count, 1, __ATOMIC_RELAXED);
	if (nth >= 0 && count != nth)
		return 0;
	__atomic_fetch_add(&shared->touched, 1, __ATOMIC_RELAXED);
	return 1;
}

/* --- allocations ---------------------------------------------------------------------------------
 */

static int no_memory(void)
{
	if (!is_due(ALLOCATION))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return no_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return no_memory() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	void *memory = no_memory() ? NULL : __libc_memalign(alignment, size);

	if (!memory)
		return ENOMEM;
	*result = memory;
	return 0;
}

/* --- files
 * ---------------------------------------------------------------------------------------- */

static int is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static size_t shortened(enum kind kind, int fd, size_t size)
{
	return wanted == kind && size > 1 && is_file(fd) && is_due(kind) ? size / 2 : size;
}

ssize_t read(int fd, void *bytes, size_t size)
{
	return syscall(SYS_read, fd, bytes, shortened(READ, fd, size));
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
	return syscall(SYS_pread64, fd, bytes, shortened(READ, fd, size), at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t at)
{
	return pread(fd, bytes, size, at);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	return syscall(SYS_write, fd, bytes, shortened(WRITE, fd, size));
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return syscall(SYS_pwrite64, fd, bytes, shortened(WRITE, fd, size), at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
	return pwrite(fd, bytes, size, at);
}

/* The first part alone is a short write as well. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (count > 1 && wanted == WRITE && is_file(fd) && is_due(WRITE))
		return syscall(SYS_writev, fd, parts, 1);
	return syscall(SYS_writev, fd, parts, count);
}

int close(int fd)
{
	struct stat st;
	int lost = wanted == CLOSE && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	           st.st_size > 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY && is_due(CLOSE);

	if (syscall(SYS_close, fd))
		return -1;
	if (lost)
		errno = EIO;
	return lost ? -1 : 0;
}
