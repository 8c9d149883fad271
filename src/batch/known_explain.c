/* known_explain.c - why a picture that something is known of is made, or not; see known.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "batch/fingerprint.h"
#include "batch/known_parts.h"
#include "io/path.h"

/* "2026-05-04 13:14:15" */
static const char *show_time(int64_t ns, char text[32])
{
	const time_t seconds = (time_t)(ns / 1000000000 - (ns % 1000000000 < 0));
	struct tm local = {0};

	if (!localtime_r(&seconds, &local) || strftime(text, 32, "%Y-%m-%d %H:%M:%S", &local) == 0)
		(void)snprintf(text, 32, "another time");
	return text;
}

static void explain_source(const struct state_file *was, const struct stat *source, char *text,
                           size_t size)
{
	const struct state_file now = state_file_of(source);
	char then[32], today[32];

	if (now.size != was->size)
		(void)snprintf(text, size, "the source has %llu bytes, had %llu",
		               (unsigned long long)now.size, (unsigned long long)was->size);
	else if (strcmp(show_time(was->modified, then), show_time(now.modified, today)) != 0)
		(void)snprintf(text, size, "the source is of %s, was of %s", today, then);
	else if (now.modified != was->modified)
		(void)snprintf(text, size,
		               "the source is of %s, by a fraction of a second not as "
		               "before",
		               today);
	else
		(void)snprintf(text, size,
		               "the source has other bytes, though size and time are the same");
}

static enum br_batch_reason explain_setup(struct known *known, const struct state_picture *picture,
                                          char *text, size_t size)
{
	const char *now = known_text(known, (enum br_image_format)picture->setup.output);

	if (now && strcmp(now, picture->setup.options) == 0) {
		(void)snprintf(text, size, "the program or a library has another version");
		return BR_BATCH_REASON_VERSION;
	}
	if (now)
		fingerprint_compare(picture->setup.options, now, text, size);
	if (*text == '\0')
		(void)snprintf(text, size, "an option has another value");
	return BR_BATCH_REASON_OPTION;
}

static void explain_harm(const struct known *known, uint64_t item,
                         const struct state_picture *picture, const char *what, char *text,
                         size_t size)
{
	const unsigned number = known_harmed(known, item);

	if (number < picture->outputs)
		(void)snprintf(text, size, "'%s' %s",
		               path_shown_within(picture->output[number].path, 80).text, what);
	else
		(void)snprintf(text, size, "an output %s", what);
}

/* What is remembered of it, if only under other names of its outputs. */
static void look(struct known *known, uint64_t item, struct state_picture *picture)
{
	struct known_root *root = known_root(known, item);
	char path[PATH_MAX], buffer[KNOWN_NAME_MAX];
	const char *below = root && root->state ? known_below(known, root, item, path) : NULL;
	const char *name = known_name(known, item, buffer);

	*picture = (struct state_picture){.setup = {.options = ""}};
	if (below && state_look(root->state, below, name, picture) != 0)
		(void)state_look_otherwise(root->state, below, name, picture);
}

enum br_batch_reason known_explain(struct known *known, uint64_t item, const struct stat *source,
                                   char *text, size_t size)
{
	const enum known_judgement judgement = known_judgement(known, item);
	struct state_picture picture;

	*text = '\0';
	if (judgement == KNOWN_NOTHING)
		return BR_BATCH_REASON_NONE;
	if (judgement == KNOWN_SAME) {
		(void)snprintf(text, size, "up to date");
		return BR_BATCH_REASON_UP_TO_DATE;
	}
	look(known, item, &picture);
	switch (judgement) {
	case KNOWN_SUSPECT:
		(void)snprintf(text, size,
		               "it ended its worker, or was dropped, and its bytes are others now");
		return BR_BATCH_REASON_SOURCE;
	case KNOWN_SETUP:
		return explain_setup(known, &picture, text, size);
	case KNOWN_GONE:
		explain_harm(known, item, &picture, "is not there any more", text, size);
		return BR_BATCH_REASON_MISSING;
	case KNOWN_CUT:
		explain_harm(known, item, &picture, "is shorter than it was left", text, size);
		return BR_BATCH_REASON_TOUCHED;
	case KNOWN_OTHERS:
		known_explain_others(known, item, &picture, text, size);
		return BR_BATCH_REASON_OPTION;
	case KNOWN_TOUCHED:
		explain_harm(known, item, &picture, "is not as it was left", text, size);
		return BR_BATCH_REASON_TOUCHED;
	default:
		explain_source(&picture.file, source, text, size);
		return BR_BATCH_REASON_SOURCE;
	}
}
