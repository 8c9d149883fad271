/* document.h - the documents that are made from the option table. */
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include <stdio.h>

/* The man page, in man(7) macros. */
void document_man(FILE *stream);

/* Completion scripts. */
void document_bash(FILE *stream);
void document_zsh(FILE *stream);
void document_fish(FILE *stream);

#endif
