/* help.c - --help and --version: for reading in a terminal, 80 columns at most. */
#include <string.h>

#include <batchresize/executor.h>
#include <batchresize/image.h>

#include "cli/parse.h"
#include "cli/table.h"

/* Columns of a line, and the one at which an option's text begins. */
#define HELP_WIDTH  80
#define HELP_COLUMN 26

/* Writes words of `text` from column `column` on, later lines from HELP_COLUMN on, and ends the
 * line. */
static void print_wrapped(FILE *stream, size_t column, const char *text)
{
	bool first = true;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (!first && column + 1 + length > HELP_WIDTH) {
			(void)fprintf(stream, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
			first = true;
		}
		(void)fprintf(stream, "%s%.*s", first ? "" : " ", (int)length, text);
		column += length + !first;
		first = false;
		text += length + strspn(text + length, " ");
	}
	(void)fputc('\n', stream);
}

static void print_option(FILE *stream, const struct cli_option *option)
{
	char names[HELP_WIDTH], text[4 * HELP_WIDTH], words[2 * HELP_WIDTH];
	const char *standard = option->standard ? option->standard : option->automatic;
	char letter[] = {'-', option->letter, ',', '\0'};

	(void)snprintf(names, sizeof(names), "  %3s --%s%s%s", option->letter ? letter : "",
	               option->name, option->argument ? "=" : "",
	               option->argument ? option->argument : "");
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s%s", option->help, option->words ? ": " : "",
	               option->words ? value_words(option, words, sizeof(words)) : "",
	               standard ? " [" : "", standard ? standard : "", standard ? "]" : "");
	if (strlen(names) < HELP_COLUMN)
		(void)fprintf(stream, "%-*s", HELP_COLUMN, names);
	else
		(void)fprintf(stream, "%s\n%*s", names, HELP_COLUMN, "");
	print_wrapped(stream, HELP_COLUMN, text);
}

void cli_print_help(FILE *stream)
{
	(void)fputs("Usage: batchresize [OPTION]... PATH...\n"
	            "   or: batchresize [OPTION]... --files-from=LIST\n"
	            "   or: batchresize [OPTION]... -\n"
	            "   or: batchresize lab [OPTION]... [PATH]...\n"
	            "Resize many images at once. A PATH is a file or a directory, which is walked\n"
	            "with all below it; '-' is one image from standard input to standard output;\n"
	            "lab measures this machine and the PATHs, and advises a mode.\n"
	            "Sources are never changed. Defaults are in [brackets].\n",
	            stream);
	for (enum cli_group group = 0; group < GROUPS; group++) {
		(void)fprintf(stream, "\n%s:\n", cli_group_title(group));
		for (enum cli_option_id id = 0; id < OPTIONS; id++) {
			const struct cli_option *option = cli_option(id);

			if (option->group == group)
				print_option(stream, option);
		}
	}
	(void)fputs("\nExamples:\n", stream);
	for (const struct cli_example *example = cli_examples(); example->command; example++)
		(void)fprintf(stream, "  %s\n      %s\n", example->command, example->help);
	(void)fputs("\nExit status:\n", stream);
	for (const struct cli_exit *row = cli_exits(); row->status; row++)
		(void)fprintf(stream, "  %-6s %s\n", row->status, row->help);
	(void)fputs("\nMore, such as the modes and the report's fields: man batchresize\n", stream);
}

static void print_formats(FILE *stream, const char *title, bool (*can)(enum br_image_format))
{
	(void)fputs(title, stream);
	for (enum br_image_format format = BR_IMAGE_FORMAT_UNKNOWN + 1; format < BR_IMAGE_FORMATS;
	     format++) {
		if (can(format))
			(void)fprintf(stream, " %s", br_image_format_name(format));
	}
	(void)fputc('\n', stream);
}

/* Which walls can stand around workers, if the system lets them; --verbose in a run says which do.
 */
static void print_walls(FILE *stream)
{
	const unsigned walls = br_executor_walls();
	char names[BR_EXECUTOR_WALL_NAMES_MAX];

	(void)fprintf(stream, "sandbox: %s\n",
	              walls ? br_executor_wall_names(walls, " ", names) : "none");
}

void cli_print_version(FILE *stream, bool verbose)
{
	struct br_error error;

	(void)fputs("batchresize " BATCHRESIZE_VERSION "\n", stream);
	if (!verbose)
		return;
	(void)br_image_init(NULL);
	print_formats(stream, "reads:", br_image_can_read);
	print_formats(stream, "writes:", br_image_can_write);
	print_walls(stream);
	if (br_image_load_library(&error))
		(void)fprintf(stream, "for others %s\n", error.msg);
}

void cli_print(const struct cli *cli, FILE *stream)
{
	if (cli->action == CLI_HELP)
		cli_print_help(stream);
	else if (cli->action == CLI_VERSION)
		cli_print_version(stream, cli->report.verbose > 0);
	else if (cli->action == CLI_SHOW_CONFIG)
		show_config(cli, stream);
	else if (cli->action == CLI_DOCUMENT)
		cli_print_document(stream, cli->document);
}
