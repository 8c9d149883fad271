/* arena.c - see arena.h. */
#include "plugin/arena.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT 16
/* Bytes before a picture that are looked at. */
#define MARGIN 64
#define MARK   0xA5

static size_t round_up(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static bool grow(struct arena *arena, size_t room)
{
	uint8_t *base;

	arena_release(arena);
	base = mmap(NULL, room + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return false;
	arena->base = base;
	arena->room = room;
	if (mprotect(base + page(), room, PROT_READ | PROT_WRITE) == 0)
		return true;
	arena_release(arena);
	return false;
}

uint8_t *arena_take(struct arena *arena, size_t size)
{
	const size_t place = round_up(size, ALIGNMENT);

	if (size > SIZE_MAX / 2)
		return NULL;
	if (arena->room < place + MARGIN && !grow(arena, round_up(place + MARGIN, page())))
		return NULL;
	arena->pixels = arena->base + page() + arena->room - place;
	arena->size = size;
	memset(arena->pixels - MARGIN, MARK, MARGIN);
	memset(arena->pixels + size, MARK, place - size);
	return arena->pixels;
}

static bool is_marked(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != MARK)
			return false;
	return true;
}

bool arena_is_whole(const struct arena *arena)
{
	return !arena->pixels || (is_marked(arena->pixels - MARGIN, MARGIN) &&
	                          is_marked(arena->pixels + arena->size,
	                                    round_up(arena->size, ALIGNMENT) - arena->size));
}

void arena_clear(struct arena *arena, size_t keep)
{
	arena->pixels = NULL;
	arena->size = 0;
	if (arena->room > keep)
		arena_release(arena);
}

void arena_release(struct arena *arena)
{
	if (arena->base)
		(void)munmap(arena->base, arena->room + 2 * page());
	*arena = (struct arena){0};
}
