/* check.c - whether options and sources make sense together.
 *
 * What would be ignored is refused, and what two things would both write to standard output: an
 * error now is kinder than a run that did something else than was meant.
 */
#include <string.h>

#include "cli/parse.h"

static bool is_pipe(const struct batch_options *batch)
{
	for (size_t i = 0; i < batch->path_count; i++) {
		if (strcmp(batch->paths[i], "-") == 0)
			return true;
	}
	return false;
}

static int check_sources(struct parse *parse)
{
	const struct batch_options *batch = &parse->cli->batch;

	/* Allowing both later would break no script; forbidding it later would. */
	if (batch->files_from && batch->path_count)
		return error_set(parse->error, ERROR_USAGE,
		                 "--files-from and paths together: put '%.40s' into the list, or "
		                 "leave --files-from out",
		                 batch->paths[0]);
	if (!batch->files_from && batch->path_count == 0)
		return error_set(parse->error, ERROR_USAGE,
		                 "nothing to resize: name files or directories, as in 'batchresize "
		                 "photos/'; 'batchresize --help' says more");
	return 0;
}

static int check_pipe(struct parse *parse)
{
	const struct batch_options *batch = &parse->cli->batch;
	const struct cli_option *options = cli_options();
	const char *report = parse->cli->report.ndjson;

	if (!is_pipe(batch))
		return 0;
	if (batch->path_count > 1)
		return error_set(parse->error, ERROR_USAGE,
		                 "'-' is one image from standard input to standard output: name no "
		                 "other path (a file of that name is './-')");
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (parse->given[i] && options[i].not_for_pipe)
			return error_set(parse->error, ERROR_USAGE,
			                 "--%s makes no sense with '-', which writes one image to "
			                 "standard output: leave it out",
			                 options[i].name);
	}
	if (report && strcmp(report, "-") == 0)
		return error_set(parse->error, ERROR_USAGE,
		                 "'-' writes the image to standard output: give --report a file");
	return 0;
}

/* At most one thing is written to standard output. */
static int check_stdout(struct parse *parse)
{
	const struct cli *cli = parse->cli;
	bool report = cli->report.ndjson && strcmp(cli->report.ndjson, "-") == 0;

	if (cli->report.print && cli->batch.dry_run)
		return error_set(parse->error, ERROR_USAGE,
		                 "--dry-run writes no output that --print could name: leave one "
		                 "out");
	if (report && (cli->report.print || cli->batch.dry_run))
		return error_set(parse->error, ERROR_USAGE,
		                 "--report=- and %s both write to standard output: give --report a "
		                 "file",
		                 cli->report.print ? "--print" : "--dry-run");
	return 0;
}

static int check_meaning(struct parse *parse)
{
	const struct cli *cli = parse->cli;

	if (parse->given[OPTION_IO_THREADS] && cli->batch.mode != EXECUTOR_HYBRID)
		return error_set(parse->error, ERROR_USAGE,
		                 "--io-threads is for the hybrid mode: add --mode=hybrid, or leave "
		                 "it out");
	if (parse->given[OPTION_NULL] && !cli->batch.files_from && !cli->report.print &&
	    !cli->batch.dry_run)
		return error_set(parse->error, ERROR_USAGE,
		                 "--null has no effect without --files-from, --print or --dry-run: "
		                 "leave it out");
	if (cli->report.quiet && cli->report.verbose)
		return error_set(parse->error, ERROR_USAGE,
		                 "--quiet and --verbose contradict each other: leave one out");
	if (cli->report.quiet && cli->report.bar == REPORT_BAR_ALWAYS)
		return error_set(parse->error, ERROR_USAGE,
		                 "--quiet and --progress=always contradict each other: leave one "
		                 "out");
	return 0;
}

int check_command(struct parse *parse)
{
	int status = check_sources(parse);

	if (status == 0)
		status = check_pipe(parse);
	if (status == 0)
		status = check_stdout(parse);
	if (status == 0)
		status = check_meaning(parse);
	return status;
}
