/* webp_tail.h - whether a WebP's picture that ends in zeros was meant to.
 *
 * Encoders write up to thousands of zeros if all that remains is of one colour, and what never
 * arrived of a file is often zeros as well: libwebp makes a picture of either. It differs in how
 * far it reads. Zeros that were written are read to the last; of others, which tell it the most
 * likely thing again and again, it needs fewer than there are. So the picture is decoded twice, the
 * second time with the last of the zeros changed: a picture that stays the same was not meant so.
 */
#ifndef PIPELINE_WEBP_TAIL_H
#define PIPELINE_WEBP_TAIL_H

#include "libvips/pixels.h"
#include "probe/scan.h"

/* Sets scan->missing if the zeros at the end that scan_webp() has found are not the picture's.
 * bytes: the file as scanned. A picture that cannot be decoded is left to the decoder. Takes what
 * decoding takes, and as long as two times that. Returns 0, BR_ERROR_MEMORY or BR_ERROR_TIMEOUT. */
int webp_tail_judge(struct bytes bytes, struct pull *pull, struct scan *scan);

#endif
