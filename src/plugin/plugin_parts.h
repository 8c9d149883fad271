/* plugin_parts.h - what plugin.c and instance.c share. Private to them. */
#ifndef PLUGIN_PLUGIN_PARTS_H
#define PLUGIN_PLUGIN_PARTS_H

#include <limits.h>
#include <stdatomic.h>

#include <batchresize/error.h>
#include <batchresize/plugin.h>

/* What workers tell of their beginning, in memory that they share with the program. */
struct plugin_board {
	atomic_uint entered, left; /* how many have called init(), and have come back */
	atomic_flag told;
	char text[BR_ERROR_TEXT_MAX]; /* of the first that failed */
};

struct plugin {
	char path[PATH_MAX];
	const char *args;
	uint64_t identity;
	unsigned together; /* pictures of a call, at most */
	struct plugin_board *board;
};

#endif
