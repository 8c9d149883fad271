/* json.h - writing JSON values (RFC 8259). */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include <stdint.h>

#include "text/text.h"

/* A string in quotes: valid JSON and valid UTF-8 for any bytes; what is not UTF-8 becomes U+FFFD.
 */
void json_string(struct text *text, const char *string);
/* The bytes in base64 (RFC 4648, padded), in quotes. */
void json_base64(struct text *text, const char *string);
void json_unsigned(struct text *text, uint64_t number);
/* Three decimals; null for what is not finite. */
void json_thousandths(struct text *text, double number);
void json_null(struct text *text);

#endif
