/* animation.h - every frame of an animation, one at a time.
 *
 * GIF and WebP sources keep their frames when the output is GIF or WebP. The frames pass through
 * here as libvips has them: one tall picture of all frames, one below the other, that is made from
 * top to bottom while the saver reads it. At no time is more than one frame of the source and one
 * of the output in memory, whatever their number.
 *
 * Each frame is a picture of its own on the way: nothing of one frame gets into another.
 *
 * Times are kept as the output can have them. WebP counts in milliseconds and has them all; GIF
 * counts in hundredths of a second, and what is 10 ms or less, which browsers show for 100 in both
 * formats, stays so.
 *
 * Thread-safe; a struct animation is used by one thread at a time.
 */
#ifndef PIPELINE_ANIMATION_H
#define PIPELINE_ANIMATION_H

#include "libvips/pixels.h"
#include "picture/source.h"

struct animation {
	/* Makes a frame of the output from one of the source; *frame is replaced by one in memory.
	 * Returns 0 or a code, and has told what went wrong then. */
	int (*make)(void *ctx, VipsImage **frame);
	void *ctx;
	struct pull *pull;
	/* The rest is its own. */
	VipsImage *source;              /* all frames of the source, one below the other */
	VipsImage *current;             /* the frame of the output that was made last */
	uint32_t width, height, frames; /* of the source */
	uint32_t number;                /* of the current frame */
	bool cut_short;                 /* no more frames can be had: the last one stays */
	int status;                     /* what make() failed with, or 0 */
	int *delays;                    /* of each frame, in milliseconds, as the output has them */
	int loop;                       /* how often it is played; 0: for ever */
};

/* Opens the frames of a source whose frames are kept. make, ctx and pull are set. *image is a
 * picture of all frames with page-height, delay and loop, for a saver that reads it once from top
 * to bottom; it must be unreferenced before animation_close(). The first frame has been made. When
 * reading it fails, animation->status says whether that was for a frame. Returns 0 or a code. */
int animation_open(struct animation *animation, struct source *source,
                   enum br_image_format out_format, VipsImage **image, struct br_error *error);
void animation_close(struct animation *animation);

/* Puts the frames' times right in the file that the saver has made, which lies in out from begin
 * on. Returns 0, BR_ERROR_ENCODE, or a negative errno. */
int animation_set_times(const struct animation *animation, enum br_image_format out_format,
                        struct br_buffer *out, size_t begin);

#endif
