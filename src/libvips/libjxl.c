/* libjxl.c - finds libjxl in this process, and decodes with it. */
#include "libvips/libjxl.h"

#include <pthread.h>
#include <string.h>

#include <jxl/decode.h>

#include "base/libraries.h"
#include "libvips/pixels.h"

static struct {
#define LIBJXL_MEMBER(name) __typeof__(name) *(name);
	LIBJXL_FUNCTIONS(LIBJXL_MEMBER)
#undef LIBJXL_MEMBER
} libjxl;

/* In that order. */
static const char *const names[] = {
#define LIBJXL_NAME(name) #name,
    LIBJXL_FUNCTIONS(LIBJXL_NAME)
#undef LIBJXL_NAME
};

_Static_assert(sizeof libjxl == sizeof names, "a pointer for each name");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool found;

/* The one that libvips has loaded. */
static void find(void)
{
	found = libraries_bind(libraries_open(LIBRARY_JXL), names, G_N_ELEMENTS(names), &libjxl);
}

bool libjxl_is_needed(void)
{
	return vips_version(0) == 8 && vips_version(1) < 16;
}

/* As libvips does: what it says of a file's samples it has from the same numbers. */
static JxlPixelFormat format_of(const VipsImage *header)
{
	JxlPixelFormat format = {.num_channels = (uint32_t)header->Bands,
	                         .data_type = JXL_TYPE_UINT8,
	                         .endianness = JXL_NATIVE_ENDIAN};

	if (header->BandFmt == VIPS_FORMAT_USHORT)
		format.data_type = JXL_TYPE_UINT16;
	else if (header->BandFmt == VIPS_FORMAT_FLOAT)
		format.data_type = JXL_TYPE_FLOAT;
	return format;
}

static int give_memory(JxlDecoder *decoder, VipsImage *image)
{
	const JxlPixelFormat format = format_of(image);
	const uint64_t bytes = pixels_bytes(image);
	size_t wanted;

	if (libjxl.JxlDecoderImageOutBufferSize(decoder, &format, &wanted) != JXL_DEC_SUCCESS ||
	    wanted != bytes ||
	    libjxl.JxlDecoderSetImageOutBuffer(decoder, &format, image->data, wanted) !=
	        JXL_DEC_SUCCESS)
		return BR_ERROR_CORRUPT;
	return 0;
}

static int decode(JxlDecoder *decoder, VipsImage *image, bool *only)
{
	JxlFrameHeader frame;

	for (;;) {
		switch (libjxl.JxlDecoderProcessInput(decoder)) {
		case JXL_DEC_FRAME:
			if (libjxl.JxlDecoderGetFrameHeader(decoder, &frame) != JXL_DEC_SUCCESS)
				return BR_ERROR_CORRUPT;
			*only = frame.is_last;
			break;
		case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
			if (give_memory(decoder, image))
				return BR_ERROR_CORRUPT;
			break;
		case JXL_DEC_FULL_IMAGE:
			return 0;
		default:
			return BR_ERROR_CORRUPT;
		}
	}
}

int libjxl_first_frame(struct bytes file, const VipsImage *header, VipsImage **image, bool *only)
{
	JxlDecoder *decoder;
	int status = BR_ERROR_CORRUPT;

	*image = NULL;
	(void)pthread_once(&once, find);
	if (!found)
		return BR_ERROR_UNSUPPORTED;
	decoder = libjxl.JxlDecoderCreate(NULL);
	*image = pixels_new(header, header->Xsize, header->Ysize);
	if (!decoder || !*image)
		status = BR_ERROR_MEMORY;
	else if (libjxl.JxlDecoderSubscribeEvents(decoder, JXL_DEC_FRAME | JXL_DEC_FULL_IMAGE) ==
	             JXL_DEC_SUCCESS &&
	         libjxl.JxlDecoderSetInput(decoder, file.data, file.size) == JXL_DEC_SUCCESS) {
		libjxl.JxlDecoderCloseInput(decoder);
		status = decode(decoder, *image, only);
	}
	if (decoder)
		libjxl.JxlDecoderDestroy(decoder);
	if (status)
		VIPS_UNREF(*image);
	return status;
}

static void ignore(void *opaque, size_t x, size_t y, size_t pixels, const void *data)
{
	(void)opaque;
	(void)x;
	(void)y;
	(void)pixels;
	(void)data;
}

/* Whether it would go on with more. */
static bool wants_more(JxlDecoder *decoder)
{
	const JxlPixelFormat format = {.num_channels = 3, .data_type = JXL_TYPE_UINT8};

	for (;;) {
		switch (libjxl.JxlDecoderProcessInput(decoder)) {
		case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
			if (libjxl.JxlDecoderSetImageOutCallback(decoder, &format, ignore, NULL) !=
			    JXL_DEC_SUCCESS)
				return false;
			break;
		case JXL_DEC_FULL_IMAGE:
			break;
		case JXL_DEC_NEED_MORE_INPUT:
			return true;
		default:
			return false;
		}
	}
}

bool libjxl_is_cut(struct bytes file)
{
	JxlDecoder *decoder;
	bool cut = false;

	(void)pthread_once(&once, find);
	decoder = found ? libjxl.JxlDecoderCreate(NULL) : NULL;
	if (!decoder)
		return false;
	if (libjxl.JxlDecoderSubscribeEvents(decoder, JXL_DEC_FULL_IMAGE) == JXL_DEC_SUCCESS &&
	    libjxl.JxlDecoderSetInput(decoder, file.data, file.size) == JXL_DEC_SUCCESS)
		cut = wants_more(decoder);
	libjxl.JxlDecoderDestroy(decoder);
	return cut;
}
