/* before.c - see before.h. */
#include "plan/before.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "plan/keys.h"
#include "plan/outputs.h"
#include "state/prints.h"
#include "plan/table.h"

/* What a fingerprint stands for. */
enum kind { KIND_OUTPUT = 1, KIND_SOURCE, KIND_PAIR };

/* Places for fingerprints in memory, 8 bytes each: those of some 300,000 images with one output. */
#define PRINTS_IN_MEMORY ((size_t)1 << 20)

/* Directories that were looked up last. */
#define CACHE_SIZE 256

struct known_directory {
	uint64_t text; /* hash of its path as it was given; 0: free */
	uint64_t real;
	bool folds;
};

struct before {
	pthread_mutex_t lock; /* of all that follows */
	struct prints *prints;
	struct known_directory cache[CACHE_SIZE];
	fold_decision *folds;
};

static uint64_t print_of(enum kind kind, uint64_t key)
{
	uint64_t print = table_hash_long(kind, &key, sizeof(key));

	print ^= print >> 32; /* the low bits choose the place */
	return print ? print : 1;
}

static bool has(struct before *before, enum kind kind, uint64_t key)
{
	return prints_has(before->prints, print_of(kind, key));
}

static int add(struct before *before, enum kind kind, uint64_t key)
{
	return prints_add(before->prints, print_of(kind, key));
}

/* An item's source and output, and how the one is to be made of the other. */
static uint64_t pair_of(const struct plan *plan, const struct plan_item *item, uint64_t source,
                        uint64_t output)
{
	const struct item_asked asked = item_asked(plan, item);
	const uint64_t pair[] = {
	    source,       output,         asked.size.width, asked.size.height, asked.size.percent,
	    asked.format, asked.formatted};

	return table_hash_long(0, pair, sizeof(pair));
}

/* --- names ------------------------------------------------------------------------------------ */

/* A hash of the path's components, folded or not: "a//./b" is "a/b". */
static uint64_t hash_path(uint64_t hash, const char *path, bool folds)
{
	char name[NAME_MAX + 1], folded[FOLD_MAX];

	while (*path) {
		const size_t length = strcspn(path, "/");

		if (length > 0 && !(length == 1 && path[0] == '.')) {
			const size_t kept = length < NAME_MAX ? length : NAME_MAX;

			memcpy(name, path, kept);
			name[kept] = '\0';
			hash = folds ? table_hash_long(hash, folded,
			                               fold_name(name, folded, sizeof(folded)))
			             : table_hash_long(hash, path, length);
		}
		path += length;
		path += *path == '/';
	}
	return hash;
}

/* Where the path leads: realpath(3) of the part that exists, and the rest as it is. *upper becomes
 * the former. False: no such path can be. */
static bool find_real(const char *path, char upper[PATH_MAX], char real[PATH_MAX],
                      const char **rest)
{
	size_t cut = strlen(path);

	if (cut >= PATH_MAX)
		return false;
	memcpy(upper, path, cut + 1);
	for (;;) {
		*rest = path + cut;
		if (realpath(upper, real))
			return true;
		while (cut > 0 && upper[cut - 1] == '/')
			cut--;
		while (cut > 0 && upper[cut - 1] != '/')
			cut--;
		if (cut == 0 && strcmp(upper, ".") == 0)
			return false;
		upper[cut] = '\0';
		if (cut == 0)
			memcpy(upper, ".", sizeof("."));
	}
}

static struct known_directory look_up(const struct before *before, const char *path)
{
	struct known_directory known = {0};
	char upper[PATH_MAX], real[PATH_MAX];
	const char *rest;

	if (!find_real(path, upper, real, &rest)) {
		known.real = hash_path(0, path, false);
		return known;
	}
	known.folds = before->folds(upper);
	known.real = hash_path(hash_path(0, real, known.folds), rest, known.folds);
	return known;
}

static struct known_directory find_directory(struct before *before, const char *path)
{
	const uint64_t text = table_hash_long(1, path, strlen(path)) | 1;
	struct known_directory *cached = &before->cache[(text >> 1) % CACHE_SIZE];

	if (cached->text != text) {
		*cached = look_up(before, path);
		cached->text = text;
	}
	return *cached;
}

/* The key of a path below a directory of the plan. */
static uint64_t key_below(struct before *before, const struct plan *plan, uint32_t directory,
                          const char *name)
{
	struct known_directory known;
	char path[PATH_MAX];

	if (paths_directory(&plan->paths, directory, path, sizeof(path)) < 0)
		return 0; /* refused for its length */
	known = find_directory(before, path);
	return hash_path(known.real, name, known.folds);
}

/* Of a key in Redis, however it was written. */
static uint64_t hash_address(const struct redis_address *address)
{
	char text[PATH_MAX];

	(void)redis_address_write(address, text, sizeof(text));
	return table_hash_long(1, text, strlen(text));
}

static uint64_t source_key(struct before *before, const struct plan *plan,
                           const struct plan_item *item)
{
	struct redis_address address;

	if (item->flags & ITEM_URL && redis_address_is(item_url(plan, item)) &&
	    !redis_address_read(&address, item_url(plan, item)))
		return hash_address(&address);
	if (item->flags & ITEM_URL)
		return table_hash_long(1, item_url(plan, item), strlen(item_url(plan, item)));
	return key_below(before, plan, item->directory, item_name(plan, item));
}

/* What a symbolic link leads to; 0: nothing. */
static uint64_t target_key(struct before *before, const struct plan *plan,
                           const struct plan_item *item)
{
	char path[PATH_MAX], real[PATH_MAX];
	const char *name = item_name(plan, item);
	const size_t length = paths_prefix(&plan->paths, item->directory, path, sizeof(path));
	struct known_directory known;
	char *slash;

	if (!(item->flags & ITEM_LINK) || length + strlen(name) >= sizeof(path))
		return 0;
	memcpy(path + length, name, strlen(name) + 1);
	if (!realpath(path, real))
		return 0;
	slash = strrchr(real, '/');
	*slash = '\0';
	known = find_directory(before, slash == real ? "/" : real);
	return hash_path(known.real, slash + 1, known.folds);
}

static uint64_t output_key(struct before *before, const struct plan *plan,
                           const struct plan_item *item, unsigned output,
                           const struct br_image_output *made)
{
	struct redis_address address;
	char path[PATH_MAX];

	if (keys_has(plan, item)) {
		keys_address(plan, item, output, made, &address);
		return hash_address(&address);
	}
	(void)outputs_path(plan, item, output, made, path, sizeof(path));
	return key_below(before, plan, item->output_directory, path);
}

/* --- pieces ----------------------------------------------------------------------------------- */

static void refuse(struct plan_item *item, enum br_error_code code)
{
	item->refusal = code;
	item->flags |= ITEM_BEFORE;
}

/* Whether the item is to be kept, refused or not. */
static bool meet(struct before *before, const struct plan *plan, struct plan_item *item)
{
	const uint64_t source = source_key(before, plan, item);
	bool all = true, made = false, replaces = false;

	if (has(before, KIND_OUTPUT, source)) {
		refuse(item, BR_ERROR_OWN_OUTPUT);
		return true;
	}
	for (unsigned i = 0; i < plan->outputs; i++) {
		const uint64_t output = output_key(before, plan, item, i, NULL);

		const bool there = has(before, KIND_OUTPUT, output);

		made = made || there;
		all = all && there && has(before, KIND_PAIR, pair_of(plan, item, source, output));
		replaces = replaces || (output != source && has(before, KIND_SOURCE, output));
	}
	if (made && !all)
		refuse(item, BR_ERROR_COLLISION);
	else if (replaces)
		refuse(item, BR_ERROR_IS_SOURCE);
	return !all;
}

void before_meet(struct before *before, struct plan *plan)
{
	size_t kept = 0;

	(void)pthread_mutex_lock(&before->lock);
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_item *item = &plan->item[i];

		if (item->refusal != BR_ERROR_NONE || meet(before, plan, item))
			plan->item[kept++] = *item;
	}
	plan->count = kept;
	(void)pthread_mutex_unlock(&before->lock);
}

static int remember(struct before *before, const struct plan *plan, const struct plan_item *item)
{
	const uint64_t source = source_key(before, plan, item);
	const uint64_t target = target_key(before, plan, item);
	int status = add(before, KIND_SOURCE, source);

	if (status == 0 && target != 0)
		status = add(before, KIND_SOURCE, target);
	if (!item_has_outputs(item))
		return status;
	for (unsigned i = 0; i < plan->outputs && status == 0; i++) {
		const uint64_t output = output_key(before, plan, item, i, NULL);

		status = add(before, KIND_OUTPUT, output);
		if (status == 0 && item->refusal == BR_ERROR_NONE)
			status = add(before, KIND_PAIR, pair_of(plan, item, source, output));
	}
	return status;
}

int before_remember(struct before *before, const struct plan *plan)
{
	int status = 0;

	(void)pthread_mutex_lock(&before->lock);
	for (size_t i = 0; i < plan->count && status == 0; i++) {
		const struct plan_item *item = &plan->item[i];

		if (item->flags & (ITEM_EXISTS | ITEM_URL) && item->refusal != BR_ERROR_OWN_OUTPUT)
			status = remember(before, plan, item);
	}
	(void)pthread_mutex_unlock(&before->lock);
	return status;
}

bool before_is_source(struct before *before, const struct plan *plan, const struct plan_item *item,
                      unsigned output, const struct br_image_output *made)
{
	uint64_t key;
	bool is_source;

	(void)pthread_mutex_lock(&before->lock);
	key = output_key(before, plan, item, output, made);
	is_source = has(before, KIND_SOURCE, key);
	(void)pthread_mutex_unlock(&before->lock);
	return is_source;
}

/* ---------------------------------------------------------------------------------------------- */

struct before *before_new(fold_decision *folds)
{
	struct before *before = calloc(1, sizeof(*before));

	if (!before)
		return NULL;
	before->folds = folds;
	before->prints = prints_new(PRINTS_IN_MEMORY);
	if (!before->prints || pthread_mutex_init(&before->lock, NULL) != 0) {
		prints_free(before->prints);
		free(before);
		return NULL;
	}
	return before;
}

void before_free(struct before *before)
{
	if (!before)
		return;
	(void)pthread_mutex_destroy(&before->lock);
	prints_free(before->prints);
	free(before);
}
