/* known_share.c - outputs that runs of other options make as well; see known.h. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/fingerprint.h"
#include "batch/known_parts.h"
#include "io/path.h"

/* The output of that path below the item's directory as it is now, and its whole path. */
static bool find_output(const struct known *known, uint64_t item, const char *path,
                        struct state_output *output, char whole[PATH_MAX])
{
	struct stat st;

	if (plan_below(known->plan, item, path, whole, PATH_MAX) < 0 || lstat(whole, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	*output = (struct state_output){.path = path, .file = state_file_of(&st)};
	return true;
}

/* The picture of another run that has made an output. */
static bool find_maker(struct known *known, uint64_t item, const struct state_output *left,
                       struct state_picture *maker, unsigned *number)
{
	struct known_root *root = known_root(known, item);
	char directory[PATH_MAX], name[KNOWN_NAME_MAX];
	const char *below = known_below(known, root, item, directory);

	return below && state_look_maker(root->state, below, known_name(known, item, name), left,
	                                 maker, number) == 0;
}

/* Whether it would make of the source what this run would. */
static bool is_current(const struct state_picture *own, const struct state_picture *maker)
{
	const struct state_setup *setup = &maker->setup;

	return !maker->adopted && setup->output == own->setup.output &&
	       setup->versions == br_image_versions((enum br_image_format)setup->source,
	                                            (enum br_image_format)setup->output,
	                                            setup->library) &&
	       fingerprint_is_alike(own->setup.options, setup->options);
}

/* Whether an output that is not as it was left was made again by another run, of the same source as
 * it is now, in the same way and of the same size; then it is taken over. */
static bool take_over(struct known *known, uint64_t item, struct state_picture *own,
                      unsigned output, const struct state_file *source)
{
	struct state_output *mine = &own->output[output], now;
	struct state_picture maker;
	char path[PATH_MAX];
	unsigned number;

	bool moved;

	if (mine->width == 0 || !find_output(known, item, mine->path, &now, path) ||
	    !find_maker(known, item, &now, &maker, &number) ||
	    !state_is_as_left(&maker.output[number].file, &now.file, path, NULL, &moved) ||
	    maker.output[number].width != mine->width ||
	    maker.output[number].height != mine->height || !is_current(own, &maker) ||
	    state_identity(&maker.file) != state_identity(source))
		return false;
	mine->file = maker.output[number].file;
	return true;
}

static bool is_as_left(const struct known *known, uint64_t item, const struct state_output *output)
{
	struct state_output now;
	char path[PATH_MAX];
	bool moved;

	return find_output(known, item, output->path, &now, path) &&
	       state_is_as_left(&output->file, &now.file, path, NULL, &moved);
}

bool known_share(struct known *known, struct known_root *root, uint64_t item)
{
	char path[PATH_MAX], source[PATH_MAX], name[KNOWN_NAME_MAX];
	const char *below = known_below(known, root, item, path);
	struct state_picture own;
	struct state_file now;
	struct stat st;

	if (!below || plan_source(known->plan, item, source, sizeof(source)) < 0 ||
	    stat(source, &st) != 0 ||
	    state_look(root->state, below, known_name(known, item, name), &own) != 0)
		return false;
	now = state_file_of(&st);
	if (own.adopted || state_compare(&own.file, &now, source) != STATE_ALIKE)
		return false;
	for (unsigned i = 0; i < own.outputs; i++)
		if (!is_as_left(known, item, &own.output[i]) &&
		    !take_over(known, item, &own, i, &now))
			return false;
	known_refresh(known, root, item, &own, &now);
	return true;
}

bool known_is_others(struct known *known, uint64_t item, const struct state_picture *own,
                     unsigned output)
{
	struct state_picture maker;
	struct state_output now;
	char path[PATH_MAX];
	unsigned number;

	return find_output(known, item, own->output[output].path, &now, path) &&
	       find_maker(known, item, &now, &maker, &number);
}

void known_explain_others(struct known *known, uint64_t item, const struct state_picture *own,
                          char *text, size_t size)
{
	const unsigned output = known_harmed(known, item);
	struct state_picture maker;
	unsigned number;
	size_t used;

	if (output >= own->outputs)
		return;
	(void)snprintf(text, size, "'%s' is of a run with other options: ",
	               path_shown_within(own->output[output].path, 80).text);
	used = strlen(text);
	/* by now it has been made again */
	if (find_maker(known, item, &(struct state_output){.path = own->output[output].path},
	               &maker, &number))
		fingerprint_compare(maker.setup.options, own->setup.options, text + used,
		                    size - used);
}
