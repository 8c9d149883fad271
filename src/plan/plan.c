/* plan.c - making a plan, and asking it; see plan.h. */
#include "plan/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/url.h"
#include "io/path.h"
#include "plan/conflict.h"
#include "plan/keys.h"
#include "plan/make.h"
#include "plan/outputs.h"
#include "plan/select.h"
#include "plan/stream.h"
#include "state/file.h"

/* --- making ----------------------------------------------------------------------------------- */

static int open_list(struct named *named, struct list *list)
{
	const struct br_batch_options *options = named->options;
	int status = options->orders
	                 ? list_take_over(list, fcntl(options->order_fd, F_DUPFD_CLOEXEC, 3), true)
	                 : list_open(list, options->files_from, options->null_separated);

	/* by a signal, from a pipe that nobody writes to */
	if (status && plan_look(named->plan) != 0)
		return plan_look(named->plan);
	if (status)
		return br_error_system(named->error, -status, "cannot open the list '%s'",
		                       path_shown(options->files_from).text);
	return 0;
}

/* Fills an empty plan, or makes it a stream if the list has no end. */
static int fill(struct named *named, fold_decision *folds)
{
	struct list list = {.fd = -1};
	int status = named_begin(named);

	if (status == 0 && named->options->files_from)
		status = open_list(named, &list);
	if (status == 0 && list.fd >= 0 && !list.regular) {
		status = stream_new(&named->plan->stream, &list, named->options, folds);
		if (status == 0)
			status = make_roots(named);
		return status ? br_error_system(named->error, -status, "no memory for a plan") : 0;
	}
	if (status == 0)
		status = named_arguments(named);
	if (status == 0 && list.fd >= 0)
		status = named_take_all(named, &list);
	list_close(&list);
	return status ? status : make_settle(named, folds, NULL, NULL);
}

static int make(const struct br_batch_options *options, const struct plan_observer *observer,
                const struct plan_filter *filter, fold_decision *folds, struct plan **plan,
                struct br_error *error)
{
	struct named named = {.options = options, .error = error};
	int status = make_begin(&named.plan, options, observer, error);

	*plan = NULL;
	if (status)
		return status;
	named.plan->filter = filter;
	status = fill(&named, folds);
	named_release(&named);
	if (status != 0) {
		plan_free(named.plan);
		return status;
	}
	named.plan->observer = NULL;
	named.plan->filter = NULL;
	*plan = named.plan;
	return 0;
}

int plan_make_folding(const struct br_batch_options *options, const struct plan_observer *observer,
                      bool (*folds)(const char *directory), struct plan **plan,
                      struct br_error *error)
{
	return make(options, observer, NULL, folds, plan, error);
}

int plan_make_part(const struct br_batch_options *options, const struct plan_observer *observer,
                   const struct plan_filter *filter, struct plan **plan, struct br_error *error)
{
	return make(options, observer, filter, fold_asked, plan, error);
}

int plan_make(const struct br_batch_options *options, const struct plan_observer *observer,
              struct plan **plan, struct br_error *error)
{
	return plan_make_part(options, observer, NULL, plan, error);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	stream_free(plan->stream);
	make_free(plan);
}

/* --- pieces ----------------------------------------------------------------------------------- */

bool plan_is_stream(const struct plan *plan)
{
	return plan->stream != NULL;
}

int plan_go_on(struct plan *plan, const struct plan_observer *observer, struct plan_piece *piece,
               struct br_error *error)
{
	return stream_go_on(plan->stream, observer, piece, error);
}

int plan_list(const struct plan *plan)
{
	return stream_list(plan->stream);
}

void plan_done(struct plan *plan, uint64_t index)
{
	if (plan->stream)
		stream_done(plan->stream, index);
}

/* The plan that holds the item, whose number becomes that within it. */
static const struct plan *part(const struct plan *plan, uint64_t *item)
{
	return plan->stream ? stream_piece(plan->stream, item) : plan;
}

/* The same, to be changed. */
static struct plan *own_part(struct plan *plan, uint64_t *item)
{
	return plan->stream ? stream_piece(plan->stream, item) : plan;
}

static const struct plan_item *item_at(const struct plan *plan, uint64_t index)
{
	return &part(plan, &index)->item[index];
}

/* --- asking ----------------------------------------------------------------------------------- */

size_t plan_count(const struct plan *plan)
{
	return plan->count;
}

uint64_t plan_bytes(const struct plan *plan)
{
	return plan->bytes;
}

uint64_t plan_bytes_of_piece(const struct plan *plan, uint64_t index)
{
	return part(plan, &index)->bytes;
}

bool plan_stands(const struct plan *plan, uint64_t index)
{
	return item_at(plan, index)->flags & ITEM_STANDS;
}

bool plan_is_work(const struct plan *plan, uint64_t index)
{
	return plan_item(plan, index)->refusal == BR_ERROR_NONE && !plan_stands(plan, index);
}

size_t plan_standing(const struct plan *plan)
{
	return plan->standing;
}

const struct plan_item *plan_item(const struct plan *plan, uint64_t index)
{
	return item_at(plan, index);
}

bool plan_is_passed_over(const struct plan *plan, uint64_t index)
{
	const struct plan_item *item = item_at(plan, index);

	return item->refusal == BR_ERROR_OWN_OUTPUT || item->flags & ITEM_PASSED_OVER;
}

enum br_image_format plan_kind(const struct plan *plan, uint64_t index)
{
	const struct plan_item *item = item_at(plan, index);

	switch (item->refusal) {
	case BR_ERROR_UNSUPPORTED:
		return (enum br_image_format)item->other;
	case BR_ERROR_RAW_THUMBNAIL:
		return BR_IMAGE_FORMAT_RAW;
	default:
		return BR_IMAGE_FORMAT_UNKNOWN;
	}
}

enum br_image_format plan_promised(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);

	return select_promised(item_name(piece, &piece->item[index]));
}

bool plan_is_stray(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];

	return !(item->flags & ITEM_EXPLICIT) &&
	       !br_image_format_is_read(select_promised(item_name(piece, item)));
}

bool plan_is_found(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);

	return !(piece->item[index].flags & ITEM_EXPLICIT);
}

/* As much as there is room for of a path that is too long. */
static int write_cut(const struct plan *piece, uint32_t directory, const char *name, char *buffer,
                     size_t size)
{
	const size_t before = piece->paths.directory[directory].length;
	const size_t length = before + strlen(name);
	char *whole = malloc(length + 1);

	buffer[0] = '\0';
	if (whole) {
		(void)paths_prefix(&piece->paths, directory, whole, before);
		memcpy(whole + before, name, length - before + 1);
		memcpy(buffer, whole, size - 1);
		buffer[size - 1] = '\0';
		free(whole);
	}
	return -ENAMETOOLONG;
}

int plan_source(const struct plan *plan, uint64_t index, char *buffer, size_t size)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];
	const char *name = item_name(piece, item);
	size_t before, length;

	if (item->flags & ITEM_URL) {
		length = url_public(item_url(piece, item), buffer, size);
		return length < size ? (int)length : -ENAMETOOLONG;
	}
	before = paths_prefix(&piece->paths, item->directory, buffer, size);
	length = before + strlen(name);

	if (length >= size)
		return write_cut(piece, item->directory, name, buffer, size);
	memcpy(buffer + before, name, length - before + 1);
	return (int)length;
}

const char *plan_url(const struct plan *plan, uint64_t index, bool *typed)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];

	*typed = item->flags & ITEM_TYPED;
	return item->flags & ITEM_URL ? item_url(piece, item) : NULL;
}

int plan_source_directory(const struct plan *plan, uint64_t index, char *buffer, size_t size)
{
	const struct plan *piece = part(plan, &index);

	return paths_directory(&piece->paths, piece->item[index].directory, buffer, size);
}

int plan_output_directory(const struct plan *plan, uint64_t index, char *buffer, size_t size)
{
	const struct plan *piece = part(plan, &index);

	return paths_directory(&piece->paths, piece->item[index].output_directory, buffer, size);
}

size_t plan_root(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];

	return item->flags & ITEM_EXPLICIT && !(item->flags & ITEM_ROOTED)
	           ? 0
	           : paths_root_length(&piece->paths, item->directory);
}

unsigned plan_outputs(const struct plan *plan)
{
	return plan->outputs;
}

void plan_ask(const struct plan *plan, uint64_t index, struct br_image_options *image)
{
	const struct plan *piece = part(plan, &index);
	const struct item_asked asked = item_asked(piece, &piece->item[index]);

	if (asked.formatted)
		image->format = (enum br_image_format)asked.format;
	if (asked.size.width || asked.size.height || asked.size.percent)
		image->size[0] = asked.size;
}

uint64_t plan_entry(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);

	return item_asked(piece, &piece->item[index]).entry;
}

bool plan_asks(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);
	const struct item_asked asked = item_asked(piece, &piece->item[index]);

	return asked.formatted || asked.size.width || asked.size.height || asked.size.percent;
}

bool plan_names_sides(const struct plan *plan)
{
	return plan->template.sides;
}

bool plan_names_directories(const struct plan *plan)
{
	return plan->template.name > 0;
}

int plan_output(const struct plan *plan, uint64_t index, unsigned output,
                const struct br_image_output *made, char *buffer, size_t size)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];
	struct redis_address address;
	size_t before, length;

	if (keys_has(piece, item)) {
		keys_address(piece, item, output, made, &address);
		length = redis_address_write(&address, buffer, size);
		return length < size ? (int)length : -ENAMETOOLONG;
	}
	before = paths_prefix(&piece->paths, item->output_directory, buffer, size);
	if (before >= size)
		return write_cut(piece, item->output_directory, "", buffer, size);
	length = before + outputs_path(piece, item, output, made, buffer + before, size - before);
	return length < size ? (int)length : -ENAMETOOLONG;
}

bool plan_has_keys(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);

	return keys_has(piece, &piece->item[index]);
}

bool plan_key(const struct plan *plan, uint64_t index, unsigned output,
              const struct br_image_output *made, struct redis_address *address, bool *typed)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];

	if (!keys_has(piece, item))
		return false;
	keys_address(piece, item, output, made, address);
	*typed = !(item->flags & ITEM_KEY);
	return true;
}

const char *plan_name(const struct plan *plan, uint64_t index)
{
	const struct plan *piece = part(plan, &index);

	return item_name(piece, &piece->item[index]);
}

bool plan_asked(const struct plan *plan, uint64_t index, char *text, size_t size)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];
	const struct item_asked asked = item_asked(piece, item);

	if (!(item->flags & ITEM_ASKED))
		return false; /* as nearly all: nothing is written for them */
	(void)snprintf(text, size, "%s %" PRIu32 "x%" PRIu32 " %" PRIu32 "%% %s",
	               asked.named ? item_asked_name(piece, item) : "", asked.size.width,
	               asked.size.height, asked.size.percent,
	               asked.formatted ? br_image_format_name((enum br_image_format)asked.format)
	                               : "");
	return asked.named || asked.formatted || asked.size.width || asked.size.height ||
	       asked.size.percent;
}

int plan_output_below(const struct plan *plan, uint64_t index, unsigned output,
                      const struct br_image_output *made, char *buffer, size_t size)
{
	const struct plan *piece = part(plan, &index);
	const size_t length = outputs_path(piece, &piece->item[index], output, made, buffer, size);

	return length < size ? (int)length : -ENAMETOOLONG;
}

int plan_below(const struct plan *plan, uint64_t index, const char *rest, char *buffer, size_t size)
{
	const struct plan *piece = part(plan, &index);
	const size_t before =
	    paths_prefix(&piece->paths, piece->item[index].output_directory, buffer, size);
	const size_t length = before + strlen(rest);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(buffer + before, rest, length - before + 1);
	return (int)length;
}

void plan_pass(struct plan *plan, uint64_t index, enum br_error_code why)
{
	struct plan *piece = own_part(plan, &index);
	struct plan_item *item = &piece->item[index];

	piece->bytes -= item->refusal == BR_ERROR_NONE ? item->size : 0;
	item->refusal = why;
	item->flags |= ITEM_PASSED_OVER;
}

void plan_keep(struct plan *plan, uint64_t index, void *kept, void (*release)(void *kept))
{
	struct plan *piece = own_part(plan, &index);

	if (piece->kept)
		piece->release(piece->kept);
	piece->kept = kept;
	piece->release = release;
}

void *plan_kept(const struct plan *plan, uint64_t *index)
{
	return part(plan, index)->kept;
}

int plan_check(const struct plan *plan, uint64_t index, unsigned output,
               const struct br_image_output *made, struct br_error *error)
{
	const struct plan *piece = part(plan, &index);
	const struct plan_item *item = &piece->item[index];
	uint32_t source = conflict_replaced(piece, item, output, made);

	if (source == TABLE_NONE && keys_is_own_source(piece, item, output, made))
		source = (uint32_t)index;
	if (source != TABLE_NONE)
		return refusal_is_source(piece, index, source, error);
	if (plan->stream && plan->template.sides &&
	    before_is_source(stream_before(plan->stream), piece, item, output, made))
		return refusal_is_source_before(error);
	return 0;
}

int plan_refusal(const struct plan *plan, uint64_t index, struct br_error *error)
{
	const struct plan *piece = part(plan, &index);

	return refusal_of(piece, index, error);
}

/* --- directories -------------------------------------------------------------------------------
 */

int plan_directory(const struct plan *plan, uint32_t directory, char *buffer, size_t size)
{
	return paths_directory(&plan->paths, directory, buffer, size);
}

unsigned plan_roots(const struct plan *plan, const uint32_t **directory)
{
	*directory = plan->root;
	return plan->roots;
}

unsigned plan_walked(const struct plan *plan, const uint32_t **directory)
{
	*directory = plan->walked;
	return plan->walked_count;
}

static struct plan_below *below_roots(const struct plan *plan)
{
	struct plan_below *below = calloc(plan->paths.count + (size_t)1, sizeof(*below));

	for (uint32_t i = 0; below && i < plan->paths.count; i++) {
		const struct path_directory *directory = &plan->paths.directory[i];
		const char *name = paths_at(&plan->paths, directory->text);

		below[i] = (struct plan_below){.root = 0, .key = STATE_KEY_ROOT};
		while (below[i].root < plan->roots && plan->root[below[i].root] != i)
			below[i].root++;
		if (below[i].root == plan->roots)
			below[i].root = PLAN_ROOTS_MAX;
		if (directory->parent == PATHS_NONE || below[i].root < PLAN_ROOTS_MAX)
			continue;
		below[i] = below[directory->parent]; /* a smaller number */
		below[i].key = state_key_directory(below[i].key, name, strlen(name));
	}
	return below;
}

struct plan_below *plan_below_roots(const struct plan *plan, uint64_t index)
{
	return below_roots(part(plan, &index));
}

/* What is no picture, or not there, keeps no directory alive. What a run has made in it does: its
 * disk is there. */
static bool is_picture(const struct plan_item *item)
{
	switch (item->refusal) {
	case BR_ERROR_SYSTEM:
	case BR_ERROR_NOT_IMAGE:
	case BR_ERROR_UNSUPPORTED:
	case BR_ERROR_RAW_THUMBNAIL:
		return false;
	default:
		return true;
	}
}

static void inhabit(const struct plan *plan, struct plan_ground *ground)
{
	for (size_t i = 0; i < plan->count; i++)
		if (is_picture(&plan->item[i]))
			ground[plan->item[i].directory].inhabited = true;
	/* whose parents have smaller numbers */
	for (uint32_t i = plan->paths.count; i-- > 0;) {
		const uint32_t parent = plan->paths.directory[i].parent;

		if (parent != PATHS_NONE)
			ground[parent].inhabited |= ground[i].inhabited;
	}
}

struct plan_ground *plan_grounds(const struct plan *plan, uint32_t *count)
{
	struct plan_ground *ground = calloc(plan->paths.count + (size_t)1, sizeof(*ground));

	for (uint32_t i = 0; ground && i < plan->paths.count; i++)
		ground[i] = (struct plan_ground){.key = STATE_KEY_ROOT, .walked = PLAN_NOT_WALKED};
	for (uint32_t w = 0; ground && w < plan->walked_count; w++)
		ground[plan->walked[w]].walked = w;
	for (uint32_t i = 0; ground && i < plan->paths.count; i++) {
		const struct path_directory *directory = &plan->paths.directory[i];
		const char *name = paths_at(&plan->paths, directory->text);

		if (directory->parent == PATHS_NONE || ground[i].walked != PLAN_NOT_WALKED)
			continue;
		ground[i] = ground[directory->parent];
		ground[i].key = state_key_directory(ground[i].key, name, strlen(name));
	}
	if (ground)
		inhabit(plan, ground);
	*count = plan->paths.count;
	return ground;
}
