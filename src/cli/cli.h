/* cli.h - the command line: one table of options, from which parsing, --help, the man page and the
 * completions of bash, zsh and fish are made.
 *
 * Nothing here prints by itself: texts are written to a stream that main chose.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <batchresize/batch.h>

#include "queue/options.h"
#include "report/report.h"

enum cli_action {
	CLI_RUN,
	CLI_HELP,
	CLI_VERSION,
	CLI_SHOW_CONFIG,
	CLI_LIST_POISON, /* main's */
	CLI_LAB,         /* main's */
	CLI_DOCUMENT
};

/* What --document= writes. */
enum cli_document {
	CLI_DOCUMENT_NONE,
	CLI_DOCUMENT_MAN,  /* the man page, roff */
	CLI_DOCUMENT_BASH, /* a completion script */
	CLI_DOCUMENT_ZSH,
	CLI_DOCUMENT_FISH
};

struct cli {
	enum cli_action action;
	enum cli_document document; /* of CLI_DOCUMENT */
	struct br_batch_options batch;
	struct report_options report;
	bool json, markdown; /* how CLI_LAB tells */
	bool watch;          /* br_batch_watch() instead of br_batch_run() */
	unsigned watch_interval_ms;
	struct queue_options queue; /* if its url is not NULL, queue_run() instead */
	const char *config;         /* a file of defaults that was named; or NULL */
	void *storage;              /* what the options point to; cli's business */
};

/* Reads argv, whose strings the options go on pointing to, and before it the files of defaults, on
 * which argv has the last word (see defaults.c). Returns 0, BR_ERROR_MEMORY, the negative errno of
 * such a file, or BR_ERROR_USAGE with an *error that says what is wrong and what to do ("unknown
 * mode 'proces': did you mean 'process'?"). Release with cli_release() in every case. */
int cli_parse(struct cli *cli, int argc, char **argv, struct br_error *error);
void cli_release(struct cli *cli);

/* Whether standard input and output are fit for a source '-': nobody means to type an image, or to
 * see its bytes on a terminal. Returns 0 or BR_ERROR_USAGE. */
int cli_check_streams(const struct cli *cli, struct br_error *error);

/* Writes what a parsed action other than CLI_RUN asks for. The stream's error flag says whether it
 * went well. */
void cli_print(const struct cli *cli, FILE *stream);

void cli_print_help(FILE *stream);
/* Verbose: also the formats that this build can read and write. Calls br_image_init(), and loads
 * the image library. */
void cli_print_version(FILE *stream, bool verbose);
void cli_print_document(FILE *stream, enum cli_document document);

#endif
