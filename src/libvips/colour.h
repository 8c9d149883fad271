/* colour.h - whatever a picture's colours are, to sRGB or gray of 8 or 16 bits; or as they are.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_COLOUR_H
#define LIBVIPS_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "colour/colour_codes.h"
#include "colour/icc.h"
#include "libvips/libvips.h"

/* Makes pixels that the other steps can compute with: integers of 8 or 16 bits, or a colour space
 * that libvips knows; no more bands than have a meaning. Before resampling; costs nothing for the
 * usual kinds. Returns 0 or BR_ERROR_UNSUPPORTED. */
int colour_normalise(VipsImage **image);

/* What an output's colours are to be. */
struct colour_target {
	bool keep;  /* as they are, if nothing below forbids it; else sRGB */
	bool cmyk;  /* inks may stay: the format has them, and nothing is painted in RGB */
	bool lab;   /* CIELAB may stay, likewise */
	bool gray;  /* gray of another curve than sRGB's may stay, likewise */
	bool hdr;   /* PQ and HLG may stay, likewise, with a profile that says so by numbers */
	bool codes; /* and without one: the format has a place for numbers */
	bool deep;  /* of 16 bits, if they have them; else of 8 */
	/* The format has no gray: what is gray gets a profile for RGB, made in the buffer. NULL: it
	 * has. */
	struct br_buffer *rgb_profile;
};

/* What has become of them. */
struct colour_result {
	struct bytes profile;      /* the one that says how the pixels are meant; empty: as sRGB's,
	                            * or as the colour space's own */
	struct colour_codes codes; /* the numbers that say so instead */
	bool converted;            /* they are sRGB now and were not */
};

/* What the source's are. */
struct colour_source {
	struct bytes profile;    /* or empty */
	struct colour_codes hdr; /* PQ or HLG; not told: neither */
	float peak;              /* of these, see tone_peak() */
};

/* To what the target wants; gray stays gray (alpha is kept in both). Adds to *notes (enum
 * br_image_note). Returns 0, BR_ERROR_MEMORY or BR_ERROR_UNSUPPORTED. */
int colour_convert(VipsImage **image, const struct colour_source *source,
                   const struct colour_target *target, struct colour_result *result,
                   uint32_t *notes);

/* Whether the colours will have to be tone mapped, for which the source's peak must be known. */
bool colour_wants_peak(const struct colour_source *source, const struct colour_target *target);

/* CIELAB that has stayed, as a file of so many bits a channel has it. Nothing else is changed.
 * Returns 0 or -1. */
int colour_pack(VipsImage **image, uint32_t bits);

#endif
