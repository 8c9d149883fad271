/* box_scan.h - the boxes that files in ISO's base media format consist of (ISO/IEC 14496-12).
 *
 * Pure; thread-safe; nothing here reads beyond the bytes.
 */
#ifndef PROBE_BOX_SCAN_H
#define PROBE_BOX_SCAN_H

#include <string.h>

#include "base/bytes.h"

struct box {
	const unsigned char *type; /* four characters */
	struct bytes content;      /* as far as it is there */
	bool cut;                  /* the bytes end first */
};

/* The box at *at, which moves behind it. False if there is none, or what is there can't be one.
 */
bool box_next(struct bytes bytes, uint64_t *at, struct box *box);

/* The first box of a type among those that the bytes consist of. */
bool box_find(struct bytes bytes, const char *type, struct bytes *content);

static inline bool box_is(const struct box *box, const char *type)
{
	return !memcmp(box->type, type, 4);
}

#endif
