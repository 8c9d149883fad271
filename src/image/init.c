/* init.c - the image library in this process: started, silenced, and asked what it can do. */
#include <malloc.h>
#include <stdlib.h>

#include <vips/vips.h>
#include <vips/vector.h>

#include <batchresize/image.h>

/* Variables that make libvips or GLib start threads, print, fail on a warning, refuse operations or
 * write temporary files. A run must not depend on them. */
static const char *const traps[] = {
    "VIPS_MAX_THREADS",    "VIPS_CONCURRENCY",
    "IM_CONCURRENCY",      "VIPS_STALL",
    "VIPS_PROGRESS",       "IM_PROGRESS",
    "VIPS_INFO",           "IM_INFO",
    "VIPS_WARNING",        "IM_WARNING",
    "VIPS_PROFILE",        "VIPS_LEAK",
    "VIPS_TRACE",          "VIPS_NOVECTOR",
    "IM_NOVECTOR",         "VIPS_DISC_THRESHOLD",
    "IM_DISC_THRESHOLD",   "VIPS_PIPE_READ_LIMIT",
    "VIPS_MIN_STACK_SIZE", "VIPS_BLOCK_UNTRUSTED",
    "G_MESSAGES_DEBUG",    "G_DEBUG",
};

/* Decoded pictures up to this size are kept on the heap when freed, since a worker needs the same
 * again at once; larger ones go back to the system. image_trim() gives back the rest. */
#define HEAP_KEEPS (32 << 20)

static void silence(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data)
{
	(void)domain;
	(void)level;
	(void)text;
	(void)data;
}

/* Warnings of all libraries end here: what matters of them is an error of ours. Fatal is only what
 * GLib itself cannot survive, whatever the environment asked for. */
static void silence_logs(void)
{
	static const char *const domains[] = {"VIPS", "GLib", "GLib-GObject", "GModule"};
	const GLogLevelFlags levels = G_LOG_LEVEL_MASK & ~G_LOG_LEVEL_ERROR;

	(void)g_log_set_always_fatal((GLogLevelFlags)G_LOG_FATAL_MASK);
	(void)g_log_set_default_handler(silence, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(domains); i++)
		(void)g_log_set_handler(domains[i], levels, silence, NULL);
}

int image_init(struct error *error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(traps); i++)
		(void)unsetenv(traps[i]);
	silence_logs();
	if (VIPS_INIT("batchresize"))
		return error_set(error, ERROR_INTERNAL, "libvips cannot be started: %s",
		                 vips_error_buffer());
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_cache_set_max_mem(0);
	vips_cache_set_max_files(0);
	vips_leak_set(FALSE);
	/* ORC, libvips' SIMD compiler, needs a page that is writable and executable and leaves
	 * files behind where it may not have one. It served vips_resize(), which took 2.5 times as
	 * long without it; resample.c has taken that place and is faster than both. */
	vips_vector_set_enabled(FALSE);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_KEEPS);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * HEAP_KEEPS);
	(void)mallopt(M_ARENA_MAX, 2);
	return 0;
}

void image_trim(void)
{
	(void)malloc_trim(0);
}
