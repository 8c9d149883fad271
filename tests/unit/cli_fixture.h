/* cli_fixture.h - command lines as one string. */
#ifndef CLI_FIXTURE_H
#define CLI_FIXTURE_H

#include <string.h>

#include "cli/cli.h"

/* Splits `line` at blanks, which is changed by that ('~' stands for an empty argument), and parses
 * it. Strings in cli live as long as `line`. Returns what cli_parse() does. */
int parse(struct cli *cli, char *line, struct br_error *error);

/* The arguments are to be refused with that message. */
void assert_refused(const char *arguments, const char *message);

#define PARSE_OK(cli, text)                \
	char line_[] = text;               \
	struct br_error error_;            \
	if (parse(&(cli), line_, &error_)) \
	fail_msg("%s: %s", text, error_.msg)

#endif
