/* laboratory.c - see laboratory.h. */
#include "report/laboratory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "html/file.h"
#include "lab/lab.h"
#include "lab/show.h"
#include "report/streams.h"

/* What is measured takes a minute: somebody who waits is told what. */
static void tell(void *ctx, const char *what)
{
	const struct report_options *options = ctx;

	if (!options->quiet)
		(void)fprintf(stderr, "batchresize: measuring: %s\n", what);
}

static void (*const show[])(struct text *, const struct lab *) = {
    [LABORATORY_TEXT] = show_text,
    [LABORATORY_JSON] = show_json,
    [LABORATORY_MARKDOWN] = show_markdown,
};

static int print(const struct lab *lab, enum laboratory_form form, struct br_error *error)
{
	struct text text = TEXT_EMPTY;
	int status;

	show[form](&text, lab);
	status = text.status;
	if (status)
		(void)br_error_system(error, -status, "no memory");
	else
		(void)fwrite(text.bytes.data, 1, text.bytes.size, stdout);
	text_release(&text);
	return status;
}

static int publish(const struct html_file *file, const struct lab *lab, struct br_error *error)
{
	struct text page = TEXT_EMPTY;
	int status = 0;

	if (!file->path)
		return 0;
	show_html(&page, lab);
	status = page.status ? br_error_system(error, -page.status, "no memory")
	                     : html_file_publish(file, &page, error);
	text_release(&page);
	return status;
}

int laboratory(const struct br_batch_options *batch, const struct report_options *options,
               enum laboratory_form form)
{
	struct report_options heard = *options;
	const struct lab_options asked = {.batch = batch, .tell = tell, .ctx = &heard};
	struct lab *lab = calloc(1, sizeof(*lab));
	struct html_file file = {0};
	struct br_error error;
	int status = lab ? 0 : br_error_system(&error, ENOMEM, "no memory"), signal = 0, exit;

	if (!status && options->html)
		status = html_file_open(&file, options->html, &error);
	if (!status)
		status = lab_measure(&asked, lab, &signal, &error);
	if (!status)
		status = publish(&file, lab, &error);
	if (!status)
		status = print(lab, form, &error);
	free(lab);
	exit = streams_finish();
	if (!status)
		return exit;
	report_error(&error);
	if (signal)
		return 128 + signal;
	return status == BR_ERROR_USAGE ? REPORT_EXIT_USAGE : REPORT_EXIT_RUN;
}
