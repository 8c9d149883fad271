/* jpeg_segments.h - the markers of a JPEG and the segments that follow them (ITU-T T.81, annex B).
 *
 * Pure functions of the bytes; thread-safe. Nothing here validates.
 */
#ifndef PROBE_JPEG_SEGMENTS_H
#define PROBE_JPEG_SEGMENTS_H

#include "base/bytes.h"
#include "probe/window.h"

/* Codes of markers (T.81, table B.1); SOF4, SOF8 and SOF12 have other names. */
enum {
	MARKER_TEM = 0x01,
	MARKER_SOF0 = 0xc0,
	MARKER_DHT = 0xc4,
	MARKER_JPG = 0xc8,
	MARKER_DAC = 0xcc,
	MARKER_SOF15 = 0xcf,
	MARKER_RST0 = 0xd0,
	MARKER_RST7 = 0xd7,
	MARKER_SOI = 0xd8,
	MARKER_EOI = 0xd9,
	MARKER_SOS = 0xda,
	MARKER_DRI = 0xdd,
	MARKER_APP0 = 0xe0,
	MARKER_APP1 = 0xe1,
	MARKER_APP2 = 0xe2,
	MARKER_APP13 = 0xed,
	MARKER_APP14 = 0xee,
	MARKER_APP15 = 0xef,
	MARKER_COM = 0xfe
};

/* Whether a frame's header follows: the picture's size and components. */
static inline bool jpeg_marker_is_frame(uint8_t code)
{
	return code >= MARKER_SOF0 && code <= MARKER_SOF15 && code != MARKER_DHT &&
	       code != MARKER_JPG && code != MARKER_DAC;
}

/* A component's sampling factors. */
struct jpeg_sampling {
	uint8_t h, v;
};

/* Blocks of a picture of these components in whole MCUs, as decoders keep the coefficients of one
 * in several scans (jdcoefct.c of libjpeg). */
uint64_t jpeg_blocks(uint32_t width, uint32_t height, const struct jpeg_sampling *component,
                     unsigned components);

/* Where the walk over a file's markers begins: behind SOI. */
#define JPEG_SEGMENTS_BEGIN 2

/* The position of the next marker's code at or after `at`, past fill bytes and past entropy-coded
 * data with its stuffed zeros and restarts; bytes.size if there is none. */
size_t jpeg_marker_next(struct bytes bytes, size_t at);

/* The content of the segment whose marker's code is at `at`: what follows its length. `.data` is
 * NULL if it is cut off. */
struct bytes jpeg_segment_at(struct bytes bytes, size_t at);

struct jpeg_segment {
	uint8_t code; /* of its marker */
	struct bytes content;
};

/* The segment of the header at or after *at, which is moved on. Returns false at the first scan,
 * the end of the picture, or a segment that is cut off. */
bool jpeg_segment_next(struct bytes bytes, size_t *at, struct jpeg_segment *found);

/* The same through a window, which need not hold the content. */
struct jpeg_place {
	uint8_t code;
	uint64_t at; /* of the content in the file */
	size_t size;
};

bool jpeg_place_next(struct window *window, uint64_t *at, struct jpeg_place *found);

#endif
