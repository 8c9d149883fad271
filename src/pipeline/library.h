/* library.h - what is asked of the image library, by whoever need not know which it is.
 *
 * Thread-safe; a source is used by one thread at a time.
 */
#ifndef PIPELINE_LIBRARY_H
#define PIPELINE_LIBRARY_H

#include "base/libraries.h"
#include "picture/picture.h"

/* Whether this build has one. If not, all that takes one is BR_ERROR_UNSUPPORTED. */
bool library_exists(void);

/* Loads it: see br_image_load_library(). */
int library_load(struct br_error *error);

/* See br_image_ask_before_library(). */
void library_ask_first(void (*ask)(void *arg), void *arg);

/* What was loaded with it, once it is; NULL before. */
const struct libraries *library_versions(void);

/* Whether it can, on this system; loads it. */
bool library_can_read(enum br_image_format format);
bool library_can_write(enum br_image_format format);

/* The same as an error that says what to install: 0, BR_ERROR_UNSUPPORTED, or what kept it from
 * being loaded. */
int library_check_read(enum br_image_format format, struct br_error *error);
int library_check_write(enum br_image_format format, struct br_error *error);

/* Opens the header in the image library, which is loaded for it, if that has not been done:
 * source->view. Returns 0 or a code. */
int library_open(struct source *source, struct br_error *error);

/* Closes what is open, if anything is. */
void library_close(struct source *source);

/* Fills in source->info by the open header. */
void library_describe(struct source *source);

/* What the open header has; false if none is open. */
bool library_fields(const struct source *source, struct metadata_fields *fields);

/* Makes every size that is wanted, or every frame of them, of any kind of picture. Returns 0, a
 * code, or a negative errno, with *picture->error set. */
int library_make(struct picture *picture);

/* Forgets the words of failures so far. */
void library_forget_words(void);

#endif
