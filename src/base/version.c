/* version.c - see version.h. */
#include <batchresize/version.h>

const char *br_version(void)
{
	return BR_VERSION;
}
