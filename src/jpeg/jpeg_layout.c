/* jpeg_layout.c - see jpeg_layout.h. */
#include "jpeg/jpeg_layout.h"

struct jpeg_span jpeg_span_of(const struct jpeg_side *side, uint32_t step, uint32_t mcu)
{
	uint32_t end = side->pad + side->kept;
	struct jpeg_span span = {
	    .canvas = jpeg_ceil(side->canvas, step),
	    .padded = jpeg_ceil(side->canvas, mcu) * (mcu / step),
	    .at = side->pad / step,
	};
	double from, to;

	span.count = jpeg_ceil(end, step) - span.at;
	/* In pixels of the scaled picture. */
	from = (double)span.at * step - side->pad + side->crop;
	to = (double)(span.at + span.count) * step - side->pad + side->crop;
	span.origin = (side->flip ? side->scaled - to : from) / side->scaled;
	span.extent = (to - from) / side->scaled;
	span.blend_first = side->pad % step != 0;
	span.blend_last = end % step != 0 && end < side->canvas;
	return span;
}

unsigned jpeg_eighths(uint32_t width, uint32_t height, uint32_t target_width,
                      uint32_t target_height, unsigned reserve)
{
	unsigned eighths = 1;

	/* all doubled, so that half a pixel is a number */
	while (eighths < 8 &&
	       (2 * (uint64_t)width * eighths < (2 * (uint64_t)target_width - 1) * reserve ||
	        2 * (uint64_t)height * eighths < (2 * (uint64_t)target_height - 1) * reserve))
		eighths *= 2;
	return eighths;
}
