/* fingerprint.h - the options that have a part in what an output is, as text: as long as that stays
 * the same, the same source becomes the same file of the same name.
 */
#ifndef BATCH_FINGERPRINT_H
#define BATCH_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include <batchresize/batch.h>

/* One "option=value" a line, those alone that matter for outputs of the format; UNKNOWN: for any.
 * Values are those that count, whether they were given or are the default. plugin is what
 * plugin_identity() says. To be freed by the
 * caller; NULL when memory is short. */
char *fingerprint_text(const struct br_batch_options *options, uint64_t plugin,
                       enum br_image_format output);

/* Writes which options differ between two such texts for one format, as people know them:
 * "--quality was 80, is 90"; "" if none does. Cut at `size`. */
void fingerprint_compare(const char *was, const char *is, char *text, size_t size);

/* Whether two such texts make the same of a source for an output that has the same path and the
 * same size in both: they differ at most in what else there is, and in how it is called. */
bool fingerprint_is_alike(const char *one, const char *other);

/* A number for all of such a text that has a part in an output of a given path, and of a given size
 * unless no name tells that. */
uint64_t fingerprint_kind(const struct br_batch_options *options, const char *text);

/* Whether a run of the options `is` stands in the place of one of the options `was`, both as such
 * texts, which called its outputs otherwise: one of the sizes is the same, and so are format and
 * --flat; and no name was given for either. */
bool fingerprint_follows(const char *was, const char *is);

/* What a run calls its outputs, as a number: the options that have a part in their names. Runs that
 * call them otherwise, as one for each format, have outputs of their own of the same sources. Never
 * 0. */
uint64_t fingerprint_names(const struct br_batch_options *options);

#endif
