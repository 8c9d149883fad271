/* outputs.c - see outputs.h. */
#include "plan/outputs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "io/path.h"
#include "plan/select.h"

int outputs_prepare(struct plan *plan, const struct br_batch_options *options,
                    struct br_error *error)
{
	const struct br_image_options *image = &options->image;

	if (image->sizes < 1 || image->sizes > BR_IMAGE_SIZES_MAX)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "%u sizes make no sense: ask for 1 to %d", image->sizes,
		                    BR_IMAGE_SIZES_MAX);
	plan->outputs = image->sizes;
	memcpy(plan->size, image->size, sizeof(plan->size));
	plan->extension = br_image_format_extension(image->format);
	plan->plain = !options->name && image->sizes == 1 && !options->output_is_file;
	plan->prefixed = !options->name;
	if (plan->plain)
		return 0;
	if (options->output_is_file) {
		template_literal(&plan->template,
		                 options->output + name_directory_length(options->output));
		return 0;
	}
	return template_parse(&plan->template, options->name ? options->name : TEMPLATE_STANDARD,
	                      image->sizes, error);
}

/* What the format of an output is: its source's own may only be known by the name. */
static enum br_image_format format_of(const struct plan *plan, const struct plan_item *item,
                                      const struct br_batch_options *options)
{
	const struct item_asked asked = item_asked(plan, item);
	const enum br_image_format format =
	    asked.formatted ? (enum br_image_format)asked.format : options->image.format;

	/* it names its output itself */
	if (asked.named)
		return BR_IMAGE_FORMAT_UNKNOWN;
	if (format != BR_IMAGE_FORMAT_UNKNOWN)
		return format;
	return item->refusal == BR_ERROR_NONE ? select_promised(item_name(plan, item))
	                                      : BR_IMAGE_FORMAT_UNKNOWN;
}

static enum br_image_format promised_by(const struct plan *plan,
                                        const struct br_batch_options *options)
{
	return options->name ? template_promised(&plan->template) : BR_IMAGE_FORMAT_UNKNOWN;
}

void outputs_refuse_promise(struct plan *plan, const struct br_batch_options *options)
{
	const enum br_image_format promised = promised_by(plan, options);

	for (size_t i = 0; i < plan->count && promised != BR_IMAGE_FORMAT_UNKNOWN; i++) {
		const enum br_image_format format = format_of(plan, &plan->item[i], options);

		if (!br_image_format_is_read(format) || format == promised ||
		    plan->item[i].refusal != BR_ERROR_NONE)
			continue;
		plan->item[i].refusal = BR_ERROR_USAGE;
		plan->item[i].other = format;
	}
}

int outputs_check_promise(const struct plan *plan, const struct br_batch_options *options,
                          struct br_error *error)
{
	const enum br_image_format promised = promised_by(plan, options);
	const char *name = br_image_format_name(promised);
	/* --format has no word for the others */
	const bool writable = br_image_format_is_read(promised) && promised != BR_IMAGE_FORMAT_HEIC;

	for (size_t i = 0; i < plan->count && promised != BR_IMAGE_FORMAT_UNKNOWN; i++) {
		const enum br_image_format format = format_of(plan, &plan->item[i], options);

		if (!br_image_format_is_read(format) || format == promised)
			continue;
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "--name calls every output a %s, and that of '%s' will be a %s: "
		    "%s%s%send the name in {ext}",
		    name, path_shown(item_name(plan, &plan->item[i])).text,
		    br_image_format_name(format), writable ? "say '-f " : "", writable ? name : "",
		    writable ? "' for that format, or " : "");
	}
	return 0;
}

/* --- the name of an output ---------------------------------------------------------------------
 */

static const char *extension_of(const struct plan *plan, const struct item_asked *asked)
{
	return asked->formatted ? br_image_format_extension((enum br_image_format)asked->format)
	                        : plan->extension;
}

/* The values point to what was asked for. */
static struct template_values values_of(const struct plan *plan, const struct plan_item *item,
                                        const struct item_asked *asked, unsigned output,
                                        const struct br_image_output *made)
{
	const bool prefixed = plan->prefixed && item->flags & ITEM_PREFIXED;
	const bool sized = asked->size.width || asked->size.height || asked->size.percent;
	struct name name = name_parts(item_name(plan, item), prefixed, extension_of(plan, asked));

	return (struct template_values){
	    .prefix = name.prefix,
	    .stem = name.stem,
	    .stem_length = name.stem_length,
	    .extension = name.extension,
	    .size = sized ? &asked->size : &plan->size[output],
	    .made = made,
	};
}

static size_t plain_name(const struct plan *plan, const struct plan_item *item,
                         const struct item_asked *asked, char *buffer, size_t size)
{
	struct name name = name_of_output(item_name(plan, item), item->flags & ITEM_PREFIXED,
	                                  extension_of(plan, asked));

	return name_write(&name, buffer, size);
}

static size_t write_from(const struct plan *plan, const struct plan_item *item, unsigned output,
                         const struct br_image_output *made, unsigned first, char *buffer,
                         size_t size)
{
	const struct item_asked asked = item_asked(plan, item);
	struct template_values values;

	if (asked.named)
		return (size_t)snprintf(buffer, size, "%s", item_asked_name(plan, item));
	if (plan->plain)
		return plain_name(plan, item, &asked, buffer, size);
	values = values_of(plan, item, &asked, output, made);
	return template_write(&plan->template, first, plan->template.pieces, &values, buffer, size);
}

size_t outputs_path(const struct plan *plan, const struct plan_item *item, unsigned output,
                    const struct br_image_output *made, char *buffer, size_t size)
{
	return write_from(plan, item, output, made, 0, buffer, size);
}

size_t outputs_name(const struct plan *plan, const struct plan_item *item, unsigned output,
                    const struct br_image_output *made, char *buffer, size_t size)
{
	return write_from(plan, item, output, made, plan->template.name, buffer, size);
}

static size_t longest_part(const char *path)
{
	size_t longest = 0;

	for (;;) {
		size_t length = strcspn(path, "/");

		if (length > longest)
			longest = length;
		if (path[length] == '\0')
			return longest;
		path += length + 1;
	}
}

struct outputs_extent outputs_extent(const struct plan *plan, const struct plan_item *item)
{
	struct outputs_extent extent = {0};
	char path[PATH_MAX];

	for (unsigned i = 0; i < plan->outputs; i++) {
		size_t length = outputs_path(plan, item, i, NULL, path, sizeof(path));
		size_t part = longest_part(path);

		if (length > extent.path)
			extent.path = length;
		if (part > extent.part)
			extent.part = part;
	}
	return extent;
}

/* --- directories -------------------------------------------------------------------------------
 */

/* The next directory's name of an output; *first is the template's piece that it begins with, and
 * is moved behind it. Returns its length. */
static size_t next_directory(const struct plan *plan, const struct template_values *values,
                             unsigned *first, char name[NAME_MAX + 1])
{
	unsigned end = template_part_end(&plan->template, *first);
	size_t length = template_write(&plan->template, *first, end, values, name, NAME_MAX + 1);

	*first = end + 1;
	return length;
}

static int make_directories(struct plan *plan, const struct plan_item *item, unsigned output)
{
	const struct item_asked asked = item_asked(plan, item);
	struct template_values values = values_of(plan, item, &asked, output, NULL);
	uint32_t directory = item->output_directory;
	char name[NAME_MAX + 1];
	int status = 0;

	for (unsigned first = 0; first < plan->template.name && !asked.named && status == 0;) {
		size_t length = next_directory(plan, &values, &first, name);

		status = paths_known_child(&plan->paths, directory, name, length, &directory);
		/* the names that the values point to lie in the arena, which may have moved */
		values = values_of(plan, item, &asked, output, NULL);
	}
	return status;
}

int outputs_make_directories(struct plan *plan)
{
	int status = 0;

	if (plan->template.name == 0)
		return 0;
	for (size_t i = 0; i < plan->count; i++)
		for (unsigned output = 0; output < plan->outputs && status == 0; output++)
			if (plan->item[i].refusal == BR_ERROR_NONE)
				status = make_directories(plan, &plan->item[i], output);
	return status;
}

uint32_t outputs_directory(const struct plan *plan, const struct plan_item *item, unsigned output)
{
	const struct item_asked asked = item_asked(plan, item);
	uint32_t directory = item->output_directory;
	struct template_values values;
	char name[NAME_MAX + 1];

	if (plan->template.name == 0 || asked.named)
		return directory;
	values = values_of(plan, item, &asked, output, NULL);
	for (unsigned first = 0; first < plan->template.name;) {
		size_t length = next_directory(plan, &values, &first, name);

		directory = paths_find_child(&plan->paths, directory, name, length);
	}
	return directory;
}
