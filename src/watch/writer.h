/* writer.h - whether somebody is writing a file. */
#ifndef WATCH_WRITER_H
#define WATCH_WRITER_H

enum writer_known {
	WRITER_NONE,
	WRITER_SOME,
	WRITER_UNKNOWN /* another's file, one on a server, or gone */
};

/* Whether a process of this machine has the file open for writing. SIGIO is to be ignored. */
enum writer_known writer_of(const char *path);

#endif
