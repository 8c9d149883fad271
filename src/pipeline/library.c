/* library.c - the image library is libvips. */
#include "pipeline/library.h"

#include "libvips/codec_vips.h"
#include "libvips/libvips.h"

bool library_exists(void)
{
	return true;
}

int library_load(struct br_error *error)
{
	return libvips_load(error);
}

void library_ask_first(void (*ask)(void *arg), void *arg)
{
	libvips_ask_first(ask, arg);
}

const struct libraries *library_versions(void)
{
	return libvips_libraries();
}

bool library_can_read(enum br_image_format format)
{
	return codec_vips_can_read(format);
}

bool library_can_write(enum br_image_format format)
{
	return codec_vips_can_write(format);
}

int library_check_read(enum br_image_format format, struct br_error *error)
{
	return codec_vips_check_read(format, error);
}

int library_check_write(enum br_image_format format, struct br_error *error)
{
	return codec_vips_check_write(format, error);
}

void library_forget_words(void)
{
	libvips_forget_words();
}
