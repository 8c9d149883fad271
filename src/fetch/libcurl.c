/* libcurl.c - see libcurl.h. */
#include "fetch/libcurl.h"

#include <dlfcn.h>
#include <pthread.h>

#include "base/libraries.h"

/* In the order of the struct. */
static const char *const names[] = {
#define LIBCURL_NAME(name) #name,
    LIBCURL_FUNCTIONS(LIBCURL_NAME)
#undef LIBCURL_NAME
};

_Static_assert(sizeof(struct libcurl) == sizeof names, "a pointer for each name");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct libcurl library;
static bool loaded;

/* As Debian calls it, by OpenSSL or by GnuTLS. */
static void load(void)
{
	static const char *const sonames[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	const size_t count = sizeof(names) / sizeof(*names);

	for (unsigned i = 0; i < 2 && !loaded; i++) {
		void *handle = dlopen(sonames[i], RTLD_LAZY | RTLD_LOCAL);

		loaded = libraries_bind(handle, names, count, &library) &&
		         library.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	}
}

const struct libcurl *libcurl_load(void)
{
	(void)pthread_once(&once, load);
	return loaded ? &library : NULL;
}
