/* lock.c - see lock.h. */
#include "state/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "state/place.h"

#define LOCK_NAME "lock"

/* Bytes of what the file says, and how often a file is opened that somebody removes. */
#define TEXT_MAX 160
#define ATTEMPTS 16

/* Whoever has just taken the lock will have said who he is a moment later: how often he is asked,
 * and milliseconds in between. */
#define ASKED    50
#define ASKED_MS 5

/* The file's first byte stands for the whole. */
static struct flock range_of(short kind)
{
	return (struct flock){.l_type = kind, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
}

/* A lock that excludes others, as far as the file's mode lets it. */
static short kind_of(int file)
{
	return (fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR ? F_WRLCK : F_RDLCK;
}

static int set(int file)
{
	struct flock range = range_of(kind_of(file));

	while (fcntl(file, F_OFD_SETLK, &range) != 0) {
		if (errno == EACCES)
			return -EAGAIN;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static bool is_taken(int file)
{
	struct flock range = range_of(kind_of(file));

	return fcntl(file, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

/* --- who has it --------------------------------------------------------------------------------
 */

/* What the file says of this process; returns its bytes. */
static size_t write_text(char text[TEXT_MAX])
{
	char host[65] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "?");
	return (size_t)snprintf(text, TEXT_MAX, "%d %s %lld\n", (int)getpid(), host,
	                        (long long)time(NULL));
}

/* The file is never empty, also if the process is killed meanwhile. What is left of a longer text
 * for a moment stands behind a line that is read alone. */
static void sign(int file)
{
	char text[TEXT_MAX];
	const size_t length = write_text(text);

	if (kind_of(file) == F_WRLCK && pwrite(file, text, length, 0) == (ssize_t)length)
		(void)!ftruncate(file, (off_t)length);
}

static bool read_holder(int file, struct lock_holder *holder)
{
	char text[TEXT_MAX];
	const ssize_t got = pread(file, text, sizeof(text) - 1, 0);
	int process, end = 0;
	long long since;

	*holder = (struct lock_holder){0};
	if (got <= 0)
		return false;
	text[got] = '\0';
	if (sscanf(text, "%d %64s %lld%n", &process, holder->host, &since, &end) != 3 || end == 0)
		return false;
	holder->process = process;
	holder->since = since;
	return true;
}

/* What the file says may be of one who is gone, until the one who has the lock has written. */
static bool may_live(const struct lock_holder *holder)
{
	char host[65] = "";

	return gethostname(host, sizeof(host) - 1) != 0 || strcmp(host, holder->host) != 0 ||
	       kill(holder->process, 0) == 0 || errno != ESRCH;
}

/* Returns whether somebody has it: he may have let it go meanwhile. */
static bool ask(int file, struct lock_holder *holder)
{
	const struct timespec pause = {.tv_nsec = ASKED_MS * 1000000L};

	for (unsigned i = 0; i < ASKED; i++) {
		if (read_holder(file, holder) && may_live(holder))
			return true;
		if (!is_taken(file))
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* --- taking it ---------------------------------------------------------------------------------
 */

static int make_file(int place)
{
	char text[TEXT_MAX];
	const size_t length = write_text(text);

	return place_make_file(place, LOCK_NAME, 0, text, length);
}

/* One that is there, for writing if that is allowed. */
static int open_existing(int place)
{
	const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int file = openat(place, LOCK_NAME, O_RDWR | flags);

	if (file < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		file = openat(place, LOCK_NAME, O_RDONLY | flags);
	return file < 0 ? -errno : file;
}

static int open_file(int place, bool fresh)
{
	struct stat st;
	int file = fresh ? -ENOENT : open_existing(place);

	if (file == -ENOENT)
		file = make_file(place);
	if (file == -EEXIST) /* by another one, just now */
		file = open_existing(place);
	if (file < 0)
		return file;
	if (fstat(file, &st) == 0 && S_ISREG(st.st_mode))
		return file;
	(void)close(file); /* nothing was written */
	return -EINVAL;
}

/* Whether the file still is the one that others would open. */
static bool is_current(int file, int place)
{
	struct stat own, current;

	return fstat(file, &own) == 0 &&
	       fstatat(place, LOCK_NAME, &current, AT_SYMLINK_NOFOLLOW) == 0 &&
	       own.st_dev == current.st_dev && own.st_ino == current.st_ino;
}

static int try(int file, struct lock_holder *holder)
{
	const int status = set(file);

	return status == -EAGAIN && !ask(file, holder) ? set(file) : status;
}

int lock_take(struct lock *lock, int place, bool fresh, struct lock_holder *holder)
{
	*lock = LOCK_NONE;
	*holder = (struct lock_holder){0};
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		const int file = open_file(place, fresh);
		/* one that a lease is on (fcntl(2), F_SETLEASE) is in use, and no lock of a run */
		const int lack = file == -EAGAIN ? -EBUSY : file;
		const int status = file < 0 ? lack : try(file, holder);

		if (status == 0 && is_current(file, place)) {
			sign(file);
			*lock = (struct lock){.file = file, .place = place};
			return 0;
		}
		if (file >= 0)
			(void)close(file); /* and the lock with it, if it was had */
		if (status != 0)
			return status;
	}
	return -ESTALE;
}

void lock_release(struct lock *lock)
{
	if (lock->file < 0)
		return;
	/* What it says stays: who finds the lock taken looks until it names somebody alive, and an
	 * empty file among the outputs looks like one that went wrong. */
	(void)close(lock->file);
	*lock = LOCK_NONE;
}
