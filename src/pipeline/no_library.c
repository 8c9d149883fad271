/* no_library.c - there is no image library in this build: `make VIPS=no`. */
#include "pipeline/library.h"

#define WITHOUT "which this build is made without (VIPS=no)"

bool library_exists(void)
{
	return false;
}

int library_load(struct br_error *error)
{
	return error ? br_error_set(error, BR_ERROR_UNSUPPORTED, "libvips is needed, " WITHOUT)
	             : BR_ERROR_UNSUPPORTED;
}

void library_ask_first(void (*ask)(void *arg), void *arg)
{
	(void)ask;
	(void)arg;
}

const struct libraries *library_versions(void)
{
	return NULL;
}

bool library_can_read(enum br_image_format format)
{
	(void)format;
	return false;
}

bool library_can_write(enum br_image_format format)
{
	(void)format;
	return false;
}

int library_check_read(enum br_image_format format, struct br_error *error)
{
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "%s is read by libvips, " WITHOUT
	                    ": convert the file to JPEG or PNG, or use a build with libvips",
	                    br_image_format_name(format));
}

int library_check_write(enum br_image_format format, struct br_error *error)
{
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "%s is written by libvips, " WITHOUT
	                    ": choose --format jpeg or png, or use a build with libvips",
	                    br_image_format_name(format));
}

static bool is_interlaced(const struct source *source)
{
	return source->info.format == BR_IMAGE_FORMAT_PNG && source->scan.whole;
}

/* Asked for a JPEG or PNG that our own readers would not open: damaged, or out of the ordinary. */
int library_open(struct source *source, struct br_error *error)
{
	const bool short_of = !source->scan.ended || source->scan.missing;

	if (short_of && source->options->fail_on != BR_IMAGE_FAIL_ON_NONE)
		return source_fault(source, BR_ERROR_CORRUPT, error);
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "%s that is %s takes libvips, " WITHOUT
	                    ": save the picture again, or use a build with libvips",
	                    br_image_format_name(source->info.format),
	                    is_interlaced(source) ? "interlaced" : "damaged or unusual");
}

void library_close(struct source *source)
{
	(void)source;
}

void library_describe(struct source *source)
{
	(void)source;
}

bool library_fields(const struct source *source, struct metadata_fields *fields)
{
	(void)source;
	(void)fields;
	return false;
}

/* Why the short way was not for it is told if there is a word for it: of JPEGs and PNGs. */
int library_make(struct picture *picture)
{
	const char *why = br_image_detour_reason(picture->result->detour);

	return br_error_set(picture->error, BR_ERROR_UNSUPPORTED,
	                    "%s to %s%s%s%s takes libvips, " WITHOUT
	                    ": ask for less, or use a build with libvips",
	                    br_image_format_name(picture->source.info.format),
	                    br_image_format_name(picture->result->out_format), *why ? " (" : "",
	                    why, *why ? ")" : " in this way");
}

void library_forget_words(void)
{
}
