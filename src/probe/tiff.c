/* tiff.c - see tiff.h. */
#include "probe/tiff.h"

unsigned tiff_type_size(uint32_t type)
{
	static const unsigned char size[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4,
	                                     8, 4, 8, 4, 0, 0, 8, 8, 8};

	return type < sizeof size ? size[type] : 0;
}

static bool get(const struct tiff_walk *walk, uint64_t at, unsigned size, uint64_t *value)
{
	const unsigned char *p = window_look(walk->window, at, size);

	if (p)
		*value = bytes_get(p, size, walk->big_endian);
	return p;
}

bool tiff_walk_begin(struct tiff_walk *walk, struct window *window)
{
	const unsigned char *p = window_look(window, 0, 4);
	unsigned size;

	if (!p)
		return false;
	*walk = (struct tiff_walk){.window = window, .big_endian = p[0] == 'M'};
	walk->big = bytes_get(p + 2, 2, walk->big_endian) == 43;
	size = walk->big ? 8 : 2;
	if (!get(walk, walk->big ? 8 : 4, walk->big ? 8 : 4, &walk->at) ||
	    !get(walk, walk->at, size, &walk->left))
		return false;
	walk->at += size;
	return true;
}

bool tiff_walk_next(struct tiff_walk *walk, struct tiff_entry *entry)
{
	const unsigned word = walk->big ? 8 : 4, size = 4 + 2 * word;
	const unsigned char *p;

	if (!walk->left || !window_step(walk->window) ||
	    !(p = window_look(walk->window, walk->at, size)))
		return false;
	*entry = (struct tiff_entry){
	    .tag = (uint32_t)bytes_get(p, 2, walk->big_endian),
	    .type = (uint32_t)bytes_get(p + 2, 2, walk->big_endian),
	    .count = bytes_get(p + 4, word, walk->big_endian),
	    .at = walk->at + 4 + word,
	};
	/* values that do not fit the entry lie elsewhere */
	if (tiff_type_size(entry->type) && entry->count > word / tiff_type_size(entry->type))
		entry->at = bytes_get(p + 4 + word, word, walk->big_endian);
	walk->at += size;
	walk->left--;
	return true;
}
