/* hints.h - options and words of other programs, and what to say instead. */
#ifndef CLI_HINTS_H
#define CLI_HINTS_H

#include <stddef.h>

/* What to say to somebody who typed an option that does not exist; `name` is without dashes and has
 * `length` bytes. Returns a sentence, or NULL when nothing is known of it. */
const char *hint_of_option(const char *name, size_t length);

/* The same for a word that an option (its name without dashes) does not know. */
const char *hint_of_word(const char *option, const char *word);

#endif
