/* pages.h - one block of memory that is large, kept for long, and grows and shrinks where it is.
 *
 * Of a heap's block a larger one is another, whose pages come from the system once more, at a
 * fault each; here those that are there stay, and only what is added is new.
 *
 * One thread at a time for each block. Fork-safe as any memory.
 */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct pages {
	unsigned char *data; /* aligned to a page; NULL: there is none yet */
	size_t capacity;     /* bytes */
};

/* Makes room for so many bytes, at least one, which say nothing from here on. False if memory is
 * short: then all is as it was. */
bool pages_reserve(struct pages *pages, size_t bytes);

/* Gives back to the system what is beyond so many bytes; with 0, all. */
void pages_trim(struct pages *pages, size_t keep);

#endif
