/* codec_png_image.c - see codec_png_image.h. */
#include "libvips/codec_png_image.h"

#include <errno.h>

#include "libvips/palette_reduce.h"
#include "libvips/pixels.h"

struct helper {
	VipsImage *image, *reduced;
};

/* As libvips' own savers do: who counts the time is asked. */
static bool is_late(void *context)
{
	const struct helper *helper = context;

	g_signal_emit_by_name(helper->image, "eval", NULL);
	return vips_image_iskilled(helper->image);
}

static int reduce(void *context, const struct raster *raster, struct raster *reduced)
{
	struct helper *helper = context;
	struct pull pull = {0};

	(void)raster;
	helper->reduced = palette_reduce(helper->image, &pull);
	if (helper->reduced)
		*reduced = pixels_raster(helper->reduced);
	return helper->reduced != NULL;
}

int codec_png_save(VipsImage *image, const struct codec_origin *origin,
                   const struct br_image_options *options, void **data, size_t *size)
{
	struct helper helper = {.image = image};
	const struct codec_png_help help = {.late = is_late, .reduce = reduce, .context = &helper};
	const struct raster raster = pixels_raster(image);
	struct br_buffer file;
	int status = codec_png_encode(&raster, origin, options->png_effort, &help, &file);

	VIPS_UNREF(helper.reduced);
	if (status == -ENOMEM)
		vips_error("png", "no memory");
	if (status)
		return -1;
	*data = file.data;
	*size = file.size;
	return 0;
}
