/* libvips.h - libvips, loaded when the first picture needs it.
 *
 * Whoever in this room uses libvips includes this instead of <vips/vips.h>. Its functions are
 * called by their own names, which stand for pointers that libvips_load() fills in: the program is
 * not linked with libvips, since loading it with the hundred libraries it stands on and starting it
 * takes longer than most pictures do, and a JPEG or PNG that stays one has no use for it. GLib and
 * GObject are linked as usual: they cost 0.3 ms.
 *
 * Who may call them: only the general path, behind one of the gates that load the library (see
 * source.h, codec_vips.h), for all others the pointers are NULL. A function that is missing in the
 * lists below fails to link.
 */
#ifndef LIBVIPS_LIBVIPS_H
#define LIBVIPS_LIBVIPS_H

#include <stdbool.h>

#include <vips/vips.h>
#include <vips/vector.h>

#include <batchresize/error.h>

#include "base/libraries.h"

/* Loads the library and starts it, once for the process, whoever comes first; the others wait.
 * Starts no thread: a process may fork afterwards. br_image_init() comes before. Returns 0,
 * BR_ERROR_UNSUPPORTED when it cannot be loaded, or BR_ERROR_INTERNAL; every later call the same.
 */
int libvips_load(struct br_error *error);
/* See br_image_ask_before_library(). */
void libvips_ask_first(void (*ask)(void *arg), void *arg);

bool libvips_is_loaded(void);

/* What was loaded with it, before it was used; NULL when it is not. */
const struct libraries *libvips_libraries(void);

/* What the library said of its last failures, line by line; "" when it is not loaded. */
const char *libvips_words(void);
void libvips_forget_words(void);

/* How often the library has lacked memory for pixels, which it forgets the words of. Of a picture
 * meanwhile, in whatever thread, nothing it made is to be believed: libvips' caches of tiles and
 * lines hand out pixels that nobody has computed, and no failure, when there is no memory for a
 * tile (vips_tile_cache_gen() of 8.14). */
unsigned libvips_shortages(void);

/* clang-format off */
#define LIBVIPS_FUNCTIONS(f) \
	f(vips_Lab2LabQ) \
	f(vips_addalpha) \
	f(vips_area_unref) \
	f(vips_array_double_new) \
	f(vips_array_double_newv) \
	f(vips_band_format_iscomplex) \
	f(vips_band_format_isfloat) \
	f(vips_cache_set_max) \
	f(vips_cache_set_max_files) \
	f(vips_cache_set_max_mem) \
	f(vips_cast) \
	f(vips_cast_float) \
	f(vips_colourspace) \
	f(vips_concurrency_set) \
	f(vips_copy) \
	f(vips_dE00) \
	f(vips_embed) \
	f(vips_error) \
	f(vips_error_buffer) \
	f(vips_error_clear) \
	f(vips_extract_area) \
	f(vips_extract_band) \
	f(vips_flatten) \
	f(vips_flip) \
	f(vips_format_sizeof) \
	f(vips_gaussblur) \
	f(vips_gifload_buffer) \
	f(vips_gifsave_buffer) \
	f(vips_heifload_buffer) \
	f(vips_heifsave_buffer) \
	f(vips_image_decode) \
	f(vips_image_generate) \
	f(vips_image_get_array_int) \
	f(vips_image_get_blob) \
	f(vips_image_get_int) \
	f(vips_image_get_orientation) \
	f(vips_image_get_page_height) \
	f(vips_image_get_typeof) \
	f(vips_image_hasalpha) \
	f(vips_image_init_fields) \
	f(vips_image_iskilled) \
	f(vips_image_map) \
	f(vips_image_new) \
	f(vips_image_new_from_memory) \
	f(vips_image_new_from_memory_copy) \
	f(vips_image_pio_input) \
	f(vips_image_pipelinev) \
	f(vips_image_remove) \
	f(vips_image_set) \
	f(vips_image_set_array_int) \
	f(vips_image_set_blob_copy) \
	f(vips_image_set_int) \
	f(vips_image_set_kill) \
	f(vips_image_set_progress) \
	f(vips_image_set_string) \
	f(vips_init) \
	f(vips_jpegload_buffer) \
	f(vips_jpegsave_buffer) \
	f(vips_jxlload_buffer) \
	f(vips_jxlsave_buffer) \
	f(vips_leak_set) \
	f(vips_linear1) \
	f(vips_maplut) \
	f(vips_pngload_buffer) \
	f(vips_pngsave_buffer) \
	f(vips_region_image) \
	f(vips_region_new) \
	f(vips_region_prepare) \
	f(vips_region_prepare_to) \
	f(vips_rot) \
	f(vips_sequential) \
	f(vips_smartcrop) \
	f(vips_start_one) \
	f(vips_stop_one) \
	f(vips_tiffload_buffer) \
	f(vips_tiffsave_buffer) \
	f(vips_type_find) \
	f(vips_vector_set_enabled) \
	f(vips_version) \
	f(vips_webpload_buffer) \
	f(vips_webpsave_buffer)

struct libvips {
#define LIBVIPS_MEMBER(name) __typeof__(name) *(name);
	LIBVIPS_FUNCTIONS(LIBVIPS_MEMBER)
#undef LIBVIPS_MEMBER
};
/* clang-format on */

/* Written by libvips_load() alone. */
extern struct libvips libvips;

#define vips_Lab2LabQ                   (*libvips.vips_Lab2LabQ)
#define vips_addalpha                   (*libvips.vips_addalpha)
#define vips_area_unref                 (*libvips.vips_area_unref)
#define vips_array_double_new           (*libvips.vips_array_double_new)
#define vips_array_double_newv          (*libvips.vips_array_double_newv)
#define vips_band_format_iscomplex      (*libvips.vips_band_format_iscomplex)
#define vips_band_format_isfloat        (*libvips.vips_band_format_isfloat)
#define vips_cache_set_max              (*libvips.vips_cache_set_max)
#define vips_cache_set_max_files        (*libvips.vips_cache_set_max_files)
#define vips_cache_set_max_mem          (*libvips.vips_cache_set_max_mem)
#define vips_cast                       (*libvips.vips_cast)
#define vips_cast_float                 (*libvips.vips_cast_float)
#define vips_colourspace                (*libvips.vips_colourspace)
#define vips_concurrency_set            (*libvips.vips_concurrency_set)
#define vips_copy                       (*libvips.vips_copy)
#define vips_dE00                       (*libvips.vips_dE00)
#define vips_embed                      (*libvips.vips_embed)
#define vips_error                      (*libvips.vips_error)
#define vips_error_buffer               (*libvips.vips_error_buffer)
#define vips_error_clear                (*libvips.vips_error_clear)
#define vips_extract_area               (*libvips.vips_extract_area)
#define vips_extract_band               (*libvips.vips_extract_band)
#define vips_flatten                    (*libvips.vips_flatten)
#define vips_flip                       (*libvips.vips_flip)
#define vips_format_sizeof              (*libvips.vips_format_sizeof)
#define vips_gaussblur                  (*libvips.vips_gaussblur)
#define vips_gifload_buffer             (*libvips.vips_gifload_buffer)
#define vips_gifsave_buffer             (*libvips.vips_gifsave_buffer)
#define vips_heifload_buffer            (*libvips.vips_heifload_buffer)
#define vips_heifsave_buffer            (*libvips.vips_heifsave_buffer)
#define vips_image_decode               (*libvips.vips_image_decode)
#define vips_image_generate             (*libvips.vips_image_generate)
#define vips_image_get_array_int        (*libvips.vips_image_get_array_int)
#define vips_image_get_blob             (*libvips.vips_image_get_blob)
#define vips_image_get_int              (*libvips.vips_image_get_int)
#define vips_image_get_orientation      (*libvips.vips_image_get_orientation)
#define vips_image_get_page_height      (*libvips.vips_image_get_page_height)
#define vips_image_get_typeof           (*libvips.vips_image_get_typeof)
#define vips_image_hasalpha             (*libvips.vips_image_hasalpha)
#define vips_image_init_fields          (*libvips.vips_image_init_fields)
#define vips_image_iskilled             (*libvips.vips_image_iskilled)
#define vips_image_map                  (*libvips.vips_image_map)
#define vips_image_new                  (*libvips.vips_image_new)
#define vips_image_new_from_memory      (*libvips.vips_image_new_from_memory)
#define vips_image_new_from_memory_copy (*libvips.vips_image_new_from_memory_copy)
#define vips_image_pio_input            (*libvips.vips_image_pio_input)
#define vips_image_pipelinev            (*libvips.vips_image_pipelinev)
#define vips_image_remove               (*libvips.vips_image_remove)
#define vips_image_set                  (*libvips.vips_image_set)
#define vips_image_set_array_int        (*libvips.vips_image_set_array_int)
#define vips_image_set_blob_copy        (*libvips.vips_image_set_blob_copy)
#define vips_image_set_int              (*libvips.vips_image_set_int)
#define vips_image_set_kill             (*libvips.vips_image_set_kill)
#define vips_image_set_progress         (*libvips.vips_image_set_progress)
#define vips_image_set_string           (*libvips.vips_image_set_string)
#define vips_init                       (*libvips.vips_init)
#define vips_jpegload_buffer            (*libvips.vips_jpegload_buffer)
#define vips_jpegsave_buffer            (*libvips.vips_jpegsave_buffer)
#define vips_jxlload_buffer             (*libvips.vips_jxlload_buffer)
#define vips_jxlsave_buffer             (*libvips.vips_jxlsave_buffer)
#define vips_leak_set                   (*libvips.vips_leak_set)
#define vips_linear1                    (*libvips.vips_linear1)
#define vips_maplut                     (*libvips.vips_maplut)
#define vips_pngload_buffer             (*libvips.vips_pngload_buffer)
#define vips_pngsave_buffer             (*libvips.vips_pngsave_buffer)
#define vips_region_image               (*libvips.vips_region_image)
#define vips_region_new                 (*libvips.vips_region_new)
#define vips_region_prepare             (*libvips.vips_region_prepare)
#define vips_region_prepare_to          (*libvips.vips_region_prepare_to)
#define vips_rot                        (*libvips.vips_rot)
#define vips_sequential                 (*libvips.vips_sequential)
#define vips_smartcrop                  (*libvips.vips_smartcrop)
#define vips_start_one                  (*libvips.vips_start_one)
#define vips_stop_one                   (*libvips.vips_stop_one)
#define vips_tiffload_buffer            (*libvips.vips_tiffload_buffer)
#define vips_tiffsave_buffer            (*libvips.vips_tiffsave_buffer)
#define vips_type_find                  (*libvips.vips_type_find)
#define vips_vector_set_enabled         (*libvips.vips_vector_set_enabled)
#define vips_version                    (*libvips.vips_version)
#define vips_webpload_buffer            (*libvips.vips_webpload_buffer)
#define vips_webpsave_buffer            (*libvips.vips_webpsave_buffer)

#endif
