/* options.h - what a run takes its orders from. */
#ifndef QUEUE_OPTIONS_H
#define QUEUE_OPTIONS_H

#include <stdbool.h>

/* Strings are borrowed. */
struct queue_options {
	const char *url;          /* redis://HOST[:PORT]/STREAM */
	const char *group;        /* of members that share it */
	const char *results;      /* stream that gets the report's lines; or NULL */
	const char *dead_letters; /* stream; NULL: STREAM:dead */
	unsigned claim_ms;        /* when what another has is taken over */
	bool drain;               /* ends when no entry is left, neither new nor pending */
};

#endif
