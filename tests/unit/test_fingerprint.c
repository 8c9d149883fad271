/* test_fingerprint.c - which options have a part in what an output is, and how their change is
 * told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batch/fingerprint.h"
#include "cli/table.h"
#include "cli_fixture.h"

/* --- every option ------------------------------------------------------------------------------
 */

enum part {
	FORGOTTEN, /* a new option: say which of these it is */
	MATTERS,   /* an output is another one: it is in the fingerprint */
	MATTERS_NOT
};

/* For each option another value than the default's, behind what else it needs. Those that matter
 * not say which pictures are made and where, who makes them, with which limits, and what is told:
 * whatever they are, the same source becomes the same bytes of the same name. */
static const struct {
	enum part part;
	const char *line;
} options[OPTIONS] = {
    [OPTION_MODE] = {MATTERS_NOT, "--mode=serial"},
    [OPTION_JOBS] = {MATTERS_NOT, "--jobs=3"},
    [OPTION_IO_THREADS] = {MATTERS_NOT, "--mode=hybrid --io-threads=3"},
    [OPTION_TIMEOUT] = {MATTERS_NOT, "--timeout=7"},
    [OPTION_RETRIES] = {MATTERS_NOT, "--retries=3"},
    [OPTION_SANDBOX] = {MATTERS_NOT, "--sandbox=off"},
    [OPTION_RETRY_POISON] = {MATTERS_NOT, "--retry-poison"},
    [OPTION_LIST_POISON] = {MATTERS_NOT, "--list-poison --output=out"},
    [OPTION_TRUSTED] = {MATTERS_NOT, "--mode=auto --trusted"},
    [OPTION_LAB] = {MATTERS_NOT, "--lab"},
    [OPTION_MAX_MEMORY] = {MATTERS_NOT, "--max-memory=1G"},
    [OPTION_MAX_PIXELS] = {MATTERS_NOT, "--max-pixels=1M"},
    [OPTION_MAX_FRAMES] = {MATTERS_NOT, "--max-frames=9"},
    [OPTION_MAX_SCANS] = {MATTERS_NOT, "--max-scans=9"},
    [OPTION_MAX_METADATA] = {MATTERS, "--max-metadata=1M"},
    [OPTION_FAIL_ON] = {MATTERS, "--fail-on=none"},
    [OPTION_MAX_FAILURES] = {MATTERS_NOT, "--max-failures=3"},
    [OPTION_SETTLE] = {MATTERS_NOT, "--settle=5"},
    [OPTION_MAX_TIME] = {MATTERS_NOT, "--max-time=1h"},
    [OPTION_FINISH_BY] = {MATTERS_NOT, "--finish-by=06:00"},
    [OPTION_LOAD_LIMIT] = {MATTERS_NOT, "--load-limit=9"},
    [OPTION_NICE] = {MATTERS_NOT, "--nice=3"},
    [OPTION_IONICE] = {MATTERS_NOT, "--ionice=idle"},
    [OPTION_WATCH] = {MATTERS_NOT, "--watch"},
    [OPTION_WATCH_INTERVAL] = {MATTERS_NOT, "--watch --watch-interval=5"},
    [OPTION_SIZE] = {MATTERS, "--size=30%"},
    [OPTION_FIT] = {MATTERS, "--fit=fill"},
    [OPTION_GRAVITY] = {MATTERS, "--fit=pad --gravity=north"},
    [OPTION_ENLARGE] = {MATTERS, "--enlarge"},
    [OPTION_FILTER] = {MATTERS, "--filter=cubic"},
    [OPTION_LINEAR] = {MATTERS, "--linear"},
    [OPTION_OUTPUT] = {MATTERS_NOT, "--output=out"},
    [OPTION_FLAT] = {MATTERS, "--output=out --flat"},
    [OPTION_NAME] = {MATTERS, "--name={stem}-x.{ext}"},
    [OPTION_FORMAT] = {MATTERS, "--format=jpeg"},
    [OPTION_QUALITY] = {MATTERS, "--quality=70"},
    [OPTION_LOSSLESS] = {MATTERS, "--format=webp --lossless"},
    [OPTION_JPEG_PROGRESSIVE] = {MATTERS, "--jpeg-progressive"},
    [OPTION_JPEG_SUBSAMPLING] = {MATTERS, "--jpeg-subsampling=444"},
    [OPTION_PNG_EFFORT] = {MATTERS, "--png-effort=9"},
    [OPTION_BACKGROUND] = {MATTERS, "--format=jpeg --background=red"},
    [OPTION_METADATA] = {MATTERS, "--metadata=keep"},
    [OPTION_PROFILE] = {MATTERS, "--profile=keep"},
    [OPTION_PLUGIN] = {MATTERS, "--plugin=mark.so"},
    [OPTION_EXISTING] = {MATTERS_NOT, "--existing=overwrite"},
    [OPTION_PRUNE] = {MATTERS_NOT, "--prune"},
    [OPTION_PRUNE_ALL] = {MATTERS_NOT, "--prune-all"},
    [OPTION_MAX_DELETE] = {MATTERS_NOT, "--prune --max-delete=5%"},
    [OPTION_FORCE_EMPTY] = {MATTERS_NOT, "--force-empty"},
    [OPTION_PRESERVE] = {MATTERS, "--preserve=times"},
    [OPTION_FSYNC] = {MATTERS_NOT, "--fsync"},
    [OPTION_LOCK] = {MATTERS_NOT, "--lock=off"},
    [OPTION_INCLUDE] = {MATTERS_NOT, "--include=*.jpg"},
    [OPTION_EXCLUDE] = {MATTERS_NOT, "--exclude=*.png"},
    [OPTION_MATCH_CASE] = {MATTERS_NOT, "--match-case"},
    [OPTION_HIDDEN] = {MATTERS_NOT, "--hidden"},
    [OPTION_FOLLOW] = {MATTERS_NOT, "--follow"},
    [OPTION_STRICT] = {MATTERS_NOT, "--strict"},
    [OPTION_FILES_FROM] = {MATTERS_NOT, "--files-from=list"},
    [OPTION_LIST_FORMAT] = {MATTERS_NOT, "--files-from=list --list-format=ndjson"},
    [OPTION_NULL] = {MATTERS_NOT, "--files-from=list --null"},
    [OPTION_HEADER] = {MATTERS_NOT, "--header=A: b"},
    [OPTION_NETRC] = {MATTERS_NOT, "--netrc"},
    [OPTION_ALLOW_PRIVATE] = {MATTERS_NOT, "--allow-private"},
    [OPTION_MAX_DOWNLOAD] = {MATTERS_NOT, "--max-download=1M"},
    [OPTION_FETCH_RETRIES] = {MATTERS_NOT, "--fetch-retries=0"},
    [OPTION_QUEUE] = {MATTERS_NOT, "--queue=redis://h/k"},
    [OPTION_RESULTS] = {MATTERS_NOT, "--queue=redis://h/k --results=r"},
    [OPTION_QUEUE_GROUP] = {MATTERS_NOT, "--queue=redis://h/k --queue-group=g"},
    [OPTION_DEAD_LETTERS] = {MATTERS_NOT, "--queue=redis://h/k --dead-letters=d"},
    [OPTION_CLAIM_AFTER] = {MATTERS_NOT, "--queue=redis://h/k --claim-after=5"},
    [OPTION_DRAIN] = {MATTERS_NOT, "--queue=redis://h/k --drain"},
    [OPTION_DRY_RUN] = {MATTERS_NOT, "--dry-run"},
    [OPTION_EXPLAIN] = {MATTERS_NOT, "--explain"},
    [OPTION_PRINT] = {MATTERS_NOT, "--print"},
    [OPTION_REPORT] = {MATTERS_NOT, "--report=report"},
    [OPTION_FAILED_LIST] = {MATTERS_NOT, "--failed-list=list"},
    [OPTION_SRCSET] = {MATTERS_NOT, "--srcset=srcset"},
    [OPTION_HTML] = {MATTERS_NOT, "--html=page"},
    [OPTION_PROGRESS] = {MATTERS_NOT, "--progress=never"},
    [OPTION_QUIET] = {MATTERS_NOT, "--quiet"},
    [OPTION_VERBOSE] = {MATTERS_NOT, "--verbose"},
    [OPTION_LOG_FORMAT] = {MATTERS_NOT, "--log-format=json"},
    [OPTION_LOG_FILE] = {MATTERS_NOT, "--log-file=log"},
    [OPTION_LOG_LEVEL] = {MATTERS_NOT, "--log-file=log --log-level=debug"},
    [OPTION_METRICS] = {MATTERS_NOT, "--metrics=metrics"},
    [OPTION_ON_FINISH] = {MATTERS_NOT, "--on-finish=true"},
    [OPTION_JSON] = {MATTERS_NOT, "--lab --json"},
    [OPTION_MARKDOWN] = {MATTERS_NOT, "--lab --markdown"},
    [OPTION_VERSION] = {MATTERS_NOT, "--version"},
    [OPTION_HELP] = {MATTERS_NOT, "--help"},
    [OPTION_DOCUMENT] = {MATTERS_NOT, "--document=man"},
    [OPTION_CONFIG] = {MATTERS_NOT, "--config=none"},
    [OPTION_PRESET] = {MATTERS_NOT, NULL}, /* what it stands for does */
    [OPTION_SHOW_CONFIG] = {MATTERS_NOT, "--show-config"},
};

/* The fingerprint for outputs of any format. */
static char *text_of(const char *arguments)
{
	char line[128];
	struct br_error error;
	struct cli cli;
	char *text;

	(void)snprintf(line, sizeof(line), "%s%s", arguments,
	               strstr(arguments, "--files-from") || strstr(arguments, "--queue") ? ""
	                                                                                 : " .");
	if (parse(&cli, line, &error) != 0)
		fail_msg("%s: %s", arguments, error.msg);
	text = fingerprint_text(&cli.batch, cli.batch.plugin ? 7 : 0, BR_IMAGE_FORMAT_UNKNOWN);
	assert_non_null(text);
	cli_release(&cli);
	return text;
}

/* What an option is given with here may matter as well. */
static char *text_without(const char *line)
{
	char others[128];
	char *last;

	(void)snprintf(others, sizeof(others), "%s", line);
	last = strrchr(others, ' ');
	if (last)
		*last = '\0';
	return text_of(last ? others : "");
}

static void assert_named(const char *without, const char *with, const char *name)
{
	char told[512], spelled[64];

	fingerprint_compare(without, with, told, sizeof(told));
	(void)snprintf(spelled, sizeof(spelled), "--%s ", name);
	if (strstr(told, spelled) != told)
		fail_msg("a change of --%s is told as '%s'", name, told);
}

static void every_option_either_matters_or_is_known_not_to(void **state)
{
	(void)state;
	for (unsigned id = 0; id < OPTIONS; id++) {
		const char *name = cli_option((enum cli_option_id)id)->name;
		const char *line = options[id].line;
		char spelled[64], *with, *without;

		if (options[id].part == FORGOTTEN)
			fail_msg("--%s is new: it belongs into fingerprint.c if it has a part in "
			         "an output's bytes or name, and in any case into this test",
			         name);
		if (!line)
			continue;
		(void)snprintf(spelled, sizeof(spelled), "--%s", name);
		assert_non_null(strstr(line, spelled));
		with = text_of(line);
		without = text_without(line);
		if ((strcmp(with, without) != 0) != (options[id].part == MATTERS))
			fail_msg("--%s %s in the fingerprint", name,
			         options[id].part == MATTERS ? "is not" : "is");
		if (options[id].part == MATTERS)
			assert_named(without, with, name);
		free(with);
		free(without);
	}
}

/* A picture is not made again for an option that has no part in its format. */
static void options_of_other_formats_do_not_matter(void **state)
{
	static const struct {
		const char *line;
		enum br_image_format matters, matters_not;
	} rows[] = {
	    {"--quality=70 .", BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_PNG},
	    {"--quality=webp=70 .", BR_IMAGE_FORMAT_WEBP, BR_IMAGE_FORMAT_JPEG},
	    {"--png-effort=9 .", BR_IMAGE_FORMAT_PNG, BR_IMAGE_FORMAT_JPEG},
	    {"--jpeg-progressive .", BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_WEBP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int matters = 0; matters < 2; matters++) {
			const enum br_image_format format =
			    matters ? rows[i].matters : rows[i].matters_not;
			char line[64], plain[] = ".";
			struct br_error error;
			struct cli with, without;
			char *a, *b;

			(void)snprintf(line, sizeof(line), "%s", rows[i].line);
			assert_int_equal(parse(&with, line, &error), 0);
			assert_int_equal(parse(&without, plain, &error), 0);
			a = fingerprint_text(&with.batch, 0, format);
			b = fingerprint_text(&without.batch, 0, format);
			assert_int_equal(strcmp(a, b) != 0, matters);
			free(a);
			free(b);
			cli_release(&with);
			cli_release(&without);
		}
	}
}

/* --- what is told of a change ------------------------------------------------------------------
 */

static void assert_told(const char *was, const char *is, const char *expected)
{
	char told[512];

	fingerprint_compare(was, is, told, sizeof(told));
	assert_string_equal(told, expected);
}

static void a_change_is_told_as_it_would_be_typed(void **state)
{
	(void)state;
	assert_told("quality=80\nname=\n", "quality=80\nname=\n", "");
	assert_told("quality=80\nname=\n", "quality=90\nname=\n", "--quality was 80, is 90");
	assert_told("size=0x600,50.000%,12.500%\nname=\n", "size=320x0,100x0,10x10\nname=\n",
	            "--size was x600,50%,12.500%, is 320,100,10x10");
	assert_told("enlarge=1\nlinear=0\n", "enlarge=0\nlinear=1\n",
	            "--enlarge is gone; --linear is new");
	assert_told("format=unknown\ntransparent=0\n", "format=png\ntransparent=1\n",
	            "--format was keep, is png; --background is now transparent");
	assert_told("fit=1\n", "fit=2\n", "--fit has another value");
	assert_told("name=a\nb=1\n", "name=a\nb=2\n", "--name was a\nb=1, is a\nb=2");
	/* one that another version wrote */
	assert_told("fit=1\nquality=80\n", "fit=1\ngravity=3\nquality=90\n",
	            "--quality was 80, is 90");
	assert_told("fit=1", "no lines", "");
}

static void a_change_is_cut_to_its_place(void **state)
{
	char told[12];

	(void)state;
	memset(told, 'x', sizeof(told));
	fingerprint_compare("quality=80\n", "quality=90\n", told, sizeof(told));
	assert_true(strlen(told) < sizeof(told));
	assert_memory_equal(told, "--quality", 9);
}

static void other_sizes_and_names_are_alike(void **state)
{
	static const char one[] = "size=40x40\nfit=0\nquality=80\nflat=0\nname=\n";

	(void)state;
	assert_true(fingerprint_is_alike(one, one));
	assert_true(fingerprint_is_alike(
	    one, "size=40x40,80x80\nfit=0\nquality=80\nflat=1\nname={stem}-{size}\n"));
	assert_false(fingerprint_is_alike(one, "size=40x40\nfit=1\nquality=80\nflat=0\nname=\n"));
	assert_false(fingerprint_is_alike(one, "size=40x40\nfit=0\nquality=8\nflat=0\nname=\n"));
	assert_false(fingerprint_is_alike(one, "size=40x40\nquality=80\nflat=0\nname=\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_option_either_matters_or_is_known_not_to),
	    cmocka_unit_test(options_of_other_formats_do_not_matter),
	    cmocka_unit_test(a_change_is_told_as_it_would_be_typed),
	    cmocka_unit_test(a_change_is_cut_to_its_place),
	    cmocka_unit_test(other_sizes_and_names_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
