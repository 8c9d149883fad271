/* plan_fixture.h - for tests of the plan: a folder of their own to make trees in, and a plan as
 * text.
 */
#ifndef PLAN_FIXTURE_H
#define PLAN_FIXTURE_H

#include <stddef.h>

#include "plan/plan.h"

/* A test's options; `plan` is made, and told about, by plan_text(). */
struct plan_fixture {
	struct br_batch_options options;
	bool (*folds)(const char *directory); /* NULL: as the system says */
	struct plan *plan;
	struct br_error error;
	int status;
	unsigned serious, minor; /* notices */
	char notice[4096];       /* the last serious one: path, ": ", text */
	char *text;
};

/* cmocka's setup and teardown: a new folder is the working directory, and is removed with all that
 * is in it. */
int plan_fixture_setup(void **state);
int plan_fixture_teardown(void **state);

/* Makes a file of `size` zero bytes, and the directories above it. */
void make_file(const char *path, size_t size);
/* The same with these bytes in it. */
void make_file_with(const char *path, const void *bytes, size_t size);

/* How many names there are in a directory. */
unsigned entries(const char *path);

/* Plans the paths (up to a NULL) with the fixture's options, and returns one line for every item,
 * in the plan's order: "source > output" (", " between several), and " !code" behind a refused one.
 * After a failure "" (see status). */
const char *plan_text(struct plan_fixture *fixture, ...) __attribute__((sentinel));

/* The message of the refused item with that source, which must exist. */
const char *refusal_text(struct plan_fixture *fixture, const char *source);

/* Whether the item's source was named rather than found below a directory. */
bool source_is_named(const struct plan_fixture *fixture, size_t index);

/* Runs as nobody, so that permissions count; does nothing when that's not root's to do. */
void become_nobody(void);
void become_root(void);

#endif
