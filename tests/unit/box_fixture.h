/* box_fixture.h - one file of boxes (ISO/IEC 14496-12) at a time, made by hand. */
#ifndef BOX_FIXTURE_H
#define BOX_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

extern unsigned char box_file[4096];
extern size_t box_size; /* set to 0 to begin anew */

/* Appends a number of so many bytes; bytes as they are. */
void box_put(uint32_t value, unsigned bytes);
void box_put_bytes(const void *data, size_t length);

/* Begins a box; ends the one that box_begin() returned, whose size is then right. */
size_t box_begin(const char *type);
void box_end(size_t box);

#endif
