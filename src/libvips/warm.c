/* warm.c - what the libraries behind libvips would read and load with the first picture. */
#include "libvips/warm.h"

#include <dlfcn.h>

#include "base/libraries.h"

/* Of libnuma, by which x265 spreads its threads: reads which CPUs each node has, and remembers it.
 * Without that it says on standard error that it can't, and x265 codes otherwise. */
static void warm_numa(void)
{
	void *const numa = dlopen("libnuma.so.1", RTLD_LAZY | RTLD_NOLOAD);
	static const char *const name[] = {"numa_node_of_cpu"};
	int (*node_of_cpu)(int cpu);

	if (libraries_bind(numa, name, 1, &node_of_cpu))
		(void)node_of_cpu(0);
}

/* Of libheif: loads its codecs, where these are plugins (since 1.14, and in Debian 13). */
static void warm_heif(void)
{
	static const char *const name[] = {"heif_init"};
	struct heif_error {
		int code, subcode;
		const char *message;
	} (*init)(void *parameters);

	if (libraries_bind(libraries_open(LIBRARY_HEIF), name, 1, &init))
		(void)init(NULL);
}

void libvips_warm(void)
{
	warm_heif();
	warm_numa();
}
