/* conditions.h - under which options, by which program and on which machine a run was made.
 * Private to conditions.c and run.c. */
#ifndef HTML_CONDITIONS_H
#define HTML_CONDITIONS_H

#include "html/run.h"

void conditions_add(struct text *page, const struct html_run *run);

#endif
