/* conflict.c - see conflict.h. */
#include "plan/conflict.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/outputs.h"
#include "plan/own.h"

/* A source that lies elsewhere than its name says: a symbolic link's end. */
struct target {
	uint32_t place;
	uint32_t item;
	char *name;
};

struct conflict {
	struct plan *plan;
	struct places places;
	struct table table; /* of sources, or of outputs: see output_number() */
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

static void made_key(const struct conflict *conflict, const struct plan_item *item, unsigned output,
                     const struct br_image_output *made, struct key *key)
{
	const struct plan *plan = conflict->plan;
	uint32_t directory = outputs_directory(plan, item, output);
	char text[FOLD_MAX];

	(void)outputs_name(plan, item, output, made, text, sizeof(text));
	make_key(&conflict->places, place_of(plan, directory), text, key);
}

static void output_key(const struct conflict *conflict, const struct plan_item *item,
                       unsigned output, struct key *key)
{
	made_key(conflict, item, output, NULL, key);
}

/* An output as an entry of the table: items_add() sees to it that there are not too many. */
static uint32_t output_number(const struct plan *plan, size_t item, unsigned output)
{
	return (uint32_t)item * plan->outputs + output;
}

static void source_key(const struct conflict *conflict, const struct plan_item *item,
                       struct key *key)
{
	make_key(&conflict->places, place_of(conflict->plan, item->directory),
	         item_name(conflict->plan, item), key);
}

/* --- where directories really are ------------------------------------------------------------- */

enum role { ROLE_SOURCE = 1, ROLE_OUTPUT = 2, ROLE_ABOVE = 4, ROLE_PASSED = 8 };

static void add_role_above(const struct paths *paths, uint32_t directory, unsigned char *role)
{
	const uint32_t parent = paths->directory[directory].parent;

	if (parent == PATHS_NONE)
		return;
	if (role[directory] & (ROLE_OUTPUT | ROLE_ABOVE))
		role[parent] |= ROLE_ABOVE;
	if (role[directory] & (ROLE_SOURCE | ROLE_PASSED) &&
	    paths->directory[directory].place == PATHS_NONE)
		role[parent] |= ROLE_PASSED;
}

/* What each directory is for. ABOVE: outputs lie somewhere below it. PASSED: sources do, and no
 * walk has come by. */
static unsigned char *find_roles(const struct plan *plan)
{
	const struct paths *paths = &plan->paths;
	unsigned char *role = calloc((size_t)paths->count + 1, 1);

	if (!role)
		return NULL;
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->item[i].flags & ITEM_EXISTS)
			role[plan->item[i].directory] |= ROLE_SOURCE;
		for (unsigned output = 0; output < plan->outputs; output++)
			if (plan->item[i].refusal == BR_ERROR_NONE)
				role[outputs_directory(plan, &plan->item[i], output)] |=
				    ROLE_OUTPUT;
	}
	for (uint32_t i = paths->count; i-- > 0;) /* parents have smaller numbers */
		add_role_above(paths, i, role);
	return role;
}

/* Looks up where every directory really is, those above first. A piece of a list leaves it to what
 * is missing to look up those above, unless a template names directories. */
static int resolve_places(struct conflict *conflict)
{
	const bool passes = conflict->places.answers && conflict->plan->template.name == 0;
	struct paths *paths = &conflict->plan->paths;
	unsigned char *role = find_roles(conflict->plan);
	uint32_t count = paths->count;
	int status = role ? 0 : -ENOMEM;
	struct place *place;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		bool output = role[i] & (ROLE_OUTPUT | ROLE_ABOVE);

		if (passes && role[i] == ROLE_ABOVE)
			continue;
		if (output || (role[i] & (ROLE_SOURCE | ROLE_PASSED) &&
		               paths->directory[i].place == PATHS_NONE))
			status = places_resolve(&conflict->places, paths, i, output);
		if (status != 0 || role[i] == 0)
			continue;
		place = &conflict->places.place[paths->directory[i].place];
		place->source |= role[i] & ROLE_SOURCE;
		place->output |= (role[i] & ROLE_OUTPUT) != 0;
	}
	free(role);
	return status;
}

/* --- named twice ------------------------------------------------------------------------------ */

/* Two items that are one: the same source, output (the first of several as well as all), size and
 * format. Refused ones, which have no place, by the text of their paths. */
static void twin_key(const struct conflict *conflict, const struct plan_item *item, struct key *key)
{
	if (item->refusal == BR_ERROR_NONE) {
		output_key(conflict, item, 0, key);
		return;
	}
	key->place = item->directory;
	key->length = strnlen(item_name(conflict->plan, item), sizeof(key->name));
	memcpy(key->name, item_name(conflict->plan, item), key->length);
	key->hash = table_hash(item->directory, key->name, key->length);
}

/* Refused items that a list asks different outputs for are as many: each is to be reported. */
static bool same_text(const struct plan *plan, const struct plan_item *a, const struct plan_item *b)
{
	char first[PATH_MAX], second[PATH_MAX];

	if (a->directory != b->directory || a->output_directory != b->output_directory ||
	    strcmp(item_name(plan, a), item_name(plan, b)) != 0 ||
	    ((a->flags | b->flags) & ITEM_URL && !item_same_url(plan, a, b)))
		return false;
	if (!((a->flags | b->flags) & ITEM_ASKED))
		return true;
	(void)outputs_path(plan, a, 0, NULL, first, sizeof(first));
	(void)outputs_path(plan, b, 0, NULL, second, sizeof(second));
	return strcmp(first, second) == 0;
}

static bool same_source(const struct conflict *conflict, const struct plan_item *a,
                        const struct plan_item *b)
{
	struct key first, second;

	if ((a->flags | b->flags) & ITEM_URL)
		return item_same_url(conflict->plan, a, b);
	source_key(conflict, a, &first);
	source_key(conflict, b, &second);
	return same_key(&first, &second);
}

static bool is_twin(const struct conflict *conflict, const struct plan_item *a,
                    const struct plan_item *b)
{
	struct key first, second;

	if (a->refusal != b->refusal)
		return false;
	if (a->refusal != BR_ERROR_NONE)
		return same_text(conflict->plan, a, b);
	if (!same_source(conflict, a, b) || !item_same_wish(conflict->plan, a, b))
		return false;
	output_key(conflict, a, 0, &first);
	output_key(conflict, b, 0, &second);
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

/* --- outputs that are sources ----------------------------------------------------------------- */

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
		target.place = places_find(&conflict->places, st.st_dev, st.st_ino);
	if (target.place == PATHS_NONE) {
		free(target.name);
		return 0;
	}
	conflict->places.place[target.place].source = true;
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
	const struct place *places = conflict->places.place;
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
		make_key(&conflict->places, target->place, target->name, &key);
		status = table_add(&conflict->table, key.hash, (uint32_t)(plan->count + i));
	}
	return status;
}

/* The item whose source has that key, TABLE_NONE for none. */
static uint32_t item_of_source(const struct conflict *conflict, const struct key *key)
{
	size_t count = conflict->plan->count;
	struct key source;
	size_t cursor = 0;
	uint32_t number;

	while ((number = table_next(&conflict->table, key->hash, &cursor)) != TABLE_NONE) {
		const struct target *target = NULL;

		if (number < count) {
			source_key(conflict, &conflict->plan->item[number], &source);
		} else {
			target = &conflict->target[number - count];
			make_key(&conflict->places, target->place, target->name, &source);
		}
		if (same_key(key, &source))
			return target ? target->item : number;
	}
	return TABLE_NONE;
}

static uint32_t replaced_source(const struct conflict *conflict, const struct plan_item *item,
                                unsigned output, const struct br_image_output *made)
{
	uint32_t directory = outputs_directory(conflict->plan, item, output);
	struct key key;

	if (!conflict->places.place[place_of(conflict->plan, directory)].source)
		return TABLE_NONE;
	made_key(conflict, item, output, made, &key);
	return item_of_source(conflict, &key);
}

static uint32_t source_of_output(const void *ctx, uint32_t item, unsigned output)
{
	const struct conflict *conflict = ctx;

	return replaced_source(conflict, &conflict->plan->item[item], output, NULL);
}

static void refuse_source(const struct conflict *conflict, struct plan_item *item)
{
	for (unsigned output = 0; output < conflict->plan->outputs; output++) {
		uint32_t source = replaced_source(conflict, item, output, NULL);

		if (source == TABLE_NONE ||
		    conflict->plan->item[source].refusal == BR_ERROR_OWN_OUTPUT)
			continue;
		item->refusal = BR_ERROR_IS_SOURCE;
		item->other = source;
		return;
	}
}

static int refuse_sources(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	int status = collect_sources(conflict);

	if (status == 0 && (conflict->table.count > 0 || plan->template.name > 0))
		status = own_pass_over(plan, &conflict->places, source_of_output, conflict);
	for (size_t i = 0; i < plan->count && status == 0 && conflict->table.count > 0; i++)
		if (plan->item[i].refusal == BR_ERROR_NONE)
			refuse_source(conflict, &plan->item[i]);
	table_release(&conflict->table);
	return status;
}

/* --- collisions ------------------------------------------------------------------------------- */

/* Puts two items with the same output into one ring. Those that are in rings already, by other
 * outputs, stay where they are: each has its rivals to name. */
static void join_ring(struct plan *plan, uint32_t first, uint32_t number)
{
	struct plan_item *ring = &plan->item[first];
	struct plan_item *item = &plan->item[number];

	if (ring->refusal != BR_ERROR_NONE && item->refusal != BR_ERROR_NONE)
		return;
	if (ring->refusal == BR_ERROR_NONE && item->refusal == BR_ERROR_NONE) {
		ring->other = number;
		item->other = first;
	} else if (item->refusal == BR_ERROR_NONE) {
		item->other = ring->other;
		ring->other = number;
	} else {
		ring->other = item->other;
		item->other = first;
	}
	ring->refusal = BR_ERROR_COLLISION;
	item->refusal = BR_ERROR_COLLISION;
}

/* The item in the table with that output, TABLE_NONE for none. */
static uint32_t item_of_output(const struct conflict *conflict, const struct key *key)
{
	const struct plan *plan = conflict->plan;
	size_t cursor = 0;
	uint32_t number;

	while ((number = table_next(&conflict->table, key->hash, &cursor)) != TABLE_NONE) {
		struct key other;

		output_key(conflict, &plan->item[number / plan->outputs], number % plan->outputs,
		           &other);
		if (same_key(key, &other))
			return number / plan->outputs;
	}
	return TABLE_NONE;
}

static int add_output(struct conflict *conflict, uint32_t number, unsigned output)
{
	struct plan *plan = conflict->plan;
	struct key key;
	uint32_t first;

	output_key(conflict, &plan->item[number], output, &key);
	first = item_of_output(conflict, &key);
	if (first == TABLE_NONE)
		return table_add(&conflict->table, key.hash, output_number(plan, number, output));
	/* An item's own sizes can only come to one name by {width} or {height}: that is seen when
	 * they are known. */
	if (first != number)
		join_ring(plan, first, number);
	return 0;
}

static int refuse_equal_outputs(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	int status = 0;

	for (size_t i = 0; i < plan->count; i++)
		for (unsigned output = 0; output < plan->outputs && status == 0; output++)
			if (item_has_outputs(&plan->item[i]))
				status = add_output(conflict, (uint32_t)i, output);
	return status;
}

/* For each place that does not exist, the item that would write a file of its name; *any tells
 * whether there is one at all. */
static uint32_t *find_files_in_the_way(const struct conflict *conflict, bool *any)
{
	const struct places *places = &conflict->places;
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
	if (plan->item[below].refusal == BR_ERROR_NONE) {
		plan->item[below].refusal = BR_ERROR_COLLISION;
		plan->item[below].other = above;
		plan->item[below].flags |= ITEM_BELOW;
	}
	if (plan->item[above].refusal == BR_ERROR_NONE) {
		plan->item[above].refusal = BR_ERROR_COLLISION;
		plan->item[above].other = below;
		plan->item[above].flags |= ITEM_ABOVE;
	}
}

/* Outputs of an item that need a directory where another's is to be a file; `file` is by place. */
static void refuse_where_files_are(struct conflict *conflict, const uint32_t *file, uint32_t item)
{
	struct plan *plan = conflict->plan;
	const struct place *places = conflict->places.place;

	for (unsigned output = 0; output < plan->outputs; output++) {
		uint32_t at = place_of(plan, outputs_directory(plan, &plan->item[item], output));

		for (; places[at].parent != PATHS_NONE; at = places[at].parent)
			if (file[at] != TABLE_NONE)
				refuse_below(plan, item, file[at]);
	}
}

static int refuse_files_in_the_way(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	bool any;
	uint32_t *file = find_files_in_the_way(conflict, &any);

	if (!file)
		return -ENOMEM;
	for (size_t i = 0; any && i < plan->count; i++)
		if (item_has_outputs(&plan->item[i]))
			refuse_where_files_are(conflict, file, (uint32_t)i);
	free(file);
	return 0;
}

/* --- settling the plan ------------------------------------------------------------------------ */

void conflict_free(struct conflict *conflict)
{
	if (!conflict)
		return;
	for (size_t i = 0; i < conflict->targets; i++)
		free(conflict->target[i].name);
	free(conflict->target);
	table_release(&conflict->table);
	places_release(&conflict->places);
	free(conflict);
}

static int settle(struct conflict *conflict)
{
	struct plan *plan = conflict->plan;
	int status = outputs_make_directories(plan);

	if (status == 0)
		status = resolve_places(conflict);
	if (status == 0)
		status = items_sort(plan);
	if (status == 0)
		status = drop_twins(conflict);
	if (status == 0)
		status = find_targets(conflict);
	if (status == 0)
		status = refuse_sources(conflict);
	if (status == 0)
		status = refuse_equal_outputs(conflict);
	if (status == 0)
		status = refuse_files_in_the_way(conflict);
	table_release(&conflict->table);
	return status;
}

int conflict_settle(struct plan *plan, struct places *places)
{
	struct conflict *conflict = calloc(1, sizeof(*conflict));
	int status;

	if (!conflict)
		return -ENOMEM;
	conflict->plan = plan;
	conflict->places = *places;
	*places = (struct places){.folds = places->folds, .answers = places->answers};
	status = settle(conflict);
	if (status == 0 && plan->template.sides)
		status = collect_sources(conflict);
	if (status != 0 || conflict->table.count == 0) {
		conflict_free(conflict);
		return status;
	}
	plan->sources = conflict;
	return 0;
}

uint32_t conflict_replaced(const struct plan *plan, const struct plan_item *item, unsigned output,
                           const struct br_image_output *made)
{
	uint32_t source =
	    plan->sources ? replaced_source(plan->sources, item, output, made) : TABLE_NONE;

	if (source != TABLE_NONE && plan->item[source].refusal == BR_ERROR_OWN_OUTPUT)
		return TABLE_NONE;
	return source;
}
