/* pipe.c - a plan of one image, from standard input to standard output. */
#include <errno.h>

#include "plan/items.h"
#include "plan/make.h"

/* Both are called "-", whatever the options say of names: that is no file. */
static int add_item(struct plan *plan, uint64_t bytes)
{
	struct plan_item item = {.size = bytes, .flags = ITEM_EXPLICIT};
	int status = paths_root(&plan->paths, "", 0, &item.directory);

	item.output_directory = item.directory;
	return status ? status : items_add(plan, item, "-", 1);
}

int plan_pipe(const struct br_batch_options *options, uint64_t bytes, struct plan **plan,
              struct br_error *error)
{
	struct br_batch_options own = *options;
	int status;

	own.name = own.output = NULL;
	own.output_is_file = false;
	own.image.format = BR_IMAGE_FORMAT_UNKNOWN;
	status = make_begin(plan, &own, NULL, error);
	if (status)
		return status;
	status = add_item(*plan, bytes);
	if (status) {
		plan_free(*plan);
		*plan = NULL;
		return br_error_system(error, -status, "no memory for a plan");
	}
	(*plan)->bytes = bytes;
	return 0;
}
