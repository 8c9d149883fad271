/* jpeg_segments.c - see jpeg_segments.h. */
#include "probe/jpeg_segments.h"

#include <string.h>

/* Whether the byte behind 0xff is a marker's code that one stops at. */
static bool is_marker(uint8_t code)
{
	return code && code != MARKER_TEM && (code < MARKER_RST0 || code > MARKER_RST7);
}

size_t jpeg_marker_next(struct bytes bytes, size_t at)
{
	while (at < bytes.size) {
		const unsigned char *ff = memchr(bytes.data + at, 0xff, bytes.size - at);

		if (!ff)
			break;
		at = (size_t)(ff - bytes.data);
		while (at < bytes.size && bytes.data[at] == 0xff)
			at++;
		if (at == bytes.size || is_marker(bytes.data[at]))
			return at;
		at++;
	}
	return bytes.size;
}

struct bytes jpeg_segment_at(struct bytes bytes, size_t at)
{
	size_t length;

	if (!bytes_have(bytes, at + 1, 2))
		return (struct bytes){0};
	length = be16(bytes.data + at + 1);
	if (length < 2 || !bytes_have(bytes, at + 1, length))
		return (struct bytes){0};
	return (struct bytes){bytes.data + at + 3, length - 2};
}

bool jpeg_segment_next(struct bytes bytes, size_t *at, struct jpeg_segment *found)
{
	const size_t marker = jpeg_marker_next(bytes, *at);

	if (marker == bytes.size || bytes.data[marker] == MARKER_SOS ||
	    bytes.data[marker] == MARKER_EOI)
		return false;
	found->code = bytes.data[marker];
	found->content = jpeg_segment_at(bytes, marker);
	*at = marker + 3 + found->content.size;
	return found->content.data != NULL;
}

bool jpeg_place_next(struct window *window, uint64_t *at, struct jpeg_place *found)
{
	const unsigned char *p;

	while (window_step(window) && (p = window_look(window, *at, 4)) && p[0] == 0xff &&
	       p[1] != MARKER_SOS) {
		const uint32_t length = be16(p + 2);

		if (p[1] == 0xff) { /* fill */
			++*at;
			continue;
		}
		*found = (struct jpeg_place){p[1], *at + 4, length < 2 ? 0 : length - 2};
		*at += 2 + (uint64_t)length;
		return true;
	}
	return false;
}

uint64_t jpeg_blocks(uint32_t width, uint32_t height, const struct jpeg_sampling *component,
                     unsigned components)
{
	uint64_t across, down, blocks = 0;
	uint32_t h = 1, v = 1;

	for (unsigned i = 0; i < components; i++) {
		h = component[i].h > h ? component[i].h : h;
		v = component[i].v > v ? component[i].v : v;
	}
	across = (width + 8 * (uint64_t)h - 1) / (8 * (uint64_t)h);
	down = (height + 8 * (uint64_t)v - 1) / (8 * (uint64_t)v);
	for (unsigned i = 0; i < components; i++)
		blocks += across * component[i].h * down * component[i].v;
	return blocks;
}
