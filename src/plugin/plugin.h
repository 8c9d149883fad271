/* plugin.h - a plugin as a run has it, and as a worker does: see <batchresize/plugin.h>.
 *
 * A struct plugin is made in the program before its workers, which share it; what a worker that is
 * another process finds wrong with it is told there, in memory that all of them share. A struct
 * plugin_instance is one worker's, and used by one thread at a time.
 */
#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

#include <batchresize/error.h>
#include <batchresize/executor.h>
#include <batchresize/image.h>

#include "plugin/fields.h"

struct plugin;
struct plugin_instance;

/* From what --plugin says, "FILE[,ARGUMENTS]", which must outlive it. Whether the file can be
 * loaded, and is of our version, is tried out at once: `apart` in a process of its own, since
 * loading it may start threads, before which workers are to be forked. Returns 0; BR_ERROR_USAGE if
 * it is no plugin of ours; BR_ERROR_PLUGIN or a negative errno if it can't be tried. */
int plugin_new(struct plugin **out, const char *option, bool apart, struct br_error *error);
/* NULL is allowed. The file stays loaded. */
void plugin_free(struct plugin *plugin);

/* A number that stays the same as long as the file's bytes and the arguments do; 0 for NULL, and
 * only for that. */
uint64_t plugin_identity(const struct plugin *plugin);

/* How many pictures it wants at a time at most; 1 for NULL. */
unsigned plugin_together(const struct plugin *plugin);

/* When workers could not be made: whether that was the plugin's doing, and then why. `reason` is
 * what the executor says. NULL is allowed, and never was it. Returns 0 or BR_ERROR_PLUGIN. */
int plugin_blame(const struct plugin *plugin, const char *reason, struct br_error *error);

/* Loads it and makes a state. Returns 0 or a negative errno. */
int plugin_instance_new(struct plugin *plugin, struct plugin_instance **out);
/* NULL is allowed. */
void plugin_instance_free(struct plugin_instance *instance);

/* What the plugin is told of a picture besides the view. */
struct plugin_subject {
	const char *source, *size;
	uint32_t sizes;
};

/* Hands it a picture, which comes from the job in that slot: with others of its worker, for whom it
 * waits there, if the plugin wants several at a time. Adds to the fields. Returns 0;
 * BR_ERROR_DROPPED or BR_ERROR_PLUGIN, with *error set; or BR_ERROR_MEMORY, without. */
int plugin_show(struct plugin_instance *instance, struct br_slot *slot,
                const struct plugin_subject *subject, const struct br_image_view *view,
                struct plugin_fields *fields, struct br_error *error);

#endif
