/* jpeg_fixture.c - see jpeg_fixture.h. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "jpeg_fixture.h"

#define TURN 6.283185307179586

/* --- pictures ----------------------------------------------------------------------------------
 */

/* What one coordinate has a part in: the angle of a component's wave, and a factor across which it
 * goes or a slope that is added. A picture costs a sine a row and a column in place of one a
 * sample, which an emulator makes in software. */
struct scene_part {
	double sine, cosine, more;
};

static struct scene_part across_part(unsigned component, double u)
{
	static const double turns[3] = {1.3, 0.9, -0.5};
	const double angle = TURN * turns[component] * u;

	return (struct scene_part){sin(angle), cos(angle), component ? 0 : 40 * u};
}

static struct scene_part down_part(unsigned component, double v)
{
	static const double turns[3] = {0.4, 0.3, 0.7};
	const double angle = TURN * turns[component] * v;

	return (struct scene_part){sin(angle), cos(angle), component ? 1 : cos(TURN * 0.8 * v)};
}

/* Y, Cb, Cr where the two meet: 128 and, of u and v in 0..1 of the picture as stored and in whole
 * turns, 70 sin(1.3 u + 0.4 v) cos(0.8 v) + 40 u; 50 cos(0.9 u + 0.3 v); 50 sin(0.7 v - 0.5 u). */
static double scene(unsigned component, struct scene_part across, struct scene_part down)
{
	const double sine = across.sine * down.cosine + across.cosine * down.sine;
	const double cosine = across.cosine * down.cosine - across.sine * down.sine;
	const double wave = component == 1 ? cosine : sine;

	return 128 + (component ? 50 : 70) * wave * down.more + across.more;
}

static uint8_t to_sample(double value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
}

static void write_orientation(struct jpeg_compress_struct *cinfo, unsigned orientation)
{
	unsigned char exif[] = {'E',  'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
	                        0x01, 0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};

	exif[25] = (unsigned char)orientation;
	jpeg_write_marker(cinfo, JPEG_APP0 + 1, exif, sizeof(exif));
}

static void write_profile(struct jpeg_compress_struct *cinfo, const struct source *source)
{
	unsigned char *app = malloc(14 + source->profile_size);

	assert_non_null(app);
	memcpy(app, "ICC_PROFILE\0\1\1", 14);
	memcpy(app + 14, source->profile, source->profile_size);
	jpeg_write_marker(cinfo, JPEG_APP0 + 2, app, (unsigned)(14 + source->profile_size));
	free(app);
}

/* Those of each component at a picture's columns; to be freed. */
static struct scene_part *across_parts(uint32_t width, unsigned components)
{
	struct scene_part *parts = malloc(sizeof(*parts) * width * components);

	assert_non_null(parts);
	for (uint32_t x = 0; x < width; x++)
		for (unsigned c = 0; c < components; c++)
			parts[(size_t)x * components + c] = across_part(c % 3, (x + 0.5) / width);
	return parts;
}

static void write_rows(struct jpeg_compress_struct *cinfo, unsigned components)
{
	struct scene_part *across = across_parts(cinfo->image_width, components);
	JSAMPLE *row = malloc((size_t)cinfo->image_width * components);

	assert_non_null(row);
	while (cinfo->next_scanline < cinfo->image_height) {
		const double v = (cinfo->next_scanline + 0.5) / cinfo->image_height;

		for (unsigned c = 0; c < components; c++) {
			const struct scene_part down = down_part(c % 3, v);

			for (size_t i = c; i < (size_t)cinfo->image_width * components;
			     i += components)
				row[i] = to_sample(scene(c % 3, across[i], down));
		}
		jpeg_write_scanlines(cinfo, &row, 1);
	}
	free(row);
	free(across);
}

struct bytes source_make(const struct source *source)
{
	struct jpeg_compress_struct cinfo;
	struct jpeg_error_mgr errors;
	unsigned components = source->h[0] ? 3 : 1;
	unsigned char *data = NULL;
	unsigned long size = 0;

	cinfo.err = jpeg_std_error(&errors);
	jpeg_create_compress(&cinfo);
	jpeg_mem_dest(&cinfo, &data, &size);
	cinfo.image_width = source->width;
	cinfo.image_height = source->height;
	cinfo.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
	if (source->space != JCS_UNKNOWN)
		cinfo.in_color_space = source->space;
	if (cinfo.in_color_space == JCS_CMYK)
		components = 4;
	cinfo.input_components = (int)components;
	jpeg_set_defaults(&cinfo);
	if (cinfo.in_color_space == JCS_RGB)
		jpeg_set_colorspace(&cinfo, JCS_RGB);
	jpeg_set_quality(&cinfo, 98, TRUE);
	for (unsigned c = 0; c < components && source->h[0]; c++) {
		cinfo.comp_info[c].h_samp_factor = source->h[c % 3];
		cinfo.comp_info[c].v_samp_factor = source->v[c % 3];
	}
	if (source->progressive)
		jpeg_simple_progression(&cinfo);
	jpeg_start_compress(&cinfo, TRUE);
	if (source->orientation)
		write_orientation(&cinfo, source->orientation);
	if (source->profile)
		write_profile(&cinfo, source);
	write_rows(&cinfo, components);
	jpeg_finish_compress(&cinfo);
	jpeg_destroy_compress(&cinfo);
	return (struct bytes){data, size};
}

void bytes_free(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.data);
}

struct output output_read(const unsigned char *data, size_t size)
{
	struct jpeg_decompress_struct cinfo;
	struct jpeg_error_mgr errors;
	struct output output;

	cinfo.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&cinfo);
	jpeg_mem_src(&cinfo, data, size);
	jpeg_read_header(&cinfo, TRUE);
	cinfo.out_color_space = cinfo.jpeg_color_space;
	jpeg_start_decompress(&cinfo);
	output = (struct output){.width = cinfo.output_width,
	                         .height = cinfo.output_height,
	                         .components = (unsigned)cinfo.num_components,
	                         .h = cinfo.comp_info[0].h_samp_factor,
	                         .v = cinfo.comp_info[0].v_samp_factor};
	output.data = malloc((size_t)output.width * output.height * output.components);
	assert_non_null(output.data);
	while (cinfo.output_scanline < cinfo.output_height) {
		JSAMPROW row =
		    output.data + (size_t)cinfo.output_scanline * output.width * output.components;

		jpeg_read_scanlines(&cinfo, &row, 1);
	}
	assert_int_equal(errors.num_warnings, 0);
	jpeg_finish_decompress(&cinfo);
	jpeg_destroy_decompress(&cinfo);
	return output;
}

uint8_t output_at(const struct output *output, uint32_t x, uint32_t y, unsigned c)
{
	return output->data[((size_t)y * output->width + x) * output->components + c];
}

/* Where a point of the picture as seen lies in the stored one. */
static void unturn(unsigned orientation, double *u, double *v)
{
	double x = *u, y = *v;

	switch (orientation) {
	case 2:
		*u = 1 - x;
		break;
	case 3:
		*u = 1 - x;
		*v = 1 - y;
		break;
	case 4:
		*v = 1 - y;
		break;
	case 5:
		*u = y;
		*v = x;
		break;
	case 6:
		*u = y;
		*v = 1 - x;
		break;
	case 7:
		*u = 1 - y;
		*v = 1 - x;
		break;
	case 8:
		*u = 1 - y;
		*v = x;
		break;
	default:
		break;
	}
}

/* The part of a coordinate of the output, of which another is made in the stored picture. */
static struct scene_part turned_part(unsigned component, unsigned orientation, double at, bool down)
{
	const bool swapped = orientation > 4;
	double u = at, v = at;

	unturn(orientation, &u, &v);
	return down != swapped ? down_part(component, v) : across_part(component, u);
}

double jpeg_psnr(const struct output *output, const struct br_image_geometry *g,
                 unsigned orientation, unsigned component)
{
	struct scene_part *columns = malloc(sizeof(*columns) * g->crop_width);
	double sum = 0;

	assert_non_null(columns);
	for (uint32_t x = 0; x < g->crop_width; x++)
		columns[x] = turned_part(component, orientation,
		                         (g->crop_x + x + 0.5) / g->scaled_width, false);
	for (uint32_t y = 0; y < g->crop_height; y++) {
		const struct scene_part row = turned_part(
		    component, orientation, (g->crop_y + y + 0.5) / g->scaled_height, true);

		for (uint32_t x = 0; x < g->crop_width; x++) {
			const double want = orientation > 4 ? scene(component, row, columns[x])
			                                    : scene(component, columns[x], row);
			const double d =
			    output_at(output, g->pad_x + x, g->pad_y + y, component) - want;

			sum += d * d;
		}
	}
	free(columns);
	return 10 * log10(65025 / (sum / g->crop_width / g->crop_height + 1e-9));
}

/* --- running the codec -------------------------------------------------------------------------
 */

int jpeg_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->codec = jpeg_codec_new();
	f->resampler = resampler_new();
	f->limits =
	    (struct jpeg_limits){.fail_on = BR_IMAGE_FAIL_ON_TRUNCATED, .max_pixels = 100000000};
	f->target = (struct jpeg_target){.quality = 98, .background = {255, 255, 255}};
	f->out = BR_BUFFER_HEAP;
	*state = f;
	return f->codec && f->resampler ? 0 : -1;
}

int jpeg_teardown(void **state)
{
	struct fixture *f = *state;

	jpeg_codec_free(f->codec);
	resampler_free(f->resampler);
	br_buffer_release(&f->out);
	free(f);
	return 0;
}

int open_bytes(struct fixture *f, struct bytes bytes)
{
	f->error = (struct br_error){0};
	return jpeg_codec_open(f->codec, bytes, &f->limits, &f->info, &f->decline, &f->error);
}

void jpeg_plan(struct fixture *f, uint32_t width, uint32_t height, enum br_image_fit fit)
{
	struct br_image_size size = {.width = width, .height = height};
	bool swap = f->info.orientation > 4;

	assert_int_equal(br_image_geometry_plan(swap ? f->info.height : f->info.width,
	                                        swap ? f->info.width : f->info.height, &size, fit,
	                                        BR_IMAGE_GRAVITY_CENTRE, true, &f->target.geometry),
	                 0);
}

int jpeg_resize(struct fixture *f)
{
	struct jpeg_job job = {.target = &f->target, .targets = 1, .reserve = JPEG_RESERVE_DEFAULT};
	struct jpeg_times times;

	f->out.size = 0;
	return jpeg_codec_resize(f->codec, f->resampler, &job, &f->out, f->output, &f->notes,
	                         &times, &f->error);
}

void expect_scene_of(struct fixture *f, struct bytes bytes, const struct source *source,
                     uint32_t width, uint32_t height, enum br_image_fit fit, double least)
{
	struct output output;

	assert_int_equal(open_bytes(f, bytes), 0);
	assert_int_equal(f->decline, JPEG_DECLINE_NONE);
	jpeg_plan(f, width, height, fit);
	if (jpeg_resize(f))
		fail_msg("%s", f->error.msg);
	output = output_read(f->out.data + f->output[0].offset, f->output[0].size);
	assert_int_equal(output.width, f->target.geometry.canvas_width);
	assert_int_equal(output.height, f->target.geometry.canvas_height);
	assert_int_equal(output.width, f->output[0].width);
	assert_int_equal(output.components, source->h[0] ? 3 : 1);
	for (unsigned c = 0; c < output.components; c++) {
		double got = jpeg_psnr(&output, &f->target.geometry, source->orientation, c);

		if (got < least)
			fail_msg("%ux%u -> %ux%u, sampling %dx%d, component %u: %.1f dB",
			         source->width, source->height, output.width, output.height,
			         source->h[0], source->v[0], c, got);
	}
	free(output.data);
}

void expect_scene(struct fixture *f, const struct source *source, uint32_t width, uint32_t height,
                  enum br_image_fit fit, double least)
{
	struct bytes bytes = source_make(source);

	expect_scene_of(f, bytes, source, width, height, fit, least);
	bytes_free(bytes);
}
