/* mark.h - the mark that says that a file was made by this program.
 *
 * It is the program's name, if the format has a place for it that costs nothing else:
 *   JPEG  an application segment (APP15), which ends with a NUL; not a comment, since of two some
 *         readers show the first and others the last, and the photograph's own is to be seen;
 *   PNG   a tEXt chunk, "Software", before all others: of two, readers show the last;
 *   TIFF  the tag Software;
 *   GIF   an application extension without data, whose name has just these eleven bytes.
 *
 * WebP, AVIF, HEIC and JPEG XL have none except in EXIF, for which a bare file would have to be put
 * into a container: they stay as they are.
 *
 * The same in every output, whatever becomes of the metadata. Outputs are told from photographs of
 * such a name by it (see plan/own.h, br_image_find_mark()). It is never carried on from a source.
 *
 * Pure functions of the bytes; thread-safe.
 */
#ifndef METADATA_MARK_H
#define METADATA_MARK_H

#include <batchresize/buffer.h>

#include "base/bytes.h"

#define MARK "batchresize"

/* A JPEG's segment after marker and length; a PNG's chunk of text; all of a GIF's extension, with
 * the NUL at the end of the string. */
#define MARK_JPEG_CODE 0xef
#define MARK_JPEG      MARK "\0"
#define MARK_PNG       "Software\0" MARK
#define MARK_GIF       "\x21\xff\x0b" MARK

/* Bytes without a NUL at the end that C puts there. */
#define MARK_SIZE(text) (sizeof(text) - 1)

/* Whether the content of a tEXt chunk is the mark. */
bool mark_is_text(struct bytes content);

/* Puts the mark into the file that begins at `begin` of *out and ends at its end. A TIFF's first
 * directory grows if it is the last thing in the file; in others it is written anew behind all
 * else, and the old one is left unused. Return 0, negative
 * errno, or BR_ERROR_ENCODE if the file is none that has a place for it. */
int mark_gif(struct br_buffer *out, size_t begin);
int mark_tiff(struct br_buffer *out, size_t begin);

#endif
