/* table_rows.h - shared by the files that hold the option table's rows, one for each group of the
 * help; table.c makes one table of them. Private to table*.c. */
#ifndef CLI_TABLE_ROWS_H
#define CLI_TABLE_ROWS_H

#include "cli/cli.h"
#include "cli/table.h"

/* A word's value is stored through a pointer to unsigned: so must these enums be. */
_Static_assert(sizeof(enum br_executor_mode) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_executor_sandbox) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_fail_on) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_format) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_fit) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_gravity) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_filter) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_metadata) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_profile) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_image_subsampling) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_batch_io_priority) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_batch_list) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum br_batch_existing) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum report_log_format) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum report_bar) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum cli_document) == sizeof(unsigned), "enum of another size");

#define TARGET(member) offsetof(struct cli, member)

/* The first option of each file. */
#define FIRST_RUN      OPTION_MODE
#define FIRST_SIZE     OPTION_SIZE
#define FIRST_OUTPUT   OPTION_OUTPUT
#define FIRST_CHOOSE   OPTION_INCLUDE
#define FIRST_FETCH    OPTION_HEADER
#define FIRST_QUEUE    OPTION_QUEUE
#define FIRST_TALK     OPTION_DRY_RUN
#define FIRST_DEFAULTS OPTION_CONFIG

extern const struct cli_option table_run[FIRST_SIZE - FIRST_RUN];
extern const struct cli_option table_size[FIRST_OUTPUT - FIRST_SIZE];
extern const struct cli_option table_output[FIRST_CHOOSE - FIRST_OUTPUT];
extern const struct cli_option table_choose[FIRST_FETCH - FIRST_CHOOSE];
extern const struct cli_option table_fetch[FIRST_QUEUE - FIRST_FETCH];
extern const struct cli_option table_queue[FIRST_TALK - FIRST_QUEUE];
extern const struct cli_option table_talk[FIRST_DEFAULTS - FIRST_TALK];
extern const struct cli_option table_defaults[OPTIONS - FIRST_DEFAULTS];

#endif
