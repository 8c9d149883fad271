/* libhiredis.c - see libhiredis.h. */
#include "redis/libhiredis.h"

#include <dlfcn.h>

#include "base/libraries.h"

/* Its structures differ from release to release: only the one of the headers will do. */
#define TEXT_OF(macro) TEXT(macro)
#define TEXT(words)    #words
#define SONAME         "libhiredis.so." TEXT_OF(HIREDIS_SONAME)

/* In the order of the struct. */
static const char *const names[] = {
#define LIBHIREDIS_NAME(name) #name,
    LIBHIREDIS_FUNCTIONS(LIBHIREDIS_NAME)
#undef LIBHIREDIS_NAME
};

_Static_assert(sizeof(struct libhiredis) == sizeof names, "a pointer for each name");

bool libhiredis_load(struct libhiredis *library)
{
	return libraries_bind(dlopen(SONAME, RTLD_LAZY | RTLD_LOCAL), names,
	                      sizeof(names) / sizeof(*names), library);
}
