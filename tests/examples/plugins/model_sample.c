/* model_sample.c - pictures as models want them. */
#include "model.h"

void model_sample(const struct model_form *form, const struct br_plugin_picture *picture,
                  const uint8_t *pixels, float *to)
{
	const int planes = form->shape[0] == 3;
	const size_t height = (size_t)form->shape[planes], width = (size_t)form->shape[planes + 1];
	const size_t along = planes ? 1 : 3, across = planes ? height * width : 1;
	const float step = (form->white - form->black) / 255;

	for (size_t y = 0; y < height; y++) {
		const uint8_t *line =
		    pixels + (2 * y + 1) * picture->height / (2 * height) * picture->stride;

		for (size_t x = 0; x < width; x++, to += along) {
			const uint8_t *pixel =
			    line + (2 * x + 1) * picture->width / (2 * width) * picture->bands;

			for (size_t i = 0; i < 3; i++)
				to[i * across] =
				    (float)pixel[picture->bands < 3 ? 0 : i] * step + form->black;
		}
	}
}
