/* size.c - a size as it is typed. */
#include <string.h>
#include <strings.h>

#include <batchresize/image.h>

#include "base/scan.h"

/* Moves *text behind an x, X or the sign for times (U+00D7), if one stands there. */
static bool scan_times(const char **text)
{
	static const char *const signs[] = {"x", "X", "\xC3\x97"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (strncmp(*text, signs[i], strlen(signs[i])) == 0) {
			*text += strlen(signs[i]);
			return true;
		}
	}
	return false;
}

/* A side, as in 800 or 800px; moves *text behind it. */
static bool scan_side(const char **text, uint64_t *side)
{
	if (!scan_number(text, BR_IMAGE_SIDE_MAX, side) || *side == 0)
		return false;
	if (strncasecmp(*text, "px", 2) == 0)
		*text += 2;
	return true;
}

bool br_image_size_parse(const char *text, struct br_image_size *size)
{
	uint64_t width = 0, height = 0, percent = 0;
	const char *next = text;
	bool times;

	if (scan_thousandths(&next, BR_IMAGE_PERCENT_MAX, &percent) && strcmp(next, "%") == 0) {
		*size = (struct br_image_size){.percent = (uint32_t)percent};
		return percent > 0;
	}
	next = text;
	times = scan_times(&next);
	if (!times && !scan_side(&next, &width))
		return false;
	if ((times || scan_times(&next)) && !scan_side(&next, &height))
		return false;
	*size = (struct br_image_size){.width = (uint32_t)width, .height = (uint32_t)height};
	return *next == '\0';
}
