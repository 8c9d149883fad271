/* ground.h - file systems that don't tell of every change: those of servers, which others change as
 * well, and those that a program or another file system stands behind. */
#ifndef WATCH_GROUND_H
#define WATCH_GROUND_H

/* What the file system that the descriptor is on is called ("NFS"), if it is such a one; else NULL,
 * also if it can't be asked. */
const char *ground_is_silent(int fd);

#endif
