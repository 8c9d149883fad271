/* colour.h - colours as they are typed: CSS names, #rgb, #rrggbb. Capitals don't matter.
 *
 * Pure functions.
 */
#ifndef CLI_COLOUR_H
#define CLI_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

/* The word of CSS for no colour at all; colour_parse() doesn't know it. */
#define COLOUR_TRANSPARENT "transparent"

/* The sRGB values of a colour; false when the text is none. */
bool colour_parse(const char *text, uint8_t rgb[3]);

/* The name that was probably meant, or NULL. */
const char *colour_near(const char *text);

#endif
