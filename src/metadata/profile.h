/* profile.h - the ICC profile of a source: embedded, or made of what its format says instead.
 *
 * Thread-safe.
 */
#ifndef METADATA_PROFILE_H
#define METADATA_PROFILE_H

#include <batchresize/buffer.h>
#include <batchresize/image.h>

#include "base/bytes.h"
#include "colour/colour_codes.h"
#include "colour/icc.h"
#include "metadata/metadata.h"

struct profile {
	struct bytes bytes;   /* empty: none */
	struct br_buffer own; /* where they lie; the caller's, for the next profile as well */
	enum icc_kind kind;   /* of the bytes, for gray (one or two bands) or RGB */
	bool embedded;        /* the file carries one, usable or not */
	bool broken;          /* and it cannot even be read */
	/* PQ or HLG, which no profile can be made of (but there may be one that says so); not told:
	 * neither */
	struct colour_codes hdr;
	bool
	    unknown; /* the colours are told by numbers that are not understood, and by nothing else
	              */
};

/* The profile of a file of that format and so many bands, in whose header the image library has
 * found those fields (JPEG and PNG: need not have been asked, NULL).
 *
 * JPEG: put together of up to 255 segments, else Adobe RGB if EXIF says so. PNG: cICP, iCCP,
 * sRGB (none is needed then), else gAMA and cHRM. AVIF, HEIC: what the library found, else the
 * numbers of "nclx" (ISO/IEC 23008-12, 6.5.5), else those of the coded picture. The others: what
 * the library found. None is made of what says the same as sRGB.
 *
 * PQ and HLG are known by these numbers, by those of a JPEG XL, or by a profile's own ("cicp").
 *
 * One of more than `max` bytes counts as broken.
 *
 * profile->own is a buffer whatever is in it. Returns 0 or negative errno; -ENOTSUP if there is
 * no header of the library's, and only libpng can tell what it makes of an iCCP. */
int profile_read(struct profile *profile, enum br_image_format format, struct bytes file,
                 uint32_t bands, uint64_t max, const struct metadata_fields *fields);

#endif
