/* init.c - this process, prepared for pictures. */
#include <malloc.h>
#include <stdlib.h>

#include <batchresize/image.h>

#include "image/versions.h"
#include "pipeline/library.h"

/* Variables that make libvips or GLib start threads, print, fail on a warning, refuse operations or
 * write temporary files. A run must not depend on them. */
static const char *const traps[] = {
    "VIPS_MAX_THREADS",
    "VIPS_CONCURRENCY",
    "IM_CONCURRENCY",
    "VIPS_STALL",
    "VIPS_PROGRESS",
    "IM_PROGRESS",
    "VIPS_INFO",
    "IM_INFO",
    "VIPS_WARNING",
    "IM_WARNING",
    "VIPS_PROFILE",
    "VIPS_LEAK",
    "VIPS_TRACE",
    "VIPS_NOVECTOR",
    "IM_NOVECTOR",
    "IM_DISC_THRESHOLD",
    "VIPS_PIPE_READ_LIMIT",
    "VIPS_MIN_STACK_SIZE",
    "VIPS_BLOCK_UNTRUSTED",
    "G_MESSAGES_DEBUG",
    "G_DEBUG",
};

/* Decoded pictures up to this size are kept on the heap when freed, since a worker needs the same
 * again at once; larger ones go back to the system. br_image_trim() gives back the rest. */
#define HEAP_KEEPS (32 << 20)

/* The environment is cleared now, although the library may come much later: by then there may be
 * other threads, which read it. */
int br_image_init(struct br_error *error)
{
	for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
		(void)unsetenv(traps[i]);
	/* libvips 8.14 has ORC compile its loops when some of its classes are made, whether they
	 * will be used or not, and ORC makes a file in $HOME for that. They are switched off (see
	 * libvips.c), so that it need not compile either. */
	(void)setenv("ORC_CODE", "emulate", 1);
	/* What a picture takes is counted as memory, and may be so much; beyond 100 MB libvips
	 * would put it into a file in /tmp, which a worker in its sandbox can't make. */
	(void)setenv("VIPS_DISC_THRESHOLD", "1g", 1);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_KEEPS);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * HEAP_KEEPS);
	(void)mallopt(M_ARENA_MAX, 2);
	versions_find();
	(void)error;
	return 0;
}

int br_image_load_library(struct br_error *error)
{
	return library_load(error);
}

void br_image_ask_before_library(void (*ask)(void *arg), void *arg)
{
	library_ask_first(ask, arg);
}

void br_image_trim(void)
{
	(void)malloc_trim(0);
}
