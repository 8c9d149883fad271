/* meant.c - what the paths of a command line mean where one has to look at the files: whether
 * --output is a directory or a picture, and whether standard streams are what '-' makes of them.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/parse.h"
#include "fetch/url.h"
#include "redis/address.h"

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_missing(const char *path)
{
	struct stat st;

	return !url_is(path) && lstat(path, &st) != 0 && errno == ENOENT;
}

/* The format that a path's extension promises. */
static enum br_image_format promised(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot && dot > name ? br_image_format_of_extension(dot + 1, strlen(dot + 1))
	                         : BR_IMAGE_FORMAT_UNKNOWN;
}

/* --- outputs ---------------------------------------------------------------------------------- */

/* Why --output can't be one file, or NULL. */
static const char *many(const struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;

	if (parse->cli->queue.url)
		return "there is a queue of sources";
	if (batch->files_from)
		return "there is a list of sources";
	if (batch->path_count > 1)
		return "there are several sources";
	if (batch->image.sizes > 1)
		return "there are several sizes";
	if (batch->path_count == 1 && is_directory(batch->paths[0]))
		return "the source is a directory";
	return NULL;
}

static bool is_written(enum br_image_format format)
{
	const struct cli_word *word = cli_option(OPTION_FORMAT)->words;

	while (word->name && word->value != format)
		word++;
	return word->name || format == BR_IMAGE_FORMAT_HEIC;
}

static int refuse_output(struct parse *parse, const char *problem, const char *remedy)
{
	const char *output = parse->cli->batch.output;
	char public[URL_MAX];

	if (url_is(output)) /* without a password */
		(void)url_public(output, public, sizeof(public));
	return br_error_set(parse->error, BR_ERROR_USAGE,
	                    "--output: '%.80s' is the name of one picture, but %s: %s",
	                    url_is(output) ? public : output, problem, remedy);
}

/* -o thumb.jpg photo.jpg: nobody wants thumb.jpg/photo.jpg. */
static int take_output(struct parse *parse)
{
	struct br_batch_options *batch = &parse->cli->batch;
	enum br_image_format format;

	if (!batch->output || is_directory(batch->output))
		return 0;
	format = promised(batch->output);
	if (format == BR_IMAGE_FORMAT_UNKNOWN)
		return 0;
	if (many(parse))
		return refuse_output(parse, many(parse),
		                     "name a directory (or end it with a slash, if it is to be "
		                     "called so)");
	if (batch->name && parse->given[OPTION_NAME])
		return refuse_output(parse, "--name names it too", "leave one out");
	batch->name = NULL; /* a file of defaults speaks of many */
	batch->output_is_file = true;
	if (parse->given[OPTION_FORMAT])
		return 0;
	batch->image.format = format;
	if (!is_written(format))
		return refuse_output(parse, "that format can't be written",
		                     "use one that --format lists");
	return 0;
}

/* batchresize in out, or a.jpg b.jpg out, as cp has it. What has an image's extension may be a
 * picture that has gone: it fails by itself, and the others are done. */
static int check_last_path(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;
	const char *last = batch->path_count > 1 ? batch->paths[batch->path_count - 1] : NULL;

	if (!last || batch->output || promised(last) != BR_IMAGE_FORMAT_UNKNOWN ||
	    !is_missing(last) || is_missing(batch->paths[0]))
		return 0;
	return br_error_set(
	    parse->error, BR_ERROR_USAGE,
	    "'%.80s' does not exist: did you mean '-o %.80s'? (every PATH is a source)", last,
	    last);
}

/* -s 800 600, or -s 50 %. */
static int check_size(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;

	for (size_t i = 0; parse->given[OPTION_SIZE] && i < batch->path_count; i++) {
		const char *path = batch->paths[i];

		if (path[strspn(path, "0123456789xX%")] == '\0' && is_missing(path))
			return br_error_set(
			    parse->error, BR_ERROR_USAGE,
			    "'%.40s' does not exist: if it belongs to --size, write it "
			    "without a blank, as in 800x600 or 50%%",
			    path);
	}
	return 0;
}

/* -o redis://HOST/PREFIX: nothing is remembered there, and no key has what files have. */
static int check_keys(struct parse *parse)
{
	static const enum cli_option_id never[] = {
	    OPTION_WATCH,        OPTION_PRUNE,  OPTION_PRUNE_ALL, OPTION_LOCK,
	    OPTION_RETRY_POISON, OPTION_SRCSET, OPTION_PRESERVE,  OPTION_FSYNC};
	const struct br_batch_options *batch = &parse->cli->batch;
	struct redis_address address;
	const char *problem = redis_address_read_prefix(&address, batch->output);

	if (problem)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--output: %s: write redis://HOST[:PORT]/PREFIX", problem);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (parse->given[never[i]])
			return br_error_set(parse->error, BR_ERROR_USAGE,
			                    "--%s is for outputs that are files, and --output "
			                    "names keys of Redis: leave one out",
			                    cli_option(never[i])->name);
		value_reset(parse, never[i]);
	}
	if (parse->given[OPTION_EXISTING] && batch->existing == BR_BATCH_EXISTING_UPDATE)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--existing=update: nothing is remembered of keys of Redis: "
		                    "choose overwrite, skip or error");
	return 0;
}

/* -o - as other programs have it, and what is no path at all. */
static int check_stream(struct parse *parse)
{
	const char *output = parse->cli->batch.output;

	if (output && redis_address_is(output))
		return check_keys(parse);
	if (output && url_is(output))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--output: pictures are written to files, or to "
		                    "redis://HOST/PREFIX, and to no other address (for a "
		                    "directory of that name, begin with './')");
	if (!output || strcmp(output, "-") != 0)
		return 0;
	return br_error_set(
	    parse->error, BR_ERROR_USAGE,
	    "--output: only what comes from standard input goes to standard output: "
	    "say '- <photo.jpg >small.jpg' (for a directory of that name, "
	    "'--output=./-')");
}

static int check_flat(struct parse *parse)
{
	const struct br_batch_options *batch = &parse->cli->batch;

	if (!batch->flat)
		return 0;
	if (!parse->given[OPTION_FLAT] && (!batch->output || batch->output_is_file)) {
		value_reset(parse, OPTION_FLAT);
		return 0;
	}
	if (!batch->output)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--flat has no effect without --output: add --output=DIR");
	if (batch->output_is_file)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "--flat has no effect if --output is one file: leave it out");
	return 0;
}

/* --- standard streams ------------------------------------------------------------------------- */

int cli_check_streams(const struct cli *cli, struct br_error *error)
{
	const struct br_batch_options *batch = &cli->batch;

	if (cli->action != CLI_RUN || !br_batch_is_pipe(batch))
		return 0;
	if (isatty(STDIN_FILENO))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'-' reads an image from standard input, which is a terminal: "
		                    "say '- <photo.jpg >small.jpg'");
	if (isatty(STDOUT_FILENO))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'-' writes an image to standard output, which is a terminal: "
		                    "add '>small.jpg'");
	return 0;
}

/* cat photo.jpg | batchresize */
static bool is_fed(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
}

bool meant_file(const char *argument)
{
	return !is_missing(argument);
}

int meant_nothing(struct br_error *error)
{
	return br_error_set(
	    error, BR_ERROR_USAGE, "nothing to resize: %s; 'batchresize --help' says more",
	    is_fed() ? "for the image on standard input add '-', for a list of paths "
		       "'--files-from=-'"
		     : "name files or directories, as in 'batchresize photos/'");
}

int meant_paths(struct parse *parse)
{
	int status = check_stream(parse);

	if (status == 0)
		status = check_size(parse);
	if (status == 0)
		status = check_last_path(parse);
	if (status == 0)
		status = take_output(parse);
	if (status == 0)
		status = check_flat(parse);
	return status;
}
