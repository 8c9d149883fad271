/* cli_fixture.c - see cli_fixture.h. */
#include "cli_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARGUMENTS_MAX 12

/* Whoever runs the tests may have defaults of their own, which are nobody's business here. */
__attribute__((constructor)) static void leave_defaults(void)
{
	if (setenv("XDG_CONFIG_HOME", "/nonexistent", 1) != 0)
		abort();
}

/* Splits at blanks: no argument here has one, '~' stands for an empty one. */
static int split(char *line, char *argv[ARGUMENTS_MAX])
{
	static char program[] = "batchresize";
	int argc = 0;

	argv[argc++] = program;
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < ARGUMENTS_MAX - 1);
		argv[argc++] = strcmp(word, "~") == 0 ? word + 1 : word;
	}
	argv[argc] = NULL;
	return argc;
}

int parse(struct cli *cli, char *line, struct br_error *error)
{
	char *argv[ARGUMENTS_MAX];
	int argc = split(line, argv);

	memset(error, 0, sizeof(*error));
	return cli_parse(cli, argc, argv, error);
}

void assert_refused(const char *arguments, const char *message)
{
	char line[256];
	struct br_error error;
	struct cli cli;

	(void)snprintf(line, sizeof(line), "%s", arguments);
	assert_int_equal(parse(&cli, line, &error), BR_ERROR_USAGE);
	assert_int_equal(error.code, BR_ERROR_USAGE);
	assert_string_equal(error.msg, message);
	cli_release(&cli);
}
