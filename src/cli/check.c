/* check.c - whether options and sources make sense together.
 *
 * What would be ignored is refused, and what two things would both write to standard output: an
 * error now is kinder than a run that did something else than was meant. A file of defaults speaks
 * for many command lines: what it says that has no meaning for this one is left out.
 */
#include <string.h>

#include "cli/parse.h"
#include "fetch/url.h"
#include "redis/address.h"

bool check_names_pipe(const struct br_batch_options *batch)
{
	for (size_t i = 0; i < batch->path_count; i++) {
		if (strcmp(batch->paths[i], "-") == 0)
			return true;
	}
	return false;
}

/* An option that makes no sense here: whether it is to be refused, since it was typed. Otherwise it
 * has its default again. */
static bool is_refused(struct parse *parse, enum cli_option_id id)
{
	if (!parse->given[id])
		value_reset(parse, id);
	return parse->given[id];
}

/* The first path, as it may be shown: without a password. */
static const char *first_path(const struct br_batch_options *batch, char public[URL_MAX])
{
	if (!url_is(batch->paths[0]))
		return batch->paths[0];
	(void)url_public(batch->paths[0], public, URL_MAX);
	return public;
}

static int check_sources(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;
	char public[URL_MAX];

	/* Allowing both later would break no script; forbidding it later would. */
	if (batch->files_from && batch->path_count && is_refused(parse, OPTION_FILES_FROM))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--files-from and paths together: put '%.40s' into the list, or "
		    "leave --files-from out",
		    first_path(batch, public));
	if (!batch->files_from && batch->path_count == 0 && !parse->cli->queue.url)
		return meant_nothing(parse->error);
	return 0;
}

static int check_pipe(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;
	const char *report = parse->cli->report.ndjson;

	if (!check_names_pipe(batch))
		return 0;
	if (batch->path_count > 1)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "'-' is one image from standard input to standard output: name no "
		    "other path (a file of that name is './-')");
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);

		if (parse->given[id] && option->not_for_pipe)
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "--%s makes no sense with '-', which writes one image to "
			    "standard output: leave it out%s",
			    option->name, id == OPTION_OUTPUT ? ", and add '>small.jpg'" : "");
	}
	if (report && strcmp(report, "-") == 0)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "'-' writes the image to standard output: give --report a file");
	return 0;
}

/* At most one thing is written to standard output. */
static int check_stdout(struct parse *parse)
{
	const struct cli *cli = parse->cli;
	bool report = cli->report.ndjson && strcmp(cli->report.ndjson, "-") == 0;

	if (cli->report.print && cli->batch.dry_run && is_refused(parse, OPTION_PRINT))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--dry-run writes no output that --print could name: leave one "
		                    "out");
	if (report && (cli->report.print || cli->batch.dry_run))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--report=- and %s both write to standard output: give --report a "
		    "file",
		    cli->report.print ? "--print" : "--dry-run");
	return 0;
}

static int check_srcset(struct parse *parse)
{
	const struct cli *cli = parse->cli;

	if (!cli->report.srcset)
		return 0;
	if (cli->batch.dry_run && !is_refused(parse, OPTION_SRCSET))
		return 0;
	if (cli->batch.dry_run)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--dry-run makes nothing that --srcset could list: leave one out");
	if (strcmp(cli->report.srcset, "-") == 0)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--srcset needs a file: its paths are relative to that file's "
		                    "directory");
	return 0;
}

/* What is never done can't be listed when it is done; and what is there is met again and again. */
static int check_watch(struct parse *parse)
{
	const struct cli *cli = parse->cli;
	static const enum cli_option_id never[] = {
	    OPTION_FILES_FROM, OPTION_DRY_RUN,      OPTION_SRCSET, OPTION_MAX_TIME,
	    OPTION_FINISH_BY,  OPTION_MAX_FAILURES, OPTION_PRUNE,  OPTION_PRUNE_ALL};

	if (!cli->watch)
		return parse->given[OPTION_WATCH_INTERVAL]
		           ? br_error_set(parse->error, BR_ERROR_USAGE,
		                          "--watch-interval has no effect without --watch: add "
		                          "that, or leave it out")
		           : 0;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (parse->given[never[i]])
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "--%s makes no sense with --watch, which watches directories and "
			    "comes to no end: leave one out",
			    cli_option(never[i])->name);
	}
	for (size_t i = 0; i < cli->batch.path_count; i++)
		if (url_is(cli->batch.paths[i]))
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "--watch watches directories, and no URLs: run again for "
			    "those, which asks only what has changed");
	if (parse->given[OPTION_EXISTING] && cli->batch.existing != BR_BATCH_EXISTING_UPDATE &&
	    cli->batch.existing != BR_BATCH_EXISTING_SKIP)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--watch meets again what it has made: choose --existing=update or skip");
	if (!parse->given[OPTION_EXISTING])
		parse->cli->batch.existing = BR_BATCH_EXISTING_UPDATE;
	/* what a file of defaults says of them is for runs that end */
	value_reset(parse, OPTION_PRUNE);
	value_reset(parse, OPTION_PRUNE_ALL);
	return 0;
}

/* Orders are from elsewhere, and nothing is remembered of them. */
static int check_queue(struct parse *parse)
{
	static const enum cli_option_id without[] = {OPTION_RESULTS, OPTION_QUEUE_GROUP,
	                                             OPTION_DEAD_LETTERS, OPTION_CLAIM_AFTER,
	                                             OPTION_DRAIN};
	static const enum cli_option_id never[] = {
	    OPTION_WATCH, OPTION_DRY_RUN, OPTION_PRUNE,        OPTION_PRUNE_ALL,  OPTION_FILES_FROM,
	    OPTION_LOCK,  OPTION_SETTLE,  OPTION_RETRY_POISON, OPTION_LIST_FORMAT};
	const struct cli *cli = parse->cli;
	char public[URL_MAX];

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]) && !cli->queue.url; i++)
		if (parse->given[without[i]])
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "--%s has no effect without --queue: add that, or leave "
			    "it out",
			    cli_option(without[i])->name);
	if (!cli->queue.url)
		return 0;
	if (cli->batch.path_count > 0)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--queue and paths together: put '%.40s' into the queue, or "
		                    "leave --queue out",
		                    first_path(&cli->batch, public));
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (parse->given[never[i]])
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "--%s makes no sense with --queue, whose orders come one "
			    "by one and are not remembered: leave one out",
			    cli_option(never[i])->name);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		value_reset(parse, never[i]);
	if (parse->given[OPTION_EXISTING] && cli->batch.existing == BR_BATCH_EXISTING_UPDATE)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--queue does not remember what it has made: choose "
		                    "--existing=overwrite, skip or error");
	return 0;
}

/* What is not pruned needs no brake. */
static int check_prune(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;

	if (!batch->prune && !batch->prune_all && batch->max_delete.kind != BR_BATCH_SHARE_NONE &&
	    is_refused(parse, OPTION_MAX_DELETE))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--max-delete has no effect without --prune: add that, or "
		                    "leave it out");
	return 0;
}

/* PNG and TIFF have no loss to be spared; keep does as each source's format can. */
static int check_formats(struct parse *parse)
{
	const struct br_image_options *image = &parse->cli->batch.image;

	if (image->lossless &&
	    (image->format == BR_IMAGE_FORMAT_JPEG || image->format == BR_IMAGE_FORMAT_GIF) &&
	    is_refused(parse, OPTION_LOSSLESS))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--lossless: %s cannot be without loss: choose --format=webp, "
		                    "avif, jxl or png, or leave it out",
		                    br_image_format_name(image->format));
	return 0;
}

static int check_metrics(struct parse *parse)
{
	const struct report_options *report = &parse->cli->report;

	if (report->metrics && strcmp(report->metrics, "-") == 0)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--metrics needs a file, which is replaced as a whole");
	if (parse->cli->batch.dry_run && (report->metrics || report->on_finish))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--dry-run makes nothing that --%s could tell of: leave one out",
		    report->metrics ? "metrics" : "on-finish");
	return 0;
}

static int check_html(struct parse *parse)
{
	const struct report_options *report = &parse->cli->report;

	if (report->html && strcmp(report->html, "-") == 0)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--html needs a file, which is replaced as a whole");
	if (parse->cli->batch.dry_run && report->html && is_refused(parse, OPTION_HTML))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--dry-run makes nothing that --html could show: leave one "
		                    "out");
	return 0;
}

static int check_log(struct parse *parse)
{
	const struct report_options *report = &parse->cli->report;

	if (report->log_format == REPORT_LOG_JOURNAL && report->log_file)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--log-format=journal is no format of a --log-file: leave one "
		                    "out");
	if (report->log_level && !report->log_file)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--log-level is of a --log-file: add that, or say --quiet or --verbose for "
		    "standard error");
	return 0;
}

static int check_meaning(struct parse *parse)
{
	const struct cli *cli = parse->cli;

	if (cli->batch.trusted && cli->batch.mode != BR_EXECUTOR_AUTO &&
	    is_refused(parse, OPTION_TRUSTED))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--trusted lets --mode=auto choose threads, and has no effect "
		                    "without it: add that, or leave it out");
	if (parse->given[OPTION_IO_THREADS] && cli->batch.mode != BR_EXECUTOR_HYBRID &&
	    cli->batch.mode != BR_EXECUTOR_AUTO)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--io-threads is for the modes hybrid and auto: add --mode=hybrid, or leave "
		    "it out");
	if (parse->given[OPTION_NULL] && !cli->batch.files_from && !cli->report.print &&
	    !cli->report.failed_list && !cli->batch.dry_run)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--null has no effect without --files-from, --print, --failed-list or "
		    "--dry-run: leave it out");
	if (cli->batch.list != BR_BATCH_LIST_NAMES && !cli->batch.files_from &&
	    is_refused(parse, OPTION_LIST_FORMAT))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--list-format has no effect without --files-from: leave it "
		                    "out");
	if (cli->report.quiet && cli->report.verbose && is_refused(parse, OPTION_QUIET) &&
	    is_refused(parse, OPTION_VERBOSE))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--quiet and --verbose contradict each other: leave one out");
	if (cli->report.quiet && cli->report.bar == REPORT_BAR_ALWAYS &&
	    is_refused(parse, OPTION_QUIET) && is_refused(parse, OPTION_PROGRESS))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--quiet and --progress=always contradict each other: leave one "
		    "out");
	return 0;
}

static const char *word_of(enum cli_option_id id, unsigned value)
{
	const struct cli_word *word = cli_option(id)->words;

	while (word->value != value)
		word++;
	return word->name;
}

/* What the sizes leave to do for the other options. */
struct sizes {
	bool box;   /* one has two sides */
	bool large; /* one is over 100% */
	bool grows; /* one could enlarge a picture */
};

static struct sizes look_at_sizes(const struct br_image_options *image)
{
	struct sizes sizes = {0};

	for (unsigned i = 0; i < image->sizes; i++) {
		const struct br_image_size *size = &image->size[i];

		sizes.box = sizes.box || (size->width && size->height);
		sizes.large = sizes.large || size->percent > 100000;
		sizes.grows = sizes.grows || !size->percent || size->percent > 100000;
	}
	return sizes;
}

static int check_size(struct parse *parse)
{
	const struct br_image_options *image = &parse->cli->batch.image;
	const struct sizes sizes = look_at_sizes(image);

	if (sizes.large && !image->enlarge)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--size: over 100%% is larger than the picture: add --enlarge");
	if (image->enlarge && !sizes.grows && is_refused(parse, OPTION_ENLARGE))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--enlarge has no effect with at most 100%%: leave it out");
	if (image->fit != BR_IMAGE_FIT_CONTAIN && !sizes.box && is_refused(parse, OPTION_FIT))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--fit=%s needs a box of two sides: write --size as WxH",
		                    word_of(OPTION_FIT, image->fit));
	return 0;
}

static int check_gravity(struct parse *parse)
{
	const struct br_image_options *image = &parse->cli->batch.image;
	const char *word = word_of(OPTION_GRAVITY, image->gravity);

	const bool chooses = image->gravity == BR_IMAGE_GRAVITY_ATTENTION ||
	                     image->gravity == BR_IMAGE_GRAVITY_ENTROPY;

	if (image->gravity == BR_IMAGE_GRAVITY_CENTRE || image->fit == BR_IMAGE_FIT_COVER ||
	    (image->fit == BR_IMAGE_FIT_PAD && !chooses) || !is_refused(parse, OPTION_GRAVITY))
		return 0;
	if (chooses)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--gravity=%s chooses what a crop keeps: add --fit=cover, or "
		                    "leave it out",
		                    word);
	return br_error_set(parse->error, BR_ERROR_USAGE,
	                    "--gravity=%s has no effect with --fit=%s: add --fit=cover or "
	                    "--fit=pad, or leave it out",
	                    word, word_of(OPTION_FIT, image->fit));
}

static int check_background(struct parse *parse)
{
	static const uint8_t white[3] = {255, 255, 255};
	const struct br_image_options *image = &parse->cli->batch.image;
	const bool jpeg = image->format == BR_IMAGE_FORMAT_JPEG;

	if (image->transparent && (image->fit != BR_IMAGE_FIT_PAD || jpeg) &&
	    is_refused(parse, OPTION_BACKGROUND))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE, "%s",
		    jpeg ? "--background=transparent is nothing that a JPEG can show: "
			   "choose a colour, or another --format"
			 : "--background=transparent is for --fit=pad: add that, or "
			   "leave it out");
	if (memcmp(image->background, white, sizeof(white)) != 0 &&
	    image->fit != BR_IMAGE_FIT_PAD && !jpeg && is_refused(parse, OPTION_BACKGROUND))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--background has no effect without --fit=pad or --format=jpeg: "
		    "leave it out");
	return 0;
}

/* How a picture gets its size. */
static int check_image(struct parse *parse)
{
	const struct br_image_options *image = &parse->cli->batch.image;
	int status = check_size(parse);

	if (status == 0)
		status = check_gravity(parse);
	if (status == 0)
		status = check_background(parse);
	if (status == 0 && image->linear && image->filter == BR_IMAGE_FILTER_NEAREST &&
	    is_refused(parse, OPTION_LINEAR))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--linear has no effect with --filter=nearest, which mixes "
		                    "nothing: leave one out");
	return status;
}

int check_listing(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;

	if (batch->output && redis_address_is(batch->output))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--list-poison: nothing is remembered of keys of Redis: name "
		                    "a directory as --output");
	if (batch->output)
		return 0;
	if (batch->files_from || batch->path_count == 0)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "--list-poison lists what is remembered in an output directory: "
		    "say --output DIR, or name the directory of sources");
	return 0;
}

/* What a laboratory takes, beside what the pictures are made by. */
static bool is_for_lab(enum cli_option_id id)
{
	switch (id) {
	case OPTION_LAB:
	case OPTION_JOBS:
	case OPTION_MAX_MEMORY:
	case OPTION_SANDBOX:
	case OPTION_FORMAT:
	case OPTION_QUALITY:
	case OPTION_JSON:
	case OPTION_MARKDOWN:
	case OPTION_HTML:
	case OPTION_QUIET:
	case OPTION_CONFIG:
	case OPTION_PRESET:
		return true;
	default:
		return cli_option(id)->group == GROUP_SIZE;
	}
}

int check_lab(struct parse *parse)
{
	const struct cli *cli = parse->cli;

	for (unsigned i = 0; i < OPTIONS; i++)
		if (parse->given[i] && !is_for_lab((enum cli_option_id)i))
			return br_error_set(parse->error, BR_ERROR_USAGE,
			                    "--%s is not for lab, which measures all modes and "
			                    "keeps nothing: leave it out",
			                    cli_option((enum cli_option_id)i)->name);
	if (cli->json && cli->markdown)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--json and --markdown: leave one out");
	if (br_batch_is_pipe(&cli->batch))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "lab measures with files: name some, or a directory, instead "
		                    "of '-'");
	for (size_t i = 0; i < cli->batch.path_count; i++)
		if (url_is(cli->batch.paths[i]))
			return br_error_set(parse->error, BR_ERROR_USAGE,
			                    "lab measures with files: fetch some first, and name "
			                    "these instead of URLs");
	return check_image(parse);
}

/* What is lab's alone. */
static int check_told(struct parse *parse)
{
	if (parse->cli->json || parse->cli->markdown)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--%s is for lab: say 'batchresize lab --%s PATH', or leave it "
		                    "out",
		                    parse->cli->json ? "json" : "markdown",
		                    parse->cli->json ? "json" : "markdown");
	return 0;
}

int check_command(struct parse *parse)
{
	int status = check_told(parse);

	if (status == 0)
		status = check_sources(parse);
	if (status == 0)
		status = check_pipe(parse);
	if (status == 0)
		status = check_stdout(parse);
	if (status == 0)
		status = check_srcset(parse);
	if (status == 0)
		status = check_watch(parse);
	if (status == 0)
		status = check_queue(parse);
	if (status == 0)
		status = check_prune(parse);
	if (!status)
		status = check_formats(parse);
	if (status == 0)
		status = check_log(parse);
	if (status == 0)
		status = check_metrics(parse);
	if (status == 0)
		status = check_html(parse);
	if (status == 0)
		status = check_written(parse);
	if (status == 0)
		status = check_meaning(parse);
	if (status == 0)
		status = check_image(parse);
	if (status == 0)
		status = meant_paths(parse);
	return status ? status : br_batch_check(&parse->cli->batch, parse->error);
}
