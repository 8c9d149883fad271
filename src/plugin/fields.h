/* fields.h - what a plugin tells of a picture: members of a JSON object (RFC 8259), as they stand
 * in a report line.
 *
 * Plain data, which goes from worker to parent: what comes from there is believed only if
 * fields_are_valid(). Pure functions.
 */
#ifndef PLUGIN_FIELDS_H
#define PLUGIN_FIELDS_H

#include <stdbool.h>

#define PLUGIN_FIELDS_BYTES 1024

struct plugin_fields {
	char json[PLUGIN_FIELDS_BYTES]; /* "\"label\":\"cat\",\"score\":0.93"; "" for none */
};

/* Each replaces a field of the same name. Returns 0, -EINVAL (no name, not UTF-8, not finite) or
 * -ENOSPC; nothing is changed then. */
int fields_set_text(struct plugin_fields *fields, const char *name, const char *text);
int fields_set_number(struct plugin_fields *fields, const char *name, double number);

/* Whether they are such as these two make, with an end. */
bool fields_are_valid(const struct plugin_fields *fields);

#endif
