/* libjxl.h - libjxl, for the first frame of an animated JPEG XL, and for what is wrong with one.
 *
 * libvips before 8.16 decodes every frame into one place, and has the last one in the end. libjxl
 * is there when libvips has it, and is used if that has loaded it. The functions are the same in
 * libjxl 0.7 and 0.11.
 */
#ifndef LIBVIPS_LIBJXL_H
#define LIBVIPS_LIBJXL_H

#include "base/bytes.h"
#include "libvips/libvips.h"

/* clang-format off */
#define LIBJXL_FUNCTIONS(f) \
	f(JxlDecoderCloseInput) \
	f(JxlDecoderCreate) \
	f(JxlDecoderDestroy) \
	f(JxlDecoderGetFrameHeader) \
	f(JxlDecoderImageOutBufferSize) \
	f(JxlDecoderProcessInput) \
	f(JxlDecoderSetImageOutBuffer) \
	f(JxlDecoderSetImageOutCallback) \
	f(JxlDecoderSetInput) \
	f(JxlDecoderSubscribeEvents)
/* clang-format on */

/* Whether libvips has to be passed by for the first frame. */
bool libjxl_is_needed(void);

/* Decodes the first frame into memory: *image is a new reference, of the sides, bands and format of
 * header, which is what libvips says of the file. *only: there is no other. Returns 0,
 * BR_ERROR_MEMORY, BR_ERROR_CORRUPT, or BR_ERROR_UNSUPPORTED if libjxl is not to be found.
 * Thread-safe.
 */
int libjxl_first_frame(struct bytes file, const VipsImage *header, VipsImage **image, bool *only);

/* Whether a file that libvips has failed to decode is one that ends early: it says the same of that
 * and of damage. Decodes it again, as far as that goes. Thread-safe. */
bool libjxl_is_cut(struct bytes file);

#endif
