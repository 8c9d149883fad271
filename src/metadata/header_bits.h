/* header_bits.h - bits from the highest of each byte, as the headers of AV1 and HEVC have them.
 *
 * Pure; thread-safe. Nothing is read beyond the bytes: what is not there is 0, and `ended` is set
 * then, as it is by a number that no header has.
 */
#ifndef METADATA_HEADER_BITS_H
#define METADATA_HEADER_BITS_H

#include "base/bytes.h"
#include "colour/colour_codes.h"

struct header_bits {
	struct bytes bytes;
	bool escaped; /* after two bytes of zeros a 3 is no data (ITU-T H.265, 7.3.1.1) */
	bool ended;

	/* the rest begins as zeros */
	size_t at;
	unsigned zeros; /* bytes of that value before `at` */
	unsigned left;  /* bits of the byte before `at` that are still to come */
};

/* So many bits as a number, 32 at most. */
uint32_t header_bits_take(struct header_bits *bits, unsigned count);

/* The same as one flag. */
bool header_bits_flag(struct header_bits *bits);

/* Passes over any number of them. */
void header_bits_skip(struct header_bits *bits, unsigned count);

/* An Exp-Golomb code of 32 bits: ue(v) of HEVC (H.265, 9.2), and uvlc() of AV1 (4.10.3). */
uint32_t header_bits_golomb(struct header_bits *bits);

/* What both end in: whether colours are told, and their three numbers (H.273). */
struct colour_codes header_bits_codes(struct header_bits *bits);

#endif
