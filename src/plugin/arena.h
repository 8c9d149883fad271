/* arena.h - memory for a picture's pixels with fences around it, so that whoever writes beyond them
 * is found out.
 *
 * Behind the pixels, rounded up to 16 bytes, begins a page that can't be touched: going there ends
 * the process by SIGSEGV. What lies between, and before them, is looked at by arena_is_whole().
 * One thread at a time.
 */
#ifndef PLUGIN_ARENA_H
#define PLUGIN_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: none yet. */
struct arena {
	uint8_t *base;   /* of the mapping, a fence */
	size_t room;     /* bytes between the fences */
	uint8_t *pixels; /* of the picture at hand */
	size_t size;     /* bytes of them */
};

/* Room for a picture, aligned to 16 bytes, of any content, in place of the last one. NULL: no
 * memory. */
uint8_t *arena_take(struct arena *arena, size_t size);

/* Whether nothing was written beside the picture. */
bool arena_is_whole(const struct arena *arena);

/* Ends the picture; gives what is more than `keep` bytes back. */
void arena_clear(struct arena *arena, size_t keep);
void arena_release(struct arena *arena);

#endif
