/* text.h - text in the making: appended to, then written in one go; and how numbers and names look
 * to a person.
 *
 * Numbers are written the same in every locale: 1,234 and 45.6.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <batchresize/buffer.h>

/* Running out of memory is remembered in status and not repeated at each call. */
struct text {
	struct br_buffer bytes; /* without a final NUL */
	int status;             /* 0, or -ENOMEM: something is missing */
};

#define TEXT_EMPTY ((struct text){.bytes = BR_BUFFER_HEAP})

void text_add_bytes(struct text *text, const void *bytes, size_t size);
/* Here, so that the length of a constant is one. */
static inline void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties, keeps the memory. */
void text_clear(struct text *text);
void text_release(struct text *text);

/* The character that begins at bytes[0] (size is at least 1). Returns how many bytes it takes and
 * sets *code; if there is no valid UTF-8, *code is -1 and the bytes are those that one U+FFFD
 * replaces (The Unicode Standard, "maximal subpart": at least 1). */
size_t text_character(const unsigned char *bytes, size_t size, int32_t *code);

/* Whether a string is valid UTF-8 from end to end. */
bool text_is_utf8(const char *string);

/* Appends a name or message so that it can do a terminal no harm and stays on one line: \n \t \r
 * and \xHH for control characters (those of C1 included) and bytes that are not UTF-8, \u202E for
 * characters that turn the direction of reading. Other characters, backslashes included, as they
 * are. */
void text_add_escaped(struct text *text, const char *string);

/* Bytes in base64 (RFC 4648, padded). */
void text_add_base64(struct text *text, const void *data, size_t size);

/* 1,234,567 */
void text_add_count(struct text *text, uint64_t count);
/* "1 image", "1,234 images" */
void text_add_counted(struct text *text, uint64_t count, const char *singular, const char *plural);
/* 999 B, 3.4 kB, 45.6 MB: powers of 1000, one decimal below 100. */
void text_add_size(struct text *text, double bytes);
/* 0.25, 9.3, 100.3, 1,234 */
void text_add_rate(struct text *text, double rate);
/* A duration that has passed: 0.042 s, 12.3 s, 5 min 12 s, 2 h 03 min. */
void text_add_seconds(struct text *text, double seconds);

#endif
