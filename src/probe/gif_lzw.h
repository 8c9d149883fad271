/* gif_lzw.h - how many pixels a GIF's picture data say, without decoding them.
 *
 * Decoders leave what is missing as it was and say nothing of it. Linear in the bytes; takes
 * 8 KB of stack.
 *
 * Pure; thread-safe.
 */
#ifndef PROBE_GIF_LZW_H
#define PROBE_GIF_LZW_H

#include "base/bytes.h"

enum gif_lzw {
	GIF_LZW_ENOUGH, /* at least as many as asked for */
	GIF_LZW_SHORT,  /* the data end first */
	GIF_LZW_BROKEN  /* a code that means nothing, which the decoder will complain about */
};

/* Counts the pixels of the image data at `at`, where the size of a code is said and sub-blocks
 * follow (CompuServe, version 89a, appendix F), up to `pixels`. */
enum gif_lzw gif_lzw_count(struct bytes bytes, size_t at, uint64_t pixels);

#endif
