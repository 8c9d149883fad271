/* scan.h - numbers at the beginning of a text.
 *
 * Pure; thread-safe.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

/* Reads one or more digits and moves *text behind them. False: there are none, or the number is
 * over `maximum`. */
bool scan_number(const char **text, uint64_t maximum, uint64_t *number);

/* The same with up to three decimals behind a point, in thousandths. */
bool scan_thousandths(const char **text, uint64_t maximum, uint64_t *thousandths);

/* What a hexadecimal digit of either case stands for; -1: it is none. */
int scan_hex_digit(char digit);

#endif
