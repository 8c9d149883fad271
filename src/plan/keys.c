/* keys.c - see keys.h. */
#include "plan/keys.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan/outputs.h"

/* Of an address as text. */
#define TEXT_MAX ((size_t)4 * REDIS_KEY_MAX)

static bool needs_slash(const char *prefix)
{
	const size_t length = strlen(prefix);

	return length > 0 &&
	       (isalnum((unsigned char)prefix[length - 1]) || (prefix[length - 1] & 0x80));
}

int keys_prepare(struct plan *plan, const struct br_batch_options *options, struct br_error *error)
{
	struct redis_address *address = malloc(sizeof(*address));
	const char *problem = address ? redis_address_read_prefix(address, options->output) : NULL;
	size_t length;

	if (!address)
		return br_error_system(error, ENOMEM, "no memory for a plan");
	plan->keys = address;
	if (problem)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--output: %s: write redis://HOST[:PORT]/PREFIX", problem);
	if (options->output_is_file) {
		length = name_directory_length(address->key);
		template_literal(&plan->template, address->key + length);
		address->key[length] = '\0';
		return 0;
	}
	length = strlen(address->key);
	if (needs_slash(address->key) && length + 1 < sizeof(address->key))
		memcpy(address->key + length, "/", 2);
	return 0;
}

bool keys_has(const struct plan *plan, const struct plan_item *item)
{
	return plan->keys || item->flags & ITEM_KEY;
}

void keys_address(const struct plan *plan, const struct plan_item *item, unsigned output,
                  const struct br_image_output *made, struct redis_address *address)
{
	char path[PATH_MAX] = "";
	size_t before, used;

	if (item->flags & ITEM_KEY) {
		(void)redis_address_read(address, item_key(plan, item)); /* it has been before */
		return;
	}
	*address = *plan->keys;
	before = paths_prefix(&plan->paths, item->output_directory, path, sizeof(path));
	if (before < sizeof(path))
		(void)outputs_path(plan, item, output, made, path + before, sizeof(path) - before);
	used = strlen(address->key);
	(void)snprintf(address->key + used, sizeof(address->key) - used, "%.*s", REDIS_KEY_MAX,
	               path + strlen(KEYS_ROOT "/"));
	(void)redis_address_write(address, address->shown, sizeof(address->shown));
}

size_t keys_extent(const struct plan *plan, const struct plan_item *item)
{
	if (item->flags & ITEM_KEY)
		return 0; /* it has been read */
	return strlen(plan->keys->key) + plan->paths.directory[item->output_directory].length +
	       outputs_extent(plan, item).path - strlen(KEYS_ROOT "/");
}

/* --- keys that are sources -------------------------------------------------------------------- */

/* One text for each key of a server: false for what is none. */
static bool write_source(const struct plan *plan, const struct plan_item *item, char text[TEXT_MAX])
{
	struct redis_address address;

	return item->flags & ITEM_URL && redis_address_is(item_url(plan, item)) &&
	       !redis_address_read(&address, item_url(plan, item)) &&
	       redis_address_write(&address, text, TEXT_MAX) < TEXT_MAX;
}

static void write_output(const struct plan *plan, const struct plan_item *item, unsigned output,
                         const struct br_image_output *made, char text[TEXT_MAX])
{
	struct redis_address address;

	keys_address(plan, item, output, made, &address);
	(void)redis_address_write(&address, text, TEXT_MAX);
}

bool keys_is_own_source(const struct plan *plan, const struct plan_item *item, unsigned output,
                        const struct br_image_output *made)
{
	char source[TEXT_MAX], text[TEXT_MAX];

	if (!keys_has(plan, item) || !write_source(plan, item, source))
		return false;
	write_output(plan, item, output, made, text);
	return strcmp(source, text) == 0;
}

static int collect(const struct plan *plan, struct table *table)
{
	char text[TEXT_MAX];
	int status = 0;

	for (size_t i = 0; i < plan->count && status == 0; i++)
		if (write_source(plan, &plan->item[i], text))
			status = table_add(table, table_hash(0, text, strlen(text)), (uint32_t)i);
	return status;
}

/* The item whose source has that text, TABLE_NONE for none. */
static uint32_t find(const struct plan *plan, const struct table *table, const char *text)
{
	char source[TEXT_MAX];
	size_t cursor = 0;
	uint32_t number;

	while ((number = table_next(table, table_hash(0, text, strlen(text)), &cursor)) !=
	       TABLE_NONE)
		if (write_source(plan, &plan->item[number], source) && strcmp(source, text) == 0)
			return number;
	return TABLE_NONE;
}

static void refuse(const struct plan *plan, struct plan_item *item, const struct table *table)
{
	char text[TEXT_MAX];

	for (unsigned i = 0; i < plan->outputs && item->refusal == BR_ERROR_NONE; i++) {
		uint32_t source;

		write_output(plan, item, i, NULL, text);
		source = find(plan, table, text);
		if (source == TABLE_NONE)
			continue;
		item->refusal = BR_ERROR_IS_SOURCE;
		item->other = source;
	}
}

int keys_refuse_sources(struct plan *plan)
{
	struct table table = {0};
	const int status = collect(plan, &table);

	for (size_t i = 0; i < plan->count && status == 0 && table.count > 0; i++)
		if (plan->item[i].refusal == BR_ERROR_NONE && keys_has(plan, &plan->item[i]))
			refuse(plan, &plan->item[i], &table);
	table_release(&table);
	return status;
}
