/* heif_colour.c - walks the meta box: items, their properties, what they are made of. */
#include "metadata/heif_colour.h"

#include <string.h>

#include "geometry/geometry.h"
#include "metadata/av1_colour.h"
#include "metadata/hevc_colour.h"
#include "probe/box_scan.h"
#include "probe/item_places.h"

/* A picture made of pictures made of pictures. */
#define DEPTH_MAX 4

#define FULL_BOX 4 /* a version and three bytes of flags begin it */

#define AV1C_HEAD 4 /* before the units in an av1C box (AV1 in ISOBMFF, 2.3.3) */

struct meta {
	struct bytes items, references, properties, associations, places, data;
	uint32_t primary;
};

/* Empty if there is none. */
static struct bytes part(struct bytes bytes, const char *type)
{
	struct bytes content;

	return box_find(bytes, type, &content) ? content : (struct bytes){0};
}

static bool meta_read(struct bytes file, struct meta *meta)
{
	struct bytes content = part(file, "meta"), primary, iprp;

	if (content.size < FULL_BOX)
		return false;
	content = (struct bytes){content.data + FULL_BOX, content.size - FULL_BOX};
	primary = part(content, "pitm");
	iprp = part(content, "iprp");
	*meta = (struct meta){
	    .items = part(content, "iinf"),
	    .references = part(content, "iref"),
	    .properties = part(iprp, "ipco"),
	    .associations = iprp,
	    .places = part(content, "iloc"),
	    .data = part(content, "idat"),
	};
	if (primary.size < FULL_BOX + (primary.size && primary.data[0] ? 4U : 2U))
		return false;
	meta->primary =
	    primary.data[0] ? be32(primary.data + FULL_BOX) : be16(primary.data + FULL_BOX);
	return true;
}

/* Numbers one after another, none beyond the end: 0 then. */
struct reader {
	struct bytes bytes;
	uint64_t at;
};

static uint32_t take(struct reader *reader, unsigned size)
{
	const unsigned char *p = reader->bytes.data + reader->at;

	if (!bytes_have(reader->bytes, reader->at, size)) {
		reader->at = reader->bytes.size;
		return 0;
	}
	reader->at += size;
	return size == 4 ? be32(p) : size == 2 ? be16(p) : p[0];
}

static bool is_at_end(const struct reader *reader)
{
	return reader->at >= reader->bytes.size;
}

static bool property_at(const struct meta *meta, uint32_t number, struct box *box)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < number; i++)
		if (!box_next(meta->properties, &at, box))
			return false;
	return number > 0;
}

static bool is_nclx(const struct box *box, void *context)
{
	(void)context;
	return box_is(box, "colr") && box->content.size >= 10 &&
	       !memcmp(box->content.data, "nclx", 4);
}

/* For a property of an item. */
struct search {
	bool (*is_wanted)(const struct box *property, void *context);
	void *context;
	struct box found;
};

/* The first wanted one among properties. */
static bool find_among(const struct meta *meta, struct reader *reader, uint32_t count, bool wide,
                       struct search *search)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t number = wide ? take(reader, 2) & 0x7fff : take(reader, 1) & 0x7f;

		if (property_at(meta, number, &search->found) &&
		    search->is_wanted(&search->found, search->context))
			return true;
	}
	return false;
}

/* Among those that an ipma box says the item has. */
static bool find_in_ipma(const struct meta *meta, struct bytes ipma, uint32_t item,
                         struct search *search)
{
	struct reader reader = {ipma, 0};
	const uint32_t head = take(&reader, 4), entries = take(&reader, 4);
	const bool wide = head & 1;

	for (uint32_t i = 0; i < entries && !is_at_end(&reader); i++) {
		const uint32_t id = take(&reader, head >> 24 ? 4 : 2), count = take(&reader, 1);

		if (id == item)
			return find_among(meta, &reader, count, wide, search);
		reader.at += (uint64_t)count * (wide ? 2 : 1);
	}
	return false;
}

static bool find_property(const struct meta *meta, uint32_t item, struct search *search)
{
	struct box ipma;
	uint64_t at = 0;

	while (box_next(meta->associations, &at, &ipma))
		if (box_is(&ipma, "ipma") && find_in_ipma(meta, ipma.content, item, search))
			return true;
	return false;
}

/* The first of the items that an item refers to in that way; 0: to none. */
static uint32_t first_reference(const struct meta *meta, const char *type, uint32_t item)
{
	const unsigned size = meta->references.size && meta->references.data[0] ? 4 : 2;
	uint64_t at = FULL_BOX;
	struct box box;

	while (box_next(meta->references, &at, &box)) {
		struct reader reader = {box.content, 0};

		if (box_is(&box, type) && take(&reader, size) == item && take(&reader, 2))
			return take(&reader, size);
	}
	return 0;
}

/* The first of the items that an item is derived from; 0: of none. */
static uint32_t first_part(const struct meta *meta, uint32_t item)
{
	return first_reference(meta, "dimg", item);
}

/* Among those of the primary item and then, of one that is derived and has none, of the first it is
 * made of. Returns whose it is; 0: nobody's. */
static uint32_t find_in_parts(const struct meta *meta, struct search *search)
{
	uint32_t item = meta->primary;

	for (int depth = 0; depth < DEPTH_MAX && item; depth++, item = first_part(meta, item))
		if (find_property(meta, item, search))
			return item;
	return 0;
}

static bool find_nclx(struct bytes file, struct box *box)
{
	struct search search = {.is_wanted = is_nclx};
	struct meta meta;

	if (!meta_read(file, &meta) || !find_in_parts(&meta, &search))
		return false;
	*box = search.found;
	return true;
}

struct colour_codes heif_nclx(struct bytes file)
{
	struct box box;

	if (!find_nclx(file, &box))
		return (struct colour_codes){0};
	return (struct colour_codes){
	    .told = true,
	    .primaries = (uint16_t)be16(box.content.data + 4),
	    .transfer = (uint16_t)be16(box.content.data + 6),
	    .matrix = (uint16_t)be16(box.content.data + 8),
	};
}

bool heif_set_codes(unsigned char *file, size_t size, const struct colour_codes *codes)
{
	struct box box;
	unsigned char *p;

	if (!find_nclx((struct bytes){file, size}, &box))
		return false;
	p = file + (box.content.data - file) + 4;
	put_be16(p, codes->primaries);
	put_be16(p + 2, codes->transfer);
	return true;
}

/* --- numbers in the coded picture ------------------------------------------------------ */

static bool is_configuration(const struct box *box, void *context)
{
	(void)context;
	return box_is(box, "hvcC") || (box_is(box, "av1C") && box->content.size >= AV1C_HEAD);
}

/* How an item's data begins: its first extent, as far as it is there. */
static struct bytes data_of(struct bytes file, const struct meta *meta, uint32_t item)
{
	struct item_places places;
	struct bytes within;
	uint64_t offset, length;
	bool found = item_places_init(&places, meta->places);

	do
		found = found && item_places_next(&places);
	while (found && places.item != item);
	if (!found || places.elsewhere || places.method > ITEM_IN_IDAT ||
	    !item_places_extent(&places, &offset, &length))
		return (struct bytes){0};
	within = places.method == ITEM_IN_IDAT ? meta->data : file;
	if (offset > within.size)
		return (struct bytes){0};
	if (!length || length > within.size - offset)
		length = within.size - offset;
	return (struct bytes){within.data + offset, (size_t)length};
}

/* AV1: a decoder goes by the data, whose header comes after the one among the properties. */
static struct colour_codes coded_codes(struct bytes file)
{
	struct search search = {.is_wanted = is_configuration};
	struct bytes *content = &search.found.content;
	struct colour_codes codes;
	struct meta meta;
	uint32_t item;

	if (!meta_read(file, &meta) || !(item = find_in_parts(&meta, &search)))
		return (struct colour_codes){0};
	if (box_is(&search.found, "hvcC"))
		return hevc_codes(*content);
	codes = av1_codes(data_of(file, &meta, item));
	return codes.told ? codes
	                  : av1_codes((struct bytes){content->data + AV1C_HEAD,
	                                             content->size - AV1C_HEAD});
}

struct colour_codes heif_codes(struct bytes file)
{
	const struct colour_codes codes = heif_nclx(file);

	return codes.told ? codes : coded_codes(file);
}

/* --- items ----------------------------------------------------------------------------- */

/* What kind of item each is (infe, versions 2 and 3). */
struct item_entries {
	struct bytes items;
	uint64_t at;
	uint32_t item;             /* after entries_next(), and */
	const unsigned char *type; /* four characters */
};

static struct item_entries entries_of(const struct meta *meta)
{
	return (struct item_entries){
	    .items = meta->items,
	    .at = FULL_BOX + (meta->items.size && meta->items.data[0] ? 4U : 2U),
	};
}

static bool entries_next(struct item_entries *entries)
{
	struct box box;

	while (box_next(entries->items, &entries->at, &box)) {
		const struct bytes entry = box.content;
		const bool wide = entry.size && entry.data[0] == 3;
		const uint64_t type_at = FULL_BOX + (wide ? 6U : 4U);

		if (!box_is(&box, "infe") || !bytes_have(entry, type_at, 4) || entry.data[0] < 2)
			continue;
		entries->item = wide ? be32(entry.data + FULL_BOX) : be16(entry.data + FULL_BOX);
		entries->type = entry.data + type_at;
		return true;
	}
	return false;
}

static const unsigned char *type_of(const struct meta *meta, uint32_t item)
{
	struct item_entries entries = entries_of(meta);

	while (entries_next(&entries))
		if (entries.item == item)
			return entries.type;
	return NULL;
}

static bool is_one_of(const unsigned char *type, const char *const *types)
{
	while (*types && memcmp(type, *types, 4) != 0)
		types++;
	return *types;
}

/* Four letters or digits, as those of all codings are. */
static bool is_name(const unsigned char *type)
{
	for (int i = 0; i < 4; i++)
		if (!(type[i] >= '0' && type[i] <= '9') &&
		    !((type[i] | 0x20) >= 'a' && (type[i] | 0x20) <= 'z'))
			return false;
	return true;
}

bool heif_is_coded_otherwise(struct bytes file, char coding[5])
{
	static const char *const derived[] = {"grid", "iovl", "iden", "tmap", NULL};
	static const char *const known[] = {"hvc1", "av01", NULL};
	const unsigned char *type = NULL;
	struct meta meta;
	uint32_t item;

	if (!meta_read(file, &meta))
		return false;
	item = meta.primary;
	for (int depth = 0; depth < DEPTH_MAX; depth++, item = first_part(&meta, item)) {
		type = type_of(&meta, item);
		if (!type || !is_one_of(type, derived))
			break;
	}
	if (!type || is_one_of(type, derived) || is_one_of(type, known) || !is_name(type))
		return false;
	memcpy(coding, type, 4);
	coding[4] = '\0';
	return true;
}

/* --- transformations ------------------------------------------------------------------- */

/* Adds a property's turn or mirroring to those before it: all of them are looked at, none is the
 * wanted one. irot counts quarters against the clock, imir says top and bottom, or left and right
 * (ISO/IEC 23008-12:2022, 6.5.10 and 6.5.12). */
static bool add_turn(const struct box *box, void *context)
{
	struct turn *turn = context;

	if (box_is(box, "irot") && box->content.size >= 1)
		for (unsigned i = box->content.data[0] & 3; i > 0; i--)
			*turn = (struct turn){!turn->swap, turn->flip_y, !turn->flip_x};
	if (box_is(box, "imir") && box->content.size >= 1 && box->content.data[0] & 1)
		turn->flip_x = !turn->flip_x;
	else if (box_is(box, "imir") && box->content.size >= 1)
		turn->flip_y = !turn->flip_y;
	return false;
}

unsigned heif_orientation(struct bytes file)
{
	struct turn turn = {0};
	struct search search = {.is_wanted = add_turn, .context = &turn};
	struct meta meta;
	unsigned orientation = 1;

	if (!meta_read(file, &meta))
		return 1;
	(void)find_property(&meta, meta.primary, &search);
	for (unsigned i = 2; i <= 8; i++) {
		const struct turn as = turn_of(i);

		if (as.swap == turn.swap && as.flip_x == turn.flip_x && as.flip_y == turn.flip_y)
			orientation = i;
	}
	return orientation;
}

/* --- alpha ----------------------------------------------------------------------------- */

bool heif_is_premultiplied(struct bytes file)
{
	struct meta meta;

	return meta_read(file, &meta) && first_reference(&meta, "prem", meta.primary);
}

/* --- gain maps ------------------------------------------------------------------------- */

static bool has_item(const struct meta *meta, const char *type)
{
	struct item_entries entries = entries_of(meta);

	while (entries_next(&entries))
		if (!memcmp(entries.type, type, 4))
			return true;
	return false;
}

static bool has_auxiliary(const struct meta *meta, const char *urn)
{
	const size_t length = strlen(urn) + 1;
	struct box box;
	uint64_t at = 0;

	while (box_next(meta->properties, &at, &box))
		if (box_is(&box, "auxC") && bytes_have(box.content, FULL_BOX, length) &&
		    !memcmp(box.content.data + FULL_BOX, urn, length))
			return true;
	return false;
}

bool heif_has_gain_map(struct bytes file)
{
	struct meta meta;

	return meta_read(file, &meta) &&
	       (has_item(&meta, "tmap") ||
	        has_auxiliary(&meta, "urn:com:apple:photo:2020:aux:hdrgainmap"));
}
