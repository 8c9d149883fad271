/* writer.c - see writer.h.
 *
 * The kernel gives a lease on a file that nobody has open for writing. It is held for no longer
 * than it takes to ask for it: who opens the file in that moment is let wait, and we would hear of
 * it by SIGIO.
 */
#include "watch/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "watch/ground.h"

static enum writer_known ask(int fd)
{
	if (ground_is_silent(fd))
		return WRITER_UNKNOWN; /* nor of who writes it */
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return WRITER_NONE;
	return errno == EAGAIN ? WRITER_SOME : WRITER_UNKNOWN;
}

enum writer_known writer_of(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum writer_known known;

	if (fd < 0)
		return WRITER_UNKNOWN;
	known = ask(fd);
	(void)close(fd); /* which ends the lease */
	return known;
}
