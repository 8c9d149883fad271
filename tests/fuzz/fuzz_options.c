/* fuzz_options.c - a command line and a file of defaults: whatever is taken, --show-config writes
 * as a file of defaults that means the same, and that shows the same again. Other than what it does
 * not tell, since it may be a password.
 *
 * An input is the arguments, each ended by NUL, an empty one, and the file.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "batch/fingerprint.h"
#include "cli/parse.h"
#include "fuzz.h"

#define ARGUMENTS_MAX 24
/* Of them in argv, behind our own. */
#define FIRST 3

/* What is shown, as text that was printed. */
struct shown {
	char *text;
	size_t size;
};

/* --- what an input is left out for -------------------------------------------------------------
 */

/* Control characters can't stand in a file of defaults, and are shown as blanks. */
static bool has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7F)
			return true;
	return false;
}

/* It would read another file than the one made here. */
static bool names_config(const char *argument)
{
	return strncmp(argument, "--config", strlen("--config")) == 0;
}

static bool file_has_control(struct input file)
{
	for (size_t i = 0; i < file.size; i++) {
		const bool ends =
		    file.data[i] == '\n' ||
		    (file.data[i] == '\r' && i + 1 < file.size && file.data[i + 1] == '\n');

		if ((file.data[i] < 0x20 && file.data[i] != '\t' && !ends) || file.data[i] == 0x7F)
			return true;
	}
	return false;
}

/* --- parsing -----------------------------------------------------------------------------------
 */

static int parse(struct cli *cli, char **argv, struct br_error *error)
{
	int argc = 0, status;

	while (argv[argc])
		argc++;
	*error = (struct br_error){0};
	status = cli_parse(cli, argc, argv, error);
	check(status == 0 || (error->code != BR_ERROR_NONE && error->msg[0] != '\0'));
	return status;
}

static bool tells_all(const struct shown *shown)
{
	return strstr(shown->text, "(not told here)") == NULL;
}

static struct shown show(const struct cli *cli)
{
	struct shown shown;
	FILE *stream = open_memstream(&shown.text, &shown.size);

	check(stream != NULL);
	cli_print(cli, stream);
	check(fclose(stream) == 0);
	return shown;
}

/* The same, of which a parser of its own has taken the comments away. */
static struct config entries_of(const struct shown *shown)
{
	struct config config;
	struct br_error error;

	scratch_write("shown", shown->text, shown->size);
	check(config_read(&config, scratch_path("shown"), CONFIG_TYPED, &error) == 0);
	return config;
}

static void check_same_text(const struct shown *once, const struct shown *twice)
{
	struct config a = entries_of(once), b = entries_of(twice);

	check(a.count == b.count);
	for (size_t i = 0; i < a.count; i++)
		check(strcmp(a.entry[i].key, b.entry[i].key) == 0 &&
		      strcmp(a.entry[i].value, b.entry[i].value) == 0);
	config_release(&a);
	config_release(&b);
}

/* What pictures become is the same. */
static void check_same_meaning(const struct cli *once, const struct cli *twice)
{
	char *a = fingerprint_text(&once->batch, 0, BR_IMAGE_FORMAT_UNKNOWN);
	char *b = fingerprint_text(&twice->batch, 0, BR_IMAGE_FORMAT_UNKNOWN);

	check(a && b && strcmp(a, b) == 0);
	check(fingerprint_names(&once->batch) == fingerprint_names(&twice->batch));
	free(a);
	free(b);
}

static void check_shown(const struct cli *once)
{
	char program[] = "batchresize", ask[] = "--show-config", named[PATH_MAX + 16];
	char *argv[] = {program, ask, named, NULL};
	struct shown first = show(once), second;
	struct br_error error;
	struct cli twice;

	if (!tells_all(&first)) {
		free(first.text);
		return;
	}
	scratch_write("shown", first.text, first.size);
	(void)snprintf(named, sizeof(named), "--config=%s", scratch_path("shown"));
	check(parse(&twice, argv, &error) == 0);
	second = show(&twice);
	check_same_text(&first, &second);
	check_same_meaning(once, &twice);
	cli_release(&twice);
	free(first.text);
	free(second.text);
}

/* Once as a run, once to be shown. */
static void try_both(char **argv, char *ask, struct input file)
{
	struct br_error error;
	struct cli cli;

	scratch_write("config", file.data, file.size);
	(void)parse(&cli, argv, &error);
	cli_release(&cli);
	argv[1] = ask;
	if (parse(&cli, argv, &error) == 0 && cli.action == CLI_SHOW_CONFIG &&
	    cli.document == CLI_DOCUMENT_NONE && !file_has_control(file))
		check_shown(&cli);
	cli_release(&cli);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char program[] = "batchresize", ask[] = "--show-config", named[PATH_MAX + 16];
	char *argv[ARGUMENTS_MAX + FIRST + 1] = {program, named, named};
	struct input input = {data, size};
	unsigned count = FIRST;
	bool fit = true;

	check(setenv("XDG_CONFIG_HOME", "/nonexistent", 1) == 0);
	(void)snprintf(named, sizeof(named), "--config=%s", scratch_path("config"));
	while (count < ARGUMENTS_MAX + FIRST && input.size > 0) {
		argv[count] = input_string(&input);
		if (argv[count][0] == '\0')
			break;
		fit = fit && !has_control(argv[count]) && !names_config(argv[count]);
		count++;
	}
	if (fit) {
		char *end = argv[count];

		argv[count] = NULL;
		try_both(argv, ask, input);
		argv[count] = end;
	}
	for (unsigned i = FIRST; i <= count; i++)
		free(argv[i]);
	return 0;
}
