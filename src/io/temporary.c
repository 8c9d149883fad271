/* temporary.c - see temporary.h. */
#include "io/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define SHORT_PREFIX ".b~"
#define SUFFIX       ".tmp"
#define DIGITS       6 /* of each of the three numbers */
#define NUMBER_MAX   0xFFFFFFU

static uint64_t hash(uint64_t start, const void *bytes, size_t size)
{
	const unsigned char *next = bytes;
	uint64_t value = start;

	/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
	for (size_t i = 0; i < size; i++)
		value = (value ^ next[i]) * 0x100000001B3U;
	return value;
}

/* Names are tried until one is free: if chance is not to be had, unlikeness will do. */
static uint64_t chance(void)
{
	struct timespec now = {0};
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) == (ssize_t)sizeof(bits))
		return bits;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	bits = hash(0xCBF29CE484222325U, &now, sizeof(now));
	bits = hash(bits, &(pid_t){gettid()}, sizeof(pid_t));
	return bits ^ bits >> 29;
}

/* As here() has it: asked for once by each process, and known to those that it forks. */
static pthread_once_t here_once = PTHREAD_ONCE_INIT;
static unsigned here_number;

static void find_here(void)
{
	static const char boot[] = "/proc/sys/kernel/random/boot_id";
	uint64_t value = 0xCBF29CE484222325U;
	struct utsname names;
	struct stat space;
	char id[64];
	int fd = open(boot, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, id, sizeof(id));

	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	if (got > 0)
		value = hash(value, id, (size_t)got);
	else if (uname(&names) == 0)
		value = hash(value, names.nodename, strlen(names.nodename));
	if (stat("/proc/self/ns/pid", &space) == 0)
		value = hash(value, &space.st_ino, sizeof(space.st_ino));
	here_number = (unsigned)(value >> 40) & NUMBER_MAX;
}

/* Tells machines apart, their starts, and containers, in each of which numbers of processes mean
 * something else. */
static unsigned here(void)
{
	(void)pthread_once(&here_once, find_here); /* it can't fail */
	return here_number;
}

static void write_name(char name[OUTPUT_TEMPORARY_MAX], unsigned first, unsigned second)
{
	(void)snprintf(name, OUTPUT_TEMPORARY_MAX, OUTPUT_TEMPORARY_PREFIX "%06x%06x%06x" SUFFIX,
	               first, second, (unsigned)(chance() & NUMBER_MAX));
}

void temporary_name(char name[OUTPUT_TEMPORARY_MAX])
{
	write_name(name, here(), (unsigned)getpid() & NUMBER_MAX);
}

void temporary_name_brief(char name[OUTPUT_TEMPORARY_MAX])
{
	uint64_t bits = chance();

	write_name(name, (unsigned)(bits & NUMBER_MAX), (unsigned)(bits >> 24 & NUMBER_MAX));
}

void temporary_name_short(char name[OUTPUT_TEMPORARY_MAX], size_t length)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
	const size_t prefix = sizeof(SHORT_PREFIX) - 1;
	uint64_t bits = chance();
	size_t at = prefix;

	memcpy(name, SHORT_PREFIX, prefix);
	for (; at == prefix || (at < length && at < prefix + 12); at++, bits >>= 5)
		name[at] = letters[bits & 31];
	name[at] = '\0';
}

bool temporary_is_marked(const char *name)
{
	const size_t length = strlen(name);

	return strncmp(name, OUTPUT_TEMPORARY_PREFIX, sizeof(OUTPUT_TEMPORARY_PREFIX) - 1) == 0 &&
	       length >= sizeof(OUTPUT_TEMPORARY_PREFIX) - 1 + sizeof(SUFFIX) - 1 &&
	       strcmp(name + length - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

bool temporary_is(const char *name)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
	const size_t prefix = sizeof(SHORT_PREFIX) - 1;

	if (temporary_is_marked(name))
		return true;
	return strncmp(name, SHORT_PREFIX, prefix) == 0 && name[prefix] != '\0' &&
	       strspn(name + prefix, letters) == strlen(name + prefix) &&
	       strlen(name + prefix) <= 12;
}

enum temporary_owner temporary_owner(const char *name)
{
	unsigned machine, process, other;
	int length = 0;

	if (!temporary_is_marked(name) ||
	    sscanf(name + sizeof(OUTPUT_TEMPORARY_PREFIX) - 1, "%6x%6x%6x%n", &machine, &process,
	           &other, &length) != 3 ||
	    length != 3 * DIGITS || machine != here())
		return TEMPORARY_UNKNOWN;
	if (process == 0 || (kill((pid_t)process, 0) != 0 && errno == ESRCH))
		return TEMPORARY_DEAD;
	return TEMPORARY_LIVING;
}
