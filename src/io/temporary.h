/* temporary.h - the names of temporaries: unlike each other, and telling whose they are.
 *
 * ".batchresize-" and 18 hexadecimal digits: six for machine and container, six for the process,
 * six by chance; then ".tmp". If the file system allows no name of that length, ".b~" and chance.
 */
#ifndef IO_TEMPORARY_H
#define IO_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

#include "io/io.h"

/* A name that tells this process. */
void temporary_name(char name[OUTPUT_TEMPORARY_MAX]);
/* One by chance alone, which costs less, for a file that lives only for a moment. */
void temporary_name_brief(char name[OUTPUT_TEMPORARY_MAX]);
/* One of at most `length` bytes, and never fewer than 4. */
void temporary_name_short(char name[OUTPUT_TEMPORARY_MAX], size_t length);

/* Whether a name may be a temporary's. */
bool temporary_is(const char *name);
/* Whether it is one of the long ones, of any version of this program. */
bool temporary_is_marked(const char *name);

enum temporary_owner {
	TEMPORARY_UNKNOWN, /* of another machine or container, or unknown */
	TEMPORARY_LIVING,  /* a process of its number is there */
	TEMPORARY_DEAD
};
enum temporary_owner temporary_owner(const char *name);

#endif
