/* gain_map.c - see gain_map.h. */
#include "metadata/gain_map.h"

#include <string.h>

#include "metadata/heif_colour.h"
#include "metadata/jxl_colour.h"
#include "probe/jpeg_segments.h"

/* ISO 21496-1, annex on JPEG: what an APP2 segment of both pictures begins with. */
static const char iso_name[] = "urn:iso:std:iso:ts:21496:-1";

/* CIPA DC-007: the segment of a file of several pictures. */
static const char mpf_name[] = "MPF";

/* What XMP says of a gain map, or of a file that has one: "container" of Android's Ultra HDR;
 * Apple's auxiliary picture. */
static const char *const xmp_words[] = {"=\"GainMap\"", "='GainMap'", ">GainMap<",
                                        "aux:hdrgainmap"};

/* Adobe's "Gain map" specification, 1.0 (Ultra HDR, 1.1, is the same): a version must be told, in
 * this namespace. */
static const char adobe[] = "http://ns.adobe.com/hdr-gain-map/1.0/";
static const char version[] = ":Version";

static bool begins(struct bytes content, const char *name, size_t size)
{
	return content.size >= size && !memcmp(content.data, name, size);
}

static bool is_in_name(unsigned char c)
{
	return c > ' ' && !strchr("<>\"'=:/", c);
}

/* Whether there is a version under the prefix whose namespace, Adobe's, is at `at`:
 * xmlns:prefix="...". */
static bool is_version_said(struct bytes xmp, size_t at)
{
	char word[64];
	size_t end, begin;

	while (at && xmp.data[at - 1] && strchr("\"'= \t\r\n", xmp.data[at - 1]))
		at--;
	for (begin = end = at; begin && is_in_name(xmp.data[begin - 1]);)
		begin--;
	if (begin == end || end - begin + sizeof version > sizeof word)
		return false;
	memcpy(word, xmp.data + begin, end - begin);
	memcpy(word + (end - begin), version, sizeof version);
	return memmem(xmp.data, xmp.size, word, strlen(word));
}

static bool is_said_in(struct bytes xmp)
{
	const unsigned char *at = memmem(xmp.data, xmp.size, adobe, sizeof adobe - 1);

	if (at && is_version_said(xmp, (size_t)(at - xmp.data)))
		return true;
	for (size_t i = 0; i < sizeof xmp_words / sizeof *xmp_words; i++)
		if (memmem(xmp.data, xmp.size, xmp_words[i], strlen(xmp_words[i])))
			return true;
	return false;
}

/* What the segments of one picture say. */
struct words {
	bool gain_map; /* that there is one, or that this is one */
	bool others;   /* that there are other pictures in the file */
	size_t end;    /* where the segments end */
};

static struct words read_words(struct bytes picture)
{
	struct words words = {0};
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;

	while (jpeg_segment_next(picture, &at, &segment)) {
		if (segment.code == MARKER_APP1)
			words.gain_map = words.gain_map || is_said_in(segment.content);
		if (segment.code == MARKER_APP2 &&
		    begins(segment.content, iso_name, sizeof iso_name))
			words.gain_map = true;
		if (segment.code == MARKER_APP2 &&
		    begins(segment.content, mpf_name, sizeof mpf_name))
			words.others = true;
	}
	words.end = at < picture.size ? at : picture.size;
	return words;
}

/* Words are no gain map yet: who takes one out of a file may leave them. Pictures are found by
 * their first three bytes, which compressed data can't have. */
static bool jpeg_has(struct bytes file)
{
	static const unsigned char begin[] = {0xff, 0xd8, 0xff};
	const struct words first = read_words(file);
	struct bytes rest = {file.data + first.end, file.size - first.end};
	const unsigned char *found;

	if (!first.gain_map && !first.others)
		return false;
	while ((found = memmem(rest.data, rest.size, begin, sizeof begin))) {
		struct words words;

		rest = (struct bytes){found, rest.size - (size_t)(found - rest.data)};
		words = read_words(rest);
		if (first.gain_map || words.gain_map)
			return true;
		rest = (struct bytes){rest.data + words.end, rest.size - words.end};
	}
	return false;
}

bool gain_map_exists(enum br_image_format format, struct bytes file)
{
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		return jpeg_has(file);
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return heif_has_gain_map(file);
	case BR_IMAGE_FORMAT_JXL:
		return jxl_has_gain_map(file);
	default:
		return false;
	}
}
