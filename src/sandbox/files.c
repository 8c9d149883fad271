/* files.c - landlock(7): a ruleset that handles everything and allows nothing. What was open before
 * stays so, and descriptors that are handed over can be used as they were opened. */
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <batchresize/executor.h>

#include "sandbox/walls.h"

/* Of linux/landlock.h, whose older versions lack what a newer kernel offers. The system calls have
 * the same numbers on every machine. */
#define CREATE_RULESET 444
#define RESTRICT_SELF  446
#define VERSION_OF     (1U << 0)

struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

/* Since which version what can be handled: rights of files, each version adding some; bind and
 * connect of TCP; abstract sockets and signals of others. A kernel takes no longer a struct than
 * it knows. */
#define VERSION_NETWORK 4
#define VERSION_SCOPES  6

static uint64_t rights_of(long version)
{
	static const unsigned rights[] = {0, 13, 14, 15, 15, 16};
	const size_t last = sizeof(rights) / sizeof(rights[0]) - 1;

	return (UINT64_C(1) << rights[(size_t)version > last ? last : (size_t)version]) - 1;
}

static size_t shape(long version, struct ruleset *ruleset, unsigned *on)
{
	*ruleset = (struct ruleset){.files = rights_of(version)};
	*on = BR_EXECUTOR_WALL_FILES;
	if (version < VERSION_NETWORK)
		return offsetof(struct ruleset, network);
	ruleset->network = 3;
	*on |= BR_EXECUTOR_WALL_NETWORK;
	if (version < VERSION_SCOPES)
		return offsetof(struct ruleset, scoped);
	ruleset->scoped = 3;
	*on |= BR_EXECUTOR_WALL_SIGNALS;
	return sizeof(*ruleset);
}

int files_close(unsigned *on)
{
	const long version = syscall(CREATE_RULESET, NULL, 0, VERSION_OF);
	struct ruleset ruleset;
	size_t bytes;
	int fd, status = 0;

	if (version < 1)
		return version < 0 ? -errno : -EOPNOTSUPP;
	bytes = shape(version, &ruleset, on);
	fd = (int)syscall(CREATE_RULESET, &ruleset, bytes, 0);
	if (fd < 0)
		return -errno;
	if (syscall(RESTRICT_SELF, fd, 0) != 0)
		status = -errno;
	(void)close(fd);
	return status;
}
