/* document.h - the documents that are made from the option table. */
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include <stdio.h>

/* A paragraph of the man page, or a term and what it means. */
struct man_part {
	const char *term; /* NULL: a paragraph */
	const char *text; /* NULL: the end of the section */
};

/* Lists of sections end with a title of NULL. */
struct man_section {
	const char *title;
	const struct man_part *parts;
};

/* Before the options, after them, and after exit statuses and report. */
extern const struct man_section man_introduction[], man_reference[], man_surroundings[];

/* The man page, in man(7) macros. */
void document_man(FILE *stream);

/* Completion scripts. */
void document_bash(FILE *stream);
void document_zsh(FILE *stream);
void document_fish(FILE *stream);

#endif
