/* inflate.h - a zlib stream (RFC 1950, 1951) inflated in pieces, each into the place of the
 * caller's choice.
 *
 * libdeflate is as quick and inflates in one piece only: the whole picture, in memory that is fresh
 * from the system and passes through the caches once more in each step that follows. A piece stays
 * in the cache until it is used up.
 *
 * What is taken is less than what zlib takes, never more: a stream that is declined is left to the
 * decoders that know what to say of it.
 *
 * One thread at a time. Fork-safe as any memory; no global state.
 */
#ifndef PNG_INFLATE_H
#define PNG_INFLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* The farthest that a stream refers back to, bytes. */
#define INFLATE_WINDOW 32768

/* Bytes behind the end of a piece that may be written: the rest of a match, and a word. */
#define INFLATE_SLACK 320

struct inflate;

/* NULL when there is no memory. portable: without the instructions that not every processor has,
 * for tests. */
struct inflate *inflate_new(bool portable);
void inflate_free(struct inflate *inflate);

/* Begins with a stream, which must live until the last piece. */
void inflate_begin(struct inflate *inflate, struct bytes stream);

/* Goes on writing at `out`, until `end` is reached or the stream is over. What has been written
 * before lies ahead of `out`, at least the last INFLATE_WINDOW bytes, or all since `begin`. Returns
 * the end of what is written, which may be behind `end` by less than INFLATE_SLACK; NULL: the
 * stream is declined. */
uint8_t *inflate_run(struct inflate *inflate, const uint8_t *begin, uint8_t *out,
                     const uint8_t *end);

/* Whether the stream was over with the last piece, with nothing behind it: *adler is the checksum
 * that it ends with. */
bool inflate_ended(struct inflate *inflate, uint32_t *adler);

#endif
