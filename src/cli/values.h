/* values.h - shared by the files that store arguments: values.c asks the right one for each kind.
 *
 * Arguments are read strictly, and an error shows how to write them.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "cli/parse.h"

/* Where the option's value is stored. */
void *value_target(struct parse *parse, const struct cli_option *option);

/* Stores an unsigned; every maximum in the table fits. */
void value_put(struct parse *parse, const struct cli_option *option, uint64_t value);

/* One for each kind of argument. Each returns 0 or BR_ERROR_USAGE. */

/* value_words.c */
int value_store_word(struct parse *parse, const struct cli_option *option, const char *spelled,
                     const char *value);
int value_store_lock(struct parse *parse, const struct cli_option *option, const char *spelled,
                     const char *value);
int value_store_words(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value);

/* value_numbers.c */
int value_store_number(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value);
int value_store_pixels(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value);
int value_store_bytes(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value);
int value_store_share(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value);
int value_store_seconds(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value);

int value_store_decimal(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value);

/* value_time.c */
int value_store_duration(struct parse *parse, const struct cli_option *option, const char *spelled,
                         const char *value);
int value_store_time(struct parse *parse, const struct cli_option *option, const char *spelled,
                     const char *value);

/* When the local clock next shows so many seconds past midnight, or, if it is put forward over
 * that, when that is done: seconds since 1970, always after `now`. */
int64_t value_next_time(int64_t now, int wanted);

/* value_picture.c */
int value_store_sizes(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value);
int value_store_colour(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value);
int value_store_quality(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value);

#endif
