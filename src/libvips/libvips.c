/* libvips.c - libvips in this process: found, started, silenced. */
#include "libvips/libvips.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "libvips/warm.h"
#include "webp/one_thread.h"

struct libvips libvips;

/* In the order of struct libvips. */
static const char *const names[] = {
#define LIBVIPS_NAME(name) #name,
    LIBVIPS_FUNCTIONS(LIBVIPS_NAME)
#undef LIBVIPS_NAME
};

_Static_assert(sizeof libvips == sizeof names, "a pointer for each name");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct br_error failure; /* of the one attempt */
static atomic_bool is_loaded;
static struct {
	void (*ask)(void *arg);
	void *arg;
} first;                           /* who is asked before the attempt */
static struct libraries libraries; /* before more are, by what is done with it */

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

/* Why it can't be loaded, by the dynamic loader's words. */
static void refuse(const char *words)
{
	const struct memory_room room = memory_room();
	char text[MEMORY_TEXT_MAX];

	if (words && memory_is_blamed(words))
		(void)br_error_set(&failure, BR_ERROR_MEMORY,
		                   "no memory to load libvips, which is needed: %s",
		                   memory_room_text(&room, text));
	else
		(void)br_error_set(
		    &failure, BR_ERROR_UNSUPPORTED,
		    "libvips is needed, and cannot be loaded: install libvips42 (%s)",
		    words ? words : "a function is missing");
}

/* Functions are bound when they are called first: all of a hundred libraries' would take longer. */
static bool find_functions(void)
{
	if (libraries_bind(dlopen(LIBVIPS_SONAME, RTLD_LAZY | RTLD_LOCAL), names,
	                   G_N_ELEMENTS(names), &libvips))
		return true;
	refuse(dlerror());
	return false;
}

/* Bytes of addresses that libvips and the libraries behind it need to be loaded, and again for
 * their threads: with less left they end the process instead of the picture. Libraries take some
 * 100 MB; with less than this behind them every picture would be refused (shortage_refuse()). */
#define ROOM_LEAST ((uint64_t)128 << 20)

static bool has_room(void)
{
	const struct memory_room room = memory_addresses();
	char text[MEMORY_TEXT_MAX];

	if (room.left >= ROOM_LEAST)
		return true;
	(void)br_error_set(&failure, BR_ERROR_MEMORY, "no memory for libvips, which is needed: %s",
	                   memory_room_text(&room, text));
	return false;
}

static void start(void)
{
	if (!has_room() || !find_functions() || !has_room())
		return;
	silence_logs();
	if (VIPS_INIT("batchresize")) {
		(void)br_error_set(&failure, BR_ERROR_INTERNAL, "libvips cannot be started: %s",
		                   vips_error_buffer());
		return;
	}
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_cache_set_max_mem(0);
	vips_cache_set_max_files(0);
	vips_leak_set(FALSE);
	/* ORC, libvips' SIMD compiler, needs a page that is writable and executable and leaves
	 * files behind if it may not have one. It served vips_resize(), which took 2.5 times as
	 * long without it; resample.c has taken that place and is faster than both. */
	vips_vector_set_enabled(FALSE);
	libvips_warm();
	(void)webp_one_thread();
	libraries_find(&libraries);
	atomic_store(&is_loaded, true);
}

void libvips_ask_first(void (*ask)(void *arg), void *arg)
{
	first.ask = ask;
	first.arg = arg;
}

int libvips_load(struct br_error *error)
{
	if (first.ask && !libvips_is_loaded())
		first.ask(first.arg);
	(void)pthread_once(&once, start);
	if (failure.code && error)
		*error = failure;
	return (int)failure.code;
}

bool libvips_is_loaded(void)
{
	return atomic_load(&is_loaded);
}

const struct libraries *libvips_libraries(void)
{
	return libvips_is_loaded() ? &libraries : NULL;
}

const char *libvips_words(void)
{
	return libvips_is_loaded() ? vips_error_buffer() : "";
}

void libvips_forget_words(void)
{
	if (libvips_is_loaded())
		vips_error_clear();
}

unsigned libvips_shortages(void)
{
	static atomic_uint count;

	/* as vips_tracked_malloc() says it, in whatever language the rest may be */
	if (libvips_is_loaded() && strstr(vips_error_buffer(), "vips_tracked: ")) {
		vips_error_clear();
		atomic_fetch_add(&count, 1);
	}
	return atomic_load(&count);
}
