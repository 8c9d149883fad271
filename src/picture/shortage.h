/* shortage.h - a failure for want of memory, called by its name.
 *
 * Decoders and encoders say of memory that they could not have what they say of a damaged file, or
 * nothing at all. What a picture takes is known beforehand, and so is what the limits of the
 * process leave: if that is less, a library's verdict on the file is worth nothing.
 */
#ifndef PICTURE_SHORTAGE_H
#define PICTURE_SHORTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/error.h>

/* What becomes of a failure: `status` itself, or BR_ERROR_MEMORY with a text that names the limit,
 * if memory was short. `bytes`: what the picture takes by prediction, 0 if that is not known;
 * `verdict`: whether `status` is a library's word on the file, which memory may have been behind.
 */
int shortage_judge(int status, uint64_t bytes, bool verdict, struct br_error *error);

/* Before libvips is handed a picture: BR_ERROR_MEMORY if fewer addresses are left than its
 * threads and the libraries behind it need, which would end the process otherwise; or 0. */
int shortage_refuse(struct br_error *error);

#endif
