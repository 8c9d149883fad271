/* cost.h - the memory that a picture takes, predicted before it is decoded.
 *
 * Pure functions.
 */
#ifndef PICTURE_COST_H
#define PICTURE_COST_H

#include <batchresize/error.h>
#include <batchresize/image.h>

#include "probe/scan.h"

/* Pictures up to this many bytes are brought into memory between the steps of the general way, so
 * that each step's time is its own and its input can be looked at; larger ones stream through all.
 */
#define COST_SETTLE_MAX (UINT64_C(64) << 20)

/* What a picture may take under the options: BR_IMAGE_MEMORY_MAX, or less. */
uint64_t cost_limit(const struct br_image_options *options);

/* Whether that is less, and --max-memory can raise it. */
bool cost_is_lowered(const struct br_image_options *options);

/* Bytes that png_reader may take for one picture; larger ones are read by libpng, row by row. */
#define COST_PNG_MAX (UINT64_C(256) << 20)

/* Bytes that reading the header alone takes in the library: BR_ERROR_TOO_LARGE over the limit.
 */
int cost_check_header(enum br_image_format format, const struct scan *scan,
                      const struct br_image_options *options, struct br_error *error);

/* BR_ERROR_TOO_LARGE if encoding a picture of that many pixels takes over the limit. */
int cost_check_encode(enum br_image_format format, const struct br_image_info *info,
                      const struct br_image_options *options, uint32_t width, uint32_t height,
                      struct br_error *error);

/* Bytes of that; 0 for encoders that take the picture as it streams. */
uint64_t cost_encode(enum br_image_format format, const struct br_image_info *info,
                     const struct br_image_options *options, uint32_t width, uint32_t height);

/* Bytes at the peak of decoding the picture, shrunk by `shrink` on load, and resampling it to
 * width x height (pixels, as stored) as the options say. */
uint64_t cost_decode(const struct br_image_info *info, const struct scan *scan,
                     const struct br_image_options *options, unsigned shrink, uint32_t width,
                     uint32_t height);

/* Bytes of that which png_reader may take, 0: it is not to be used. It never makes a picture cost
 * more than the limit that would not without it. */
uint64_t cost_png(const struct br_image_info *info, const struct scan *scan,
                  const struct br_image_options *options, uint32_t width, uint32_t height);

/* BR_ERROR_TOO_LARGE if that is over the limit. */
int cost_check_decode(const struct br_image_info *info, const struct scan *scan,
                      const struct br_image_options *options, unsigned shrink, uint32_t width,
                      uint32_t height, struct br_error *error);

/* Bytes at the peak of an animation, whose frames are decoded, resampled and encoded one at a time.
 */
uint64_t cost_frames(const struct br_image_info *info, const struct scan *scan,
                     const struct br_image_options *options,
                     const struct br_image_geometry *geometry);

#endif
