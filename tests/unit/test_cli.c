/* The command line: what is accepted, what it means, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/suggest.h"
#include "cli/parse.h"
#include "cli/table.h"
#include "cli_fixture.h"

static void test_defaults(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "a.jpg");
	struct br_batch_options standard = br_batch_options_default();

	assert_int_equal(cli.action, CLI_RUN);
	assert_int_equal(cli.batch.path_count, 1);
	assert_string_equal(cli.batch.paths[0], "a.jpg");
	assert_int_equal(cli.batch.mode, BR_EXECUTOR_AUTO);
	assert_int_equal(cli.batch.jobs, 0);
	assert_int_equal(cli.batch.timeout_ms, standard.timeout_ms);
	assert_memory_equal(&cli.batch.image.size[0], &standard.image.size[0],
	                    sizeof(struct br_image_size));
	assert_null(cli.batch.output);
	assert_null(cli.report.ndjson);
	assert_int_equal(cli.report.verbose, 0);
	cli_release(&cli);
}

/* Whatever an option with a default sets. Member by member: padding may differ. */
static bool same_options(const struct cli *a, const struct cli *b)
{
	const struct br_image_options *x = &a->batch.image, *y = &b->batch.image;

	return a->batch.mode == b->batch.mode && a->batch.timeout_ms == b->batch.timeout_ms &&
	       a->batch.retries == b->batch.retries && a->batch.existing == b->batch.existing &&
	       a->report.bar == b->report.bar && x->max_pixels == y->max_pixels &&
	       x->max_frames == y->max_frames && x->max_scans == y->max_scans &&
	       x->max_metadata == y->max_metadata && x->fail_on == y->fail_on &&
	       x->quality == y->quality && x->format == y->format &&
	       x->png_effort == y->png_effort && x->jpeg_subsampling == y->jpeg_subsampling &&
	       x->size[0].width == y->size[0].width && x->size[0].height == y->size[0].height &&
	       x->size[0].percent == y->size[0].percent && x->fit == y->fit &&
	       x->gravity == y->gravity && x->filter == y->filter &&
	       x->transparent == y->transparent &&
	       memcmp(x->background, y->background, sizeof(x->background)) == 0;
}

/* What an option has no meaning without. */
static const char *needed_by(enum cli_option_id id)
{
	switch (id) {
	case OPTION_LOG_LEVEL:
		return "--log-file=x";
	case OPTION_WATCH_INTERVAL:
		return "--watch";
	default:
		return "";
	}
}

/* Typing an option's default must change nothing. */
static void test_shown_defaults_are_true(void **state)
{
	(void)state;
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);
		char plain[100], typed[100];
		struct cli without, with;
		struct br_error error;

		if (!option->standard)
			continue;
		(void)snprintf(plain, sizeof(plain), "%s a.jpg", needed_by(id));
		(void)snprintf(typed, sizeof(typed), "--%s=%s %s a.jpg", option->name,
		               option->standard, needed_by(id));
		assert_int_equal(parse(&without, plain, &error), 0);
		assert_int_equal(parse(&with, typed, &error), 0);
		if (!same_options(&without, &with))
			fail_msg("--%s: %s is not the default", option->name, option->standard);
		cli_release(&without);
		cli_release(&with);
	}
}

/* Among bytes that are all set, so that each that is written shows. */
static void test_a_default_put_back_is_of_its_option_alone(void **state)
{
	(void)state;
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const size_t target = cli_option(id)->target;
		struct br_error error;
		struct cli cli;
		struct parse it = {.cli = &cli, .error = &error};

		if (cli_option(id)->standard || cli_option(id)->kind == KIND_PATTERN)
			continue;
		memset(&cli, 0xff, sizeof(cli));
		value_reset(&it, id);
		assert_int_equal(((const unsigned char *)&cli)[target], 0);
		for (enum cli_option_id other = 0; other < OPTIONS; other++)
			if (cli_option(other)->target != target && cli_option(other)->target > 0 &&
			    ((const unsigned char *)&cli)[cli_option(other)->target] != 0xff)
				fail_msg("--%s: the default of --%s is written there",
				         cli_option(other)->name, cli_option(id)->name);
	}
}

static void test_rows_are_sound(void **state)
{
	(void)state;
	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);
		bool flag = option->kind == KIND_FLAG || option->kind == KIND_COUNT ||
		            option->kind == KIND_ACTION;

		assert_non_null(option->name);
		assert_true(strlen(option->name) <= SUGGEST_MAX);
		assert_int_equal(flag, option->argument == NULL);
		assert_int_equal(option->words != NULL, option->kind == KIND_WORD ||
		                                            option->kind == KIND_WORDS ||
		                                            option->kind == KIND_LOCK);
		if (!option->help || !option->help[0])
			fail_msg("--%s has no help", option->name);
		else
			assert_true(option->help[strlen(option->help) - 1] != '.');
		assert_true(!option->text || option->text[strlen(option->text) - 1] == '.');
		for (enum cli_option_id other = 0; other < id; other++) {
			assert_string_not_equal(option->name, cli_option(other)->name);
			assert_true(!option->letter || option->letter != cli_option(other)->letter);
		}
	}
}

static void test_run_options(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "-m hybrid --jobs=7 --io-threads 3 --timeout=0.5 --retries=0 "
	              "--max-pixels=12K --fail-on=none a");
	assert_int_equal(cli.batch.mode, BR_EXECUTOR_HYBRID);
	assert_int_equal(cli.batch.jobs, 7);
	assert_int_equal(cli.batch.io_threads, 3);
	assert_int_equal(cli.batch.timeout_ms, 500);
	assert_int_equal(cli.batch.retries, 0);
	assert_int_equal(cli.batch.image.max_pixels, 12000);
	assert_int_equal(cli.batch.image.fail_on, BR_IMAGE_FAIL_ON_NONE);
	cli_release(&cli);
}

static void test_output_options(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(
	    cli,
	    "a -o out -f webp -q 1 --existing=skip --preserve=mode,times,xattr,acl,owner --fsync");
	assert_string_equal(cli.batch.output, "out");
	assert_int_equal(cli.batch.image.format, BR_IMAGE_FORMAT_WEBP);
	assert_int_equal(cli.batch.image.quality, 1);
	assert_int_equal(cli.batch.existing, BR_BATCH_EXISTING_SKIP);
	assert_int_equal(cli.batch.preserve, BR_BATCH_PRESERVE_TIMES | BR_BATCH_PRESERVE_MODE |
	                                         BR_BATCH_PRESERVE_OWNER | BR_BATCH_PRESERVE_ACL |
	                                         BR_BATCH_PRESERVE_XATTR);
	assert_true(cli.batch.fsync);
	cli_release(&cli);
}

static void test_choosing_options(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "--include a* --exclude=b* --include=c --hidden --follow -0 "
	              "--files-from=- -n");
	assert_int_equal(cli.batch.include_count, 2);
	assert_string_equal(cli.batch.include[0], "a*");
	assert_string_equal(cli.batch.include[1], "c");
	assert_int_equal(cli.batch.exclude_count, 1);
	assert_string_equal(cli.batch.exclude[0], "b*");
	assert_true(cli.batch.hidden && cli.batch.follow);
	assert_string_equal(cli.batch.files_from, "-");
	assert_true(cli.batch.null_separated && cli.report.null_separated && cli.batch.dry_run);
	assert_int_equal(cli.batch.path_count, 0);
	cli_release(&cli);
}

static void test_talking_options(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "-vpv --progress always --report=r.json a");
	assert_int_equal(cli.report.verbose, 2);
	assert_true(cli.report.print);
	assert_int_equal(cli.report.bar, REPORT_BAR_ALWAYS);
	assert_string_equal(cli.report.ndjson, "r.json");
	cli_release(&cli);
}

static void test_clusters_order_and_end(void **state)
{
	struct cli cli;

	(void)state;
	/* A letter with an argument ends a cluster; the last of equal options counts; paths may
	 * stand anywhere; after -- all are paths. */
	PARSE_OK(cli, "one -vj4 -s10 two -s 20 -- -v --mode");
	assert_int_equal(cli.report.verbose, 1);
	assert_int_equal(cli.batch.jobs, 4);
	assert_int_equal(cli.batch.image.size[0].width, 20);
	assert_int_equal(cli.batch.path_count, 4);
	assert_string_equal(cli.batch.paths[0], "one");
	assert_string_equal(cli.batch.paths[1], "two");
	assert_string_equal(cli.batch.paths[2], "-v");
	assert_string_equal(cli.batch.paths[3], "--mode");
	cli_release(&cli);
}

static void test_argument_that_looks_like_an_option(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "-o -x --include --y a");
	assert_string_equal(cli.batch.output, "-x");
	assert_string_equal(cli.batch.include[0], "--y");
	cli_release(&cli);
}

static void test_pipe(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "-s 10 -");
	assert_int_equal(cli.batch.path_count, 1);
	assert_string_equal(cli.batch.paths[0], "-");
	cli_release(&cli);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		struct br_image_size size;
	} rows[] = {
	    {"1x1", {1, 1, 0}},    {"800x600", {800, 600, 0}}, {"640", {640, 0, 0}},
	    {"x480", {0, 480, 0}}, {"50%", {0, 0, 50000}},     {"12.5%", {0, 0, 12500}},
	    {"0.001%", {0, 0, 1}}, {"100%", {0, 0, 100000}},   {"1048560", {1048560, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "-s %s a", rows[i].text);
		assert_int_equal(parse(&cli, line, &error), 0);
		assert_memory_equal(&cli.batch.image.size[0], &rows[i].size,
		                    sizeof(struct br_image_size));
		assert_int_equal(cli.batch.image.sizes, 1);
		cli_release(&cli);
	}
}

static void test_bad_sizes(void **state)
{
	static const char *const sizes[] = {"0",       "0x0",      "0x5",
	                                    "5x0",     "x",        "x0",
	                                    "5x",      "-5",       "+5",
	                                    "5.5",     "5x5x5",    "5*5",
	                                    "5xpx",    "px",       "5px5",
	                                    "5%px",    "%",        "0%",
	                                    "-1%",     "10000.1%", "50.1234%",
	                                    "50%%",    "5x5%",     "5 ",
	                                    "1048561", "big",      "99999999999999999999",
	                                    "1e3",     "100.%",    ".5%"};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char message[300];
		char *argv[] = {(char[]){"batchresize"}, (char[]){"-s"},
		                (char *)(uintptr_t)sizes[i], (char[]){"a"}, NULL};
		struct br_error error;
		struct cli cli;

		(void)snprintf(
		    message, sizeof(message),
		    "-s: '%s' is no size: write WxH (800x600), W (800), xH (x600) or P%% "
		    "(50%%, at most 10000%%); sides are 1 to 1048560 pixels",
		    sizes[i]);
		assert_int_equal(cli_parse(&cli, 4, argv, &error), BR_ERROR_USAGE);
		assert_string_equal(error.msg, message);
		cli_release(&cli);
	}
}

static void test_numbers(void **state)
{
	static const char *const good[] = {"-j 1",
	                                   "-j 1024",
	                                   "-j 007",
	                                   "-q 100",
	                                   "--retries=100",
	                                   "--timeout=0",
	                                   "--timeout=0.001",
	                                   "--timeout=1000000",
	                                   "--max-pixels=1",
	                                   "--max-pixels=2G",
	                                   "--max-pixels=1000G"};
	static const char *const bad[] = {"-j 0",
	                                  "-j 1025",
	                                  "-j -1",
	                                  "-j 1.5",
	                                  "-j 4x",
	                                  "-j ~",
	                                  "-j 0x4",
	                                  "-j 18446744073709551617",
	                                  "-q 0",
	                                  "-q 101",
	                                  "--retries=101",
	                                  "--timeout=.5",
	                                  "--timeout=1.",
	                                  "--timeout=0.0001",
	                                  "--timeout=1000001",
	                                  "--timeout=1e3",
	                                  "--timeout=-1",
	                                  "--timeout=1000000.5",
	                                  "--timeout=nan",
	                                  "--max-pixels=0",
	                                  "--max-pixels=1T",
	                                  "--max-pixels=1KK",
	                                  "--max-pixels=1001G",
	                                  "--max-pixels=K",
	                                  "--max-pixels=1k"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]) + sizeof(bad) / sizeof(bad[0]); i++) {
		bool is_good = i < sizeof(good) / sizeof(good[0]);
		const char *text = is_good ? good[i] : bad[i - sizeof(good) / sizeof(good[0])];
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "%s a", text);
		if ((parse(&cli, line, &error) == 0) != is_good)
			fail_msg("%s should be %s", text, is_good ? "taken" : "refused");
		cli_release(&cli);
	}
}

static void test_refused_options(void **state)
{
	(void)state;
	assert_refused("--moed=serial a", "unknown option '--moed': did you mean '--mode'?");
	assert_refused("--out x a", "unknown option '--out': did you mean '--output'?");
	assert_refused("--width 8 a", "unknown option '--width': say --size=800 for a width");
	assert_refused("-w8 a", "unknown option '-w': say --size=800 for a width");
	assert_refused("-vr a", "unknown option '-r': a directory is always walked with all below "
	                        "it: leave it out");
	assert_refused("-scale 8 a", "unknown option '-scale': say --size=800x600, --size=800 or "
	                             "--size=50%");
	assert_refused("--zebra a",
	               "unknown option '--zebra': 'batchresize --help' lists them all");
	assert_refused("-z a", "unknown option '-z': 'batchresize --help' lists them all");
	assert_refused("-vz a", "unknown option '-z': 'batchresize --help' lists them all");
	assert_refused("-output a", "'-output': did you mean '--output'? (for -o with the argument "
	                            "'utput', put a space between)");
	assert_refused("--quiet=2 a", "--quiet takes no argument, or yes or no: leave '=2' out");
	assert_refused("--verbose=yes a",
	               "--verbose takes no argument, or a digit: leave '=yes' out");
	assert_refused("--help=1 a", "--help takes no argument: leave '=1' out");
	assert_refused("a -j", "-j needs an argument: N");
	assert_refused("a --mode",
	               "--mode needs an argument: serial, thread, process, hybrid or auto");
	assert_refused("--document a", "--document: unknown word 'a': use man, bash, zsh or fish");
}

static void test_refused_arguments(void **state)
{
	(void)state;
	assert_refused("--mode=proces a", "--mode: unknown word 'proces': did you mean 'process'?");
	assert_refused("-m swarm a",
	               "-m: unknown word 'swarm': use serial, thread, process, hybrid or auto");
	assert_refused("-f jpgg a", "-f: unknown word 'jpgg': did you mean 'jpeg'?");
	assert_refused("--preserve=times,mod a",
	               "--preserve: unknown word 'mod': did you mean 'mode'?");
	assert_refused("--preserve= a",
	               "--preserve: unknown word '': use times, mode, owner, acl, xattr");
	assert_refused("-j many a", "-j: 'many' is not a whole number from 1 to 1024 (without it: "
	                            "CPUs it may use)");
	assert_refused("--timeout=1m a",
	               "--timeout: '1m' is no number of seconds: write 0 to 1000000, as in 30 or "
	               "0.5 (three decimals at most)");
	assert_refused("--max-pixels=1MB a",
	               "--max-pixels: '1MB' is no number of pixels: write 1 to 1000G, with K, M or "
	               "G for thousands, millions or billions");
	assert_refused("-o ~ a", "-o: an empty DIR names nothing");
	assert_refused("a ~", "an empty path names nothing: leave it out, or check the variable it "
	                      "came from");
}

static void test_refused_combinations(void **state)
{
	(void)state;
	assert_refused("--files-from=l a",
	               "--files-from and paths together: put 'a' into the list, "
	               "or leave --files-from out");
	assert_refused("- a", "'-' is one image from standard input to standard output: name no "
	                      "other path (a file of that name is './-')");
	assert_refused("-o d -", "--output makes no sense with '-', which writes one image to "
	                         "standard output: leave it out, and add '>small.jpg'");
	assert_refused("-p -",
	               "--print makes no sense with '-', which writes one image to standard "
	               "output: leave it out");
	assert_refused("--report=- -",
	               "'-' writes the image to standard output: give --report a file");
	assert_refused("--lossless -f jpeg a",
	               "--lossless: jpeg cannot be without loss: choose --format=webp, avif, jxl "
	               "or png, or leave it out");
	assert_refused("-pn a",
	               "--dry-run writes no output that --print could name: leave one out");
	assert_refused(
	    "-p --report=- a",
	    "--report=- and --print both write to standard output: give --report a file");
	assert_refused("-n --report=- a", "--report=- and --dry-run both write to standard output: "
	                                  "give --report a file");
	assert_refused("--mode=process --io-threads=2 a",
	               "--io-threads is for the modes hybrid and auto: add --mode=hybrid, "
	               "or leave it out");
	assert_refused("-0 a",
	               "--null has no effect without --files-from, --print, --failed-list or "
	               "--dry-run: "
	               "leave it out");
	assert_refused("--quiet -v a",
	               "--quiet and --verbose contradict each other: leave one out");
	assert_refused("--quiet --progress=always a",
	               "--quiet and --progress=always contradict each other: leave one out");
}

static void test_actions(void **state)
{
	static const struct {
		const char *arguments;
		enum cli_action action;
	} rows[] = {{"--help --nonsense", CLI_HELP},
	            {"-h", CLI_HELP},
	            {"-vV", CLI_VERSION},
	            {"--version -v", CLI_VERSION},
	            {"--document=zsh", CLI_DOCUMENT}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "%s", rows[i].arguments);
		assert_int_equal(parse(&cli, line, &error), 0);
		assert_int_equal(cli.action, rows[i].action);
		cli_release(&cli);
	}
}

/* What a writer writes, as a string to be freed. */
static char *written(void (*write)(FILE *stream))
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	write(stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void write_man(FILE *stream)
{
	cli_print_document(stream, CLI_DOCUMENT_MAN);
}

static void write_bash(FILE *stream)
{
	cli_print_document(stream, CLI_DOCUMENT_BASH);
}

static void write_zsh(FILE *stream)
{
	cli_print_document(stream, CLI_DOCUMENT_ZSH);
}

static void write_fish(FILE *stream)
{
	cli_print_document(stream, CLI_DOCUMENT_FISH);
}

/* `mark` is a format of how an option's name looks there. */
static void assert_lists_options(void (*write)(FILE *stream), const char *mark)
{
	char *text = written(write);

	for (enum cli_option_id id = 0; id < OPTIONS; id++) {
		const struct cli_option *option = cli_option(id);
		char name[64] = "", pattern[80];

		/* roff wants its hyphens escaped */
		for (const char *c = option->name; *c; c++)
			(void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s%c",
			               *c == '-' && strchr(mark, '\\') ? "\\" : "", *c);
		(void)snprintf(pattern, sizeof(pattern), "%s%s", mark, name);
		if ((strstr(text, pattern) != NULL) != (option->group != GROUP_HIDDEN))
			fail_msg("%s in the text", pattern);
	}
	free(text);
}

static void test_documents_list_options(void **state)
{
	(void)state;
	assert_lists_options(cli_print_help, "--");
	assert_lists_options(write_man, "\\-\\-");
	assert_lists_options(write_bash, "--");
	assert_lists_options(write_zsh, "--");
	assert_lists_options(write_fish, "-l ");
}

static void test_help_fits(void **state)
{
	char *text = written(cli_print_help);

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strlen(line) > 80)
			fail_msg("wider than 80 columns: %s", line);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_shown_defaults_are_true),
	    cmocka_unit_test(test_a_default_put_back_is_of_its_option_alone),
	    cmocka_unit_test(test_rows_are_sound),
	    cmocka_unit_test(test_run_options),
	    cmocka_unit_test(test_output_options),
	    cmocka_unit_test(test_choosing_options),
	    cmocka_unit_test(test_talking_options),
	    cmocka_unit_test(test_clusters_order_and_end),
	    cmocka_unit_test(test_argument_that_looks_like_an_option),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_bad_sizes),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_refused_options),
	    cmocka_unit_test(test_refused_arguments),
	    cmocka_unit_test(test_refused_combinations),
	    cmocka_unit_test(test_actions),
	    cmocka_unit_test(test_documents_list_options),
	    cmocka_unit_test(test_help_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
