/* terminal.h - what the terminal behind a descriptor can show. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include <stdbool.h>

struct terminal {
	int fd;
	bool present; /* it is a terminal at all */
	bool moves;   /* and can erase a line: TERM is neither unset nor dumb */
	bool colour;  /* and may be written to in colour: NO_COLOR is unset or empty (no-color.org)
	               */
	bool utf8;    /* the locale's character set */
};

struct terminal terminal_probe(int fd);

/* Columns of its window at this moment; 80 if it does not say. */
unsigned terminal_columns(const struct terminal *terminal);

/* Whether this process is in the foreground: what one in the background draws lands in the middle
 * of what the user is typing. */
bool terminal_is_ours(const struct terminal *terminal);

#endif
