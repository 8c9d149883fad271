/* conflict.c - see conflict.h. */
#include "plan/conflict.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A source that lies elsewhere than its name says: a symbolic link's end. */
struct target {
	uint32_t place;
	uint32_t item;
	char *name;
};

struct conflict {
	struct plan *plan;
	struct places *places;
	struct table table;
	struct target *target;
	size_t targets;
};

/* A name in a place, as it counts there. */
struct key {
	uint32_t hash;
	uint32_t place;
	size_t length;
	char name[FOLD_MAX];
};

static uint32_t place_of(const struct plan *plan, uint32_t directory)
{
	return plan->paths.directory[directory].place;
}

static void make_key(const struct places *places, uint32_t place, const char *name, struct key *key)
{
	key->place = place;
	key->length = places_key(places, place, name, key->name, sizeof(key->name));
	key->hash = table_hash(place, key->name, key->length);
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->place == b->place && a->length == b->length &&
	       memcmp(a->name, b->name, a->length) == 0;
}

static void output_key(const struct conflict *conflict, const struct plan_item *item,
                       struct key *key)
{
	struct name name = item_output_name(conflict->plan, item);
	char text[FOLD_MAX];

	(void)name_write(&name, text, sizeof(text));
	make_key(conflict->places, place_of(conflict->plan, item->output_directory), text, key);
}

static void source_key(const struct conflict *conflict, const struct plan_item *item,
                       struct key *key)
{
	make_key(conflict->places, place_of(conflict->plan, item->directory),
	         item_name(conflict->plan, item), key);
}

/* --- places ------------------------------------------------------------------------------------
 */

enum role { ROLE_SOURCE = 1, ROLE_OUTPUT = 2, ROLE_ABOVE = 4 };

/* What each directory is for. ABOVE: outputs lie somewhere below it. */
static unsigned char *find_roles(const struct plan *plan)
{
	const struct paths *paths = &plan->paths;
	unsigned char *role = calloc((size_t)paths->count + 1, 1);

	if (!role)
		return NULL;
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->item[i].flags & ITEM_EXISTS)
			role[plan->item[i].directory] |= ROLE_SOURCE;
		if (plan->item[i].refusal == ERROR_NONE)
			role[plan->item[i].output_directory] |= ROLE_OUTPUT;
	}
	for (uint32_t i = paths->count; i-- > 0;) /* parents have smaller numbers */
		if (role[i] & (ROLE_OUTPUT | ROLE_ABOVE) &&
		    paths->directory[i].parent != PATHS_NONE)
			role[paths->directory[i].parent] |= ROLE_ABOVE;
	return role;
}

/* Looks up where every directory really is, those above first. */
static int resolve_places(struct conflict *conflict)
{
	struct paths *paths = &conflict->plan->paths;
	unsigned char *role = find_roles(conflict->plan);
	uint32_t count = paths->count;
	int status = role ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		bool output = role[i] & (ROLE_OUTPUT | ROLE_ABOVE);

		if (output || (role[i] & ROLE_SOURCE && paths->directory[i].place == PATHS_NONE))
			status = places_resolve(conflict->places, paths, i, output);
		if (status != 0 || role[i] == 0)
			continue;
		conflict->places->place[paths->directory[i].place].source |= role[i] & ROLE_SOURCE;
		conflict->places->place[paths->directory[i].place].output |=
		    (role[i] & ROLE_OUTPUT) != 0;
	}
	free(role);
	return status;
}

/* --- named twice -------------------------------------------------------------------------------
 */

/* Two items that are one: the same source and the same output. Refused ones, which have no place,
 * by the text of their paths. */
static void twin_key(const struct conflict *conflict, const struct plan_item *item, struct key *key)
{
	if (item->refusal == ERROR_NONE) {
		output_key(conflict, item, key);
		return;
	}
	key->place = item->directory;
	key->length = strnlen(item_name(conflict->plan, item), sizeof(key->name));
	memcpy(key->name, item_name(conflict->plan, item), key->length);
	key->hash = table_hash(item->directory, key->name, key->length);
}

static bool is_twin(const struct conflict *conflict, const struct plan_item *a,
                    const struct plan_item *b)
{
	struct key first, second;

	if (a->refusal != b->refusal)
		return false;
	if (a->refusal != ERROR_NONE)
		return a->directory == b->directory && a->output_directory == b->output_directory &&
		       strcmp(item_name(conflict->plan, a), item_name(conflict->plan, b)) == 0;
	source_key(conflict, a, &first);
	source_key(conflict, b, &second);
	if (!same_key(&first, &second))
		return false;
	output_key(conflict, a, &first);
	output_key(conflict, b, &second);
	return same_key(&first, &second);
}

/* Keeps the first of each, in order; one named by the user stays explicit. */
static int drop_twins(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	size_t kept = 0;
	int status = 0;

	for (size_t i = 0; i < plan->count && status == 0; i++) {
		struct plan_item *item = &plan->item[i];
		struct key key;
		size_t cursor = 0;
		uint32_t other;

		twin_key(conflict, item, &key);
		while ((other = table_next(&conflict->table, key.hash, &cursor)) != TABLE_NONE)
			if (is_twin(conflict, &plan->item[other], item))
				break;
		if (other != TABLE_NONE) {
			plan->item[other].flags |= item->flags & ITEM_EXPLICIT;
			continue;
		}
		plan->item[kept] = *item;
		status = table_add(&conflict->table, key.hash, (uint32_t)kept++);
	}
	table_release(&conflict->table);
	if (status == 0)
		plan->count = kept;
	return status;
}

/* --- outputs that are sources ------------------------------------------------------------------
 */

/* Where a symbolic link ends, if outputs go there. Returns 0 or -ENOMEM. */
static int add_target(struct conflict *conflict, uint32_t item)
{
	const struct plan *plan = conflict->plan;
	struct target target = {.item = item};
	char path[PATH_MAX], real[PATH_MAX];
	char *slash;
	struct stat st;

	if (plan_source(plan, item, path, sizeof(path)) < 0 || !realpath(path, real))
		return 0; /* gone since: whoever opens it will say so */
	slash = strrchr(real, '/');
	target.name = strdup(slash + 1);
	if (!target.name)
		return -ENOMEM;
	slash[slash == real] = '\0';
	target.place = PATHS_NONE;
	if (stat(real, &st) == 0)
		target.place = places_find(conflict->places, st.st_dev, st.st_ino);
	if (target.place == PATHS_NONE) {
		free(target.name);
		return 0;
	}
	conflict->places->place[target.place].source = true;
	conflict->target[conflict->targets++] = target;
	return 0;
}

static bool is_linked_source(const struct plan_item *item)
{
	return item->flags & ITEM_EXISTS && item->flags & ITEM_LINK;
}

static int find_targets(struct conflict *conflict)
{
	const struct plan *plan = conflict->plan;
	size_t links = 0;
	int status = 0;

	for (size_t i = 0; i < plan->count; i++)
		links += is_linked_source(&plan->item[i]);
	if (links == 0)
		return 0;
	conflict->target = calloc(links, sizeof(*conflict->target));
	if (!conflict->target)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count && status == 0; i++)
		if (is_linked_source(&plan->item[i]))
			status = add_target(conflict, (uint32_t)i);
	return status;
}

/* In the table: items, then targets. Only what lies where outputs go. */
static int collect_sources(struct conflict *conflict)
{
	const struct plan *plan = conflict->plan;
	const struct place *places = conflict->places->place;
	struct key key;
	int status = 0;

	for (size_t i = 0; i < plan->count && status == 0; i++) {
		const struct plan_item *item = &plan->item[i];

		if (!(item->flags & ITEM_EXISTS) || !places[place_of(plan, item->directory)].output)
			continue;
		source_key(conflict, item, &key);
		status = table_add(&conflict->table, key.hash, (uint32_t)i);
	}
	for (size_t i = 0; i < conflict->targets && status == 0; i++) {
		const struct target *target = &conflict->target[i];

		if (!places[target->place].output)
			continue;
		make_key(conflict->places, target->place, target->name, &key);
		status = table_add(&conflict->table, key.hash, (uint32_t)(plan->count + i));
	}
	return status;
}

/* The item whose source an output would replace, TABLE_NONE for none. */
static uint32_t replaced_source(const struct conflict *conflict, const struct plan_item *item)
{
	size_t count = conflict->plan->count;
	struct key output, source;
	size_t cursor = 0;
	uint32_t number;

	output_key(conflict, item, &output);
	while ((number = table_next(&conflict->table, output.hash, &cursor)) != TABLE_NONE) {
		const struct target *target = NULL;

		if (number < count) {
			source_key(conflict, &conflict->plan->item[number], &source);
		} else {
			target = &conflict->target[number - count];
			make_key(conflict->places, target->place, target->name, &source);
		}
		if (same_key(&output, &source))
			return target ? target->item : number;
	}
	return TABLE_NONE;
}

static int refuse_sources(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	int status = find_targets(conflict);

	if (status == 0)
		status = collect_sources(conflict);
	for (size_t i = 0; i < plan->count && status == 0 && conflict->table.count > 0; i++) {
		struct plan_item *item = &plan->item[i];
		uint32_t source;

		if (item->refusal != ERROR_NONE ||
		    !conflict->places->place[place_of(plan, item->output_directory)].source)
			continue;
		source = replaced_source(conflict, item);
		if (source == TABLE_NONE)
			continue;
		item->refusal = ERROR_IS_SOURCE;
		item->other = source;
	}
	table_release(&conflict->table);
	return status;
}

/* --- collisions --------------------------------------------------------------------------------
 */

/* Puts an item into the ring of those with the same output; `first` is the one found first. */
static void join_ring(struct plan *plan, uint32_t first, uint32_t number)
{
	struct plan_item *ring = &plan->item[first];
	struct plan_item *item = &plan->item[number];

	item->other = ring->refusal == ERROR_NONE ? first : ring->other;
	ring->other = number;
	ring->refusal = ERROR_COLLISION;
	item->refusal = ERROR_COLLISION;
}

/* The item in the table with that output, TABLE_NONE for none. */
static uint32_t item_of_output(const struct conflict *conflict, const struct key *key)
{
	size_t cursor = 0;
	uint32_t number;

	while ((number = table_next(&conflict->table, key->hash, &cursor)) != TABLE_NONE) {
		struct key other;

		output_key(conflict, &conflict->plan->item[number], &other);
		if (same_key(key, &other))
			break;
	}
	return number;
}

static int refuse_equal_outputs(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	int status = 0;

	for (size_t i = 0; i < plan->count && status == 0; i++) {
		struct key key;
		uint32_t first;

		if (plan->item[i].refusal != ERROR_NONE)
			continue;
		output_key(conflict, &plan->item[i], &key);
		first = item_of_output(conflict, &key);
		if (first == TABLE_NONE)
			status = table_add(&conflict->table, key.hash, (uint32_t)i);
		else
			join_ring(plan, first, (uint32_t)i);
	}
	return status;
}

/* For each place that does not exist, the item that would write a file of its name; *any tells
 * whether there is one at all. */
static uint32_t *find_files_in_the_way(const struct conflict *conflict, bool *any)
{
	const struct places *places = conflict->places;
	uint32_t *file = calloc((size_t)places->count + 1, sizeof(*file));

	*any = false;
	for (uint32_t i = 0; file && i < places->count; i++) {
		const struct place *place = &places->place[i];
		struct key key;

		file[i] = TABLE_NONE;
		if (place->parent == PATHS_NONE)
			continue;
		make_key(places, place->parent, paths_at(&conflict->plan->paths, place->name),
		         &key);
		file[i] = item_of_output(conflict, &key);
		*any |= file[i] != TABLE_NONE;
	}
	return file;
}

static void refuse_below(struct plan *plan, uint32_t below, uint32_t above)
{
	if (plan->item[below].refusal == ERROR_NONE) {
		plan->item[below].refusal = ERROR_COLLISION;
		plan->item[below].other = above;
		plan->item[below].flags |= ITEM_BELOW;
	}
	if (plan->item[above].refusal == ERROR_NONE) {
		plan->item[above].refusal = ERROR_COLLISION;
		plan->item[above].other = below;
		plan->item[above].flags |= ITEM_ABOVE;
	}
}

/* Outputs that need a directory where another is to be a file. */
static int refuse_files_in_the_way(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	const struct place *places = conflict->places->place;
	bool any;
	uint32_t *file = find_files_in_the_way(conflict, &any);

	if (!file)
		return -ENOMEM;
	for (size_t i = 0; any && i < plan->count; i++) {
		uint32_t at = place_of(plan, plan->item[i].output_directory);

		if (plan->item[i].refusal != ERROR_NONE && plan->item[i].refusal != ERROR_COLLISION)
			continue;
		for (; places[at].parent != PATHS_NONE; at = places[at].parent)
			if (file[at] != TABLE_NONE)
				refuse_below(plan, (uint32_t)i, file[at]);
	}
	free(file);
	return 0;
}

/* --- all ---------------------------------------------------------------------------------------
 */

static void conflict_release(struct conflict *conflict)
{
	for (size_t i = 0; i < conflict->targets; i++)
		free(conflict->target[i].name);
	free(conflict->target);
	table_release(&conflict->table);
}

int conflict_settle(struct plan *plan, struct places *places)
{
	struct conflict conflict = {.plan = plan, .places = places};
	int status = resolve_places(&conflict);

	if (status == 0)
		status = items_sort(plan);
	if (status == 0)
		status = drop_twins(&conflict);
	if (status == 0)
		status = refuse_sources(&conflict);
	if (status == 0)
		status = refuse_equal_outputs(&conflict);
	if (status == 0)
		status = refuse_files_in_the_way(&conflict);
	conflict_release(&conflict);
	return status;
}
