/* item_places.c - a cursor in the iloc box, whose numbers are of the lengths that it says. */
#include "probe/item_places.h"

#define NUMBER_MAX 8

static uint64_t take(struct item_places *places, unsigned size)
{
	const uint64_t at = places->at;

	places->ended |= !bytes_have(places->bytes, at, size);
	if (places->ended)
		return 0;
	places->at += size;
	return bytes_get(places->bytes.data + at, size, true);
}

bool item_places_init(struct item_places *places, struct bytes iloc)
{
	unsigned sizes;

	*places = (struct item_places){.bytes = iloc};
	places->version = (unsigned)take(places, 1);
	(void)take(places, 3);
	sizes = (unsigned)take(places, 2);
	places->offset = sizes >> 12 & 15;
	places->length = sizes >> 8 & 15;
	places->base = sizes >> 4 & 15;
	places->index = places->version ? sizes & 15 : 0;
	places->items = take(places, places->version == 2 ? 4 : 2);
	return places->version <= 2 && places->offset <= NUMBER_MAX &&
	       places->length <= NUMBER_MAX && places->base <= NUMBER_MAX &&
	       places->index <= NUMBER_MAX && !places->ended;
}

bool item_places_next(struct item_places *places)
{
	/* they may take up no bytes at all: never one by one */
	places->at += places->extents * (places->index + places->offset + places->length);
	if (!places->items || places->ended)
		return false;
	places->items--;
	places->item = (uint32_t)take(places, places->version == 2 ? 4 : 2);
	places->method = places->version ? (unsigned)take(places, 2) & 15 : ITEM_IN_FILE;
	places->elsewhere = take(places, 2) != 0;
	places->base_at = places->at;
	places->begin = take(places, places->base);
	places->extents = take(places, 2);
	return !places->ended;
}

bool item_places_extent(struct item_places *places, uint64_t *offset, uint64_t *length)
{
	if (!places->extents || places->ended)
		return false;
	places->extents--;
	(void)take(places, places->index);
	places->offset_at = places->at;
	*offset = take(places, places->offset);
	*length = take(places, places->length);
	*offset = places->begin + *offset < *offset ? UINT64_MAX : places->begin + *offset;
	return !places->ended;
}
