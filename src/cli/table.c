/* table.c - the option table, which parsing, help, man page and completions share. */
#include "cli/table_rows.h"

const struct cli_option *cli_option(enum cli_option_id id)
{
	if (id < FIRST_SIZE)
		return &table_run[id - FIRST_RUN];
	if (id < FIRST_OUTPUT)
		return &table_size[id - FIRST_SIZE];
	if (id < FIRST_CHOOSE)
		return &table_output[id - FIRST_OUTPUT];
	if (id < FIRST_FETCH)
		return &table_choose[id - FIRST_CHOOSE];
	if (id < FIRST_QUEUE)
		return &table_fetch[id - FIRST_FETCH];
	if (id < FIRST_TALK)
		return &table_queue[id - FIRST_QUEUE];
	if (id < FIRST_DEFAULTS)
		return &table_talk[id - FIRST_TALK];
	return &table_defaults[id - FIRST_DEFAULTS];
}
