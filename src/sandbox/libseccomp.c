/* libseccomp.c - see libseccomp.h. */
#include "sandbox/libseccomp.h"

#include <dlfcn.h>
#include <string.h>

/* Since 2012, and of every machine. */
#define SONAME "libseccomp.so.2"

/* In the order of the struct. */
static const char *const names[] = {
#define LIBSECCOMP_NAME(name) #name,
    LIBSECCOMP_FUNCTIONS(LIBSECCOMP_NAME)
#undef LIBSECCOMP_NAME
};

_Static_assert(sizeof(struct libseccomp) == sizeof names, "a pointer for each name");

bool libseccomp_load(struct libseccomp *library)
{
	void *handle = dlopen(SONAME, RTLD_LAZY | RTLD_LOCAL);
	bool found = handle != NULL;

	for (size_t i = 0; found && i < sizeof(names) / sizeof(*names); i++) {
		void *function = dlsym(handle, names[i]);

		found = function != NULL;
		memcpy((char *)library + i * sizeof(function), &function, sizeof(function));
	}
	return found;
}
