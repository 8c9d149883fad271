/* image.h - one image: bytes in, bytes out.
 *
 * Pure: no file names, no descriptors, no output on stderr. What an image costs is bounded by
 * struct br_image_options, and in memory by a limit of its own: what would take more than some 880
 * MB is refused with BR_ERROR_TOO_LARGE before it is decoded. The same input and options give the
 * same output bytes in every thread and process.
 *
 * Thread safety: br_image_sniff(), image_format_*() and the geometry functions touch no state at
 * all and may run anywhere, a signal handler included. br_image_resize() and br_image_probe() may
 * run in several threads at once after br_image_init().
 *
 * The image library, libvips, is no part of the program and is loaded when the first picture needs
 * it: one that is neither JPEG nor PNG, or does not stay it, or one that the short ways of these
 * two decline. If it is not installed, such pictures fail with BR_ERROR_UNSUPPORTED. What
 * br_image_init() and br_image_load_library() change in the process as a whole is said there;
 * nothing else does.
 *
 * Fork safety: br_image_init() and br_image_load_library() start no thread; a process may fork
 * after them. After a picture that the image library made it may not: the library keeps threads of
 * its own.
 */
#ifndef BATCHRESIZE_IMAGE_H
#define BATCHRESIZE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <batchresize/api.h>
#include <batchresize/buffer.h>
#include <batchresize/error.h>

BR_API_BEGIN

enum br_image_format {
	BR_IMAGE_FORMAT_UNKNOWN = 0, /* as an output's format: the source's own */
	BR_IMAGE_FORMAT_JPEG,
	BR_IMAGE_FORMAT_PNG,
	BR_IMAGE_FORMAT_WEBP,
	BR_IMAGE_FORMAT_TIFF,
	BR_IMAGE_FORMAT_GIF,
	BR_IMAGE_FORMAT_AVIF,
	BR_IMAGE_FORMAT_HEIC,
	BR_IMAGE_FORMAT_JXL,
	/* Recognised so that an error can name them; never read or written. */
	BR_IMAGE_FORMAT_BMP,
	BR_IMAGE_FORMAT_JP2,
	BR_IMAGE_FORMAT_SVG,
	BR_IMAGE_FORMAT_PSD,
	BR_IMAGE_FORMAT_ICO,
	BR_IMAGE_FORMAT_JXR,
	BR_IMAGE_FORMAT_PNM,
	BR_IMAGE_FORMAT_PDF,
	BR_IMAGE_FORMAT_RAW, /* of a camera; many are found only by a look into a TIFF */
	BR_IMAGE_FORMATS
};

/* Bytes of a file's beginning that br_image_sniff() wants to see. */
#define BR_IMAGE_SNIFF_BYTES 256

/* The format by magic bytes alone (size may be less than BR_IMAGE_SNIFF_BYTES, even 0). */
enum br_image_format br_image_sniff(const void *head, size_t size);

/* "jpeg", "png", ...; "unknown". */
const char *br_image_format_name(enum br_image_format format);

/* Whether the format is read at all, given the libraries; not true of those that are only
 * recognised. */
bool br_image_format_is_read(enum br_image_format format);

/* What to do with a file of a format that is not read, as the end of a sentence: "convert it to PNG
 * first"; "" for others. */
const char *br_image_format_remedy(enum br_image_format format);

/* The usual file name extension without the dot ("jpg", "png", ...); "" for unknown. */
const char *br_image_format_extension(enum br_image_format format);

/* The format that a file name's extension promises ("jpg" and "JPEG" are JPEG), UNKNOWN for others.
 * extension is without the dot and need not end with NUL. */
enum br_image_format br_image_format_of_extension(const char *extension, size_t length);

/* Whether this build, with the libraries of this system, can decode or encode the format. Call
 * after br_image_init(). They load the image library, unless the format is JPEG or PNG. */
bool br_image_can_read(enum br_image_format format);
bool br_image_can_write(enum br_image_format format);

/* br_image_can_write() as an error that says what to install: 0 or BR_ERROR_UNSUPPORTED. */
int br_image_check_write(enum br_image_format format, struct br_error *error);

/* When damaged data is an error instead of a picture with a hole: the image library's own scale,
 * from lenient to strict. */
enum br_image_fail_on {
	BR_IMAGE_FAIL_ON_NONE,
	BR_IMAGE_FAIL_ON_TRUNCATED,
	BR_IMAGE_FAIL_ON_ERROR,
	BR_IMAGE_FAIL_ON_WARNING
};

enum br_image_fit {
	BR_IMAGE_FIT_CONTAIN, /* inside the box, aspect kept */
	BR_IMAGE_FIT_COVER,   /* fills the box, aspect kept, the rest cropped */
	BR_IMAGE_FIT_FILL,    /* exactly the box, aspect lost */
	BR_IMAGE_FIT_PAD      /* contain, then extended to the box with the background */
};

/* Where the picture lies: which part of it a crop keeps (cover), where it stands on the background
 * (pad). ATTENTION and ENTROPY keep the part that the image library's smartcrop finds; they mean
 * CENTRE for pad. */
enum br_image_gravity {
	BR_IMAGE_GRAVITY_CENTRE,
	BR_IMAGE_GRAVITY_NORTH,
	BR_IMAGE_GRAVITY_NORTHEAST,
	BR_IMAGE_GRAVITY_EAST,
	BR_IMAGE_GRAVITY_SOUTHEAST,
	BR_IMAGE_GRAVITY_SOUTH,
	BR_IMAGE_GRAVITY_SOUTHWEST,
	BR_IMAGE_GRAVITY_WEST,
	BR_IMAGE_GRAVITY_NORTHWEST,
	BR_IMAGE_GRAVITY_ATTENTION,
	BR_IMAGE_GRAVITY_ENTROPY
};

enum br_image_filter {
	BR_IMAGE_FILTER_LANCZOS3, /* three lobes: sharp, rings a little */
	BR_IMAGE_FILTER_MITCHELL, /* B = C = 1/3: softer, hardly rings */
	BR_IMAGE_FILTER_CUBIC,    /* Catmull-Rom: B = 0, C = 1/2 */
	BR_IMAGE_FILTER_LINEAR,   /* the triangle */
	BR_IMAGE_FILTER_NEAREST   /* one source pixel for each: exact colours, jagged */
};

enum br_image_profile {
	BR_IMAGE_PROFILE_SRGB, /* colours are converted to sRGB */
	BR_IMAGE_PROFILE_KEEP  /* pixels and profile stay as they are */
};

enum br_image_metadata {
	BR_IMAGE_METADATA_STRIP, /* only what display needs */
	BR_IMAGE_METADATA_KEEP   /* EXIF, XMP, IPTC, ICC profile, comment */
};

enum br_image_subsampling {
	BR_IMAGE_SUBSAMPLING_AUTO, /* 4:2:0 below quality 90, else 4:4:4 */
	BR_IMAGE_SUBSAMPLING_444,
	BR_IMAGE_SUBSAMPLING_420
};

/* One size asked for: a box in pixels (a side of 0 is free), or a percentage. The box is for the
 * picture as seen, that is after the orientation tag has been applied. */
struct br_image_size {
	uint32_t width;  /* pixels, 0: as the aspect wants it */
	uint32_t height; /* pixels, 0: as the aspect wants it */
	uint32_t
	    percent; /* thousandths of a percent (50% = 50000); not 0: width and height are 0 */
};

/* Of a size: pixels of a side, and whole percents. */
#define BR_IMAGE_SIDE_MAX    (UINT64_C(65535) * 16)
#define BR_IMAGE_PERCENT_MAX 10000

/* A size as it is typed: WxH, W, xH or P%. False: the text is none. */
bool br_image_size_parse(const char *text, struct br_image_size *size);

/* Sizes that can be made from one decode. */
#define BR_IMAGE_SIZES_MAX 16

/* What one picture may take at most, bytes, whatever the options say. */
#define BR_IMAGE_MEMORY_MAX (UINT64_C(880) << 20)

/* The most that br_image_options.max_metadata may be, bytes. */
#define BR_IMAGE_METADATA_MAX (UINT64_C(256) << 20)

/* A picture that br_image_resize() makes, of one of the sizes asked for: finished, upright and in
 * its place, before it is encoded. */
struct br_image_view {
	unsigned size;          /* which of br_image_options.size it is */
	uint32_t frame, frames; /* of an animation that is kept, from 0; 0 of 1 otherwise */
	uint32_t width, height; /* pixels */
	unsigned bands;         /* 1 to 4: gray or RGB, alpha last; never inks */
	unsigned bits;          /* of a sample: 8, or 16 in native byte order */
	bool alpha;
	bool alone; /* other pictures of this process can't go on before it has been shown */
	enum br_image_format format; /* of the output */
	/* Each copies all pixels, line after line without gaps, width * bands * bits / 8 bytes
	 * each, out of the picture or into it. Of a JPEG that stays one nothing is lost of pixels
	 * that are given back as they were read. Returns 0 or BR_ERROR_MEMORY. */
	int (*read)(const struct br_image_view *view, void *pixels);
	int (*write)(const struct br_image_view *view, const void *pixels);
	void *picture; /* for these two */
};

struct br_image_options {
	struct br_image_size size[BR_IMAGE_SIZES_MAX];
	unsigned sizes; /* at least 1 */
	enum br_image_fit fit;
	enum br_image_gravity gravity;
	bool enlarge; /* allow an output larger than the picture */
	enum br_image_filter filter;
	bool linear; /* resample in linear light instead of the picture's own values */
	enum br_image_format format;              /* UNKNOWN: the source's own */
	unsigned quality;                         /* 1..100, for the lossy formats */
	uint8_t format_quality[BR_IMAGE_FORMATS]; /* the same for one format; 0: quality */
	bool lossless;                            /* WebP, AVIF and JPEG XL without loss */
	bool jpeg_progressive;
	enum br_image_subsampling jpeg_subsampling;
	unsigned png_effort; /* 1 (fast) to 10 (small) */
	enum br_image_profile profile;
	enum br_image_metadata metadata;
	uint8_t background[3]; /* sRGB: behind alpha that can't be kept, and around (pad) */
	bool transparent;      /* pad with nothing instead, if the format keeps alpha */
	enum br_image_fail_on fail_on;
	uint64_t max_pixels; /* a picture with more is refused before it is decoded */
	uint64_t max_memory; /* bytes that one picture may take; 0: BR_IMAGE_MEMORY_MAX */
	uint32_t max_frames; /* an animation that is kept and has more is refused */
	uint32_t max_scans;  /* a JPEG that is coded in more is refused */
	/* Bytes of one picture's profile, EXIF, XMP or text, each, once it is decompressed: what
	 * is longer is left out, and a TIFF with more in all refused. At most
	 * BR_IMAGE_METADATA_MAX. */
	uint64_t max_metadata;
	/* Called once by br_image_resize(), before it decodes, with the bytes that it will take at
	 * most. It may wait until there are so many, and refuses with a negative errno (-E2BIG:
	 * more than there will ever be). NULL: nobody is asked. */
	int (*admit)(void *arg, uint64_t bytes);
	void *admit_arg;
	/* Is shown every picture that is made, each frame of an animation by itself, and may change
	 * it; more than once if it is made again on another way, of which the last counts. Another
	 * return than 0, a code or a negative errno, fails br_image_resize() with it and with what
	 * is in *error. Pictures become gray or RGB for it, whatever the profile. NULL: nobody. */
	int (*show)(void *arg, const struct br_image_view *view, struct br_error *error);
	void *show_arg;
	/* Bytes that the JPEG codec of a worker may keep between pictures, which are never asked of
	 * admit(); 0, or more than it ever keeps: as many as it likes. */
	uint64_t keep;
	/* Where br_image_resize() writes what it is at, one of enum br_image_stage, for somebody
	 * who looks at it when this process has died: each is stored as a whole. NULL: nowhere. */
	uint64_t *stage;
	uint32_t timeout_ms; /* br_image_resize() gives up by itself after this long, if it gets to
	                        look at the clock; 0: never. Only an executor's timeout kills. */
	/* Only one image at a time is worked on in this process, so that the image library's error
	 * text, which it keeps once for all threads, can be trusted and quoted. Otherwise an image
	 * that fails is made once more, for its text, when all others have let go of the library.
	 */
	bool alone;
};

/* The defaults of the command line: 800x600, contain, centre, Lanczos3, quality 80, PNG effort 6,
 * sRGB, metadata stripped, white, truncated, 268 Mpixel, 4096 frames, 100 scans, 32 MB of metadata.
 */
struct br_image_options br_image_options_default(void);

/* What br_image_resize() is at. A picture that is decoded while it is resized and encoded, since it
 * is too large to be held, counts as one that is decoded. */
enum br_image_stage {
	BR_IMAGE_STAGE_NONE,
	BR_IMAGE_STAGE_HEADER,
	BR_IMAGE_STAGE_DECODE,
	BR_IMAGE_STAGE_RESIZE,
	BR_IMAGE_STAGE_ENCODE,
	BR_IMAGE_STAGES /* how many there are */
};

/* What a person would want to know of a picture: bits of br_image_result.notes. */
enum br_image_note {
	BR_IMAGE_NOTE_TRUNCATED = 1 << 0, /* data ended early; allowed by fail_on */
	BR_IMAGE_NOTE_PROFILE_MISSING = 1
	                                << 1,  /* CMYK without a profile: a built-in one was used */
	BR_IMAGE_NOTE_PROFILE_BROKEN = 1 << 2, /* the profile was unusable; taken as sRGB */
	BR_IMAGE_NOTE_ANIMATION_DROPPED = 1 << 3, /* only the first frame or page was kept */
	BR_IMAGE_NOTE_DEPTH_REDUCED = 1 << 4,     /* 16 bits a channel became 8 */
	BR_IMAGE_NOTE_ALPHA_DROPPED = 1 << 5,     /* flattened on the background */
	BR_IMAGE_NOTE_GREW = 1 << 6,              /* more bytes out than in */
	BR_IMAGE_NOTE_NOT_ENLARGED = 1 << 7,      /* smaller than the size asked for, and left so */
	BR_IMAGE_NOTE_CHANGED_FORMAT = 1
	                               << 8, /* the name's extension is not the content's format */
	/* of several sizes one would be the same as another, since the picture is not enlarged, and
	 * was left out */
	BR_IMAGE_NOTE_SIZE_SKIPPED = 1 << 9,
	/* the file was replaced while it was worked on: the output is that of the old one (batch.h)
	 */
	BR_IMAGE_NOTE_SOURCE_CHANGED = 1 << 10,
	/* HDR (PQ, HLG) became sRGB, its highlights compressed */
	BR_IMAGE_NOTE_TONE_MAPPED = 1 << 11,
	/* told by numbers of no known meaning: taken as sRGB */
	BR_IMAGE_NOTE_COLOURS_UNKNOWN = 1 << 12,
	/* the picture for HDR displays is not kept */
	BR_IMAGE_NOTE_GAIN_MAP_DROPPED = 1 << 13,
	/* EXIF or XMP, or a part of it, was damaged or too long for the format, and is left out */
	BR_IMAGE_NOTE_METADATA_DROPPED = 1 << 14,
	/* EXIF says turned; the HEIF's own transformations, which count, do not */
	BR_IMAGE_NOTE_ORIENTATION_IGNORED = 1 << 15,
	/* of a JPEG, libjpeg warned of what it read, which BR_IMAGE_FAIL_ON_WARNING refuses; it
	 * says nothing of data that were not read */
	BR_IMAGE_NOTE_DAMAGED = 1 << 16
};
#define BR_IMAGE_NOTES 17

/* "truncated", "profile-missing", ... for one bit; "" for none of ours. */
const char *br_image_note_name(unsigned note);

/* Why a picture was made by the image library: a JPEG that became a JPEG, PNG or WebP, or a PNG
 * that became one of the first two. The short ways are several times as fast. */
enum br_image_detour {
	BR_IMAGE_DETOUR_NONE, /* it was not; or is of other formats */
	BR_IMAGE_DETOUR_LINEAR,
	BR_IMAGE_DETOUR_CROP,
	BR_IMAGE_DETOUR_BACKGROUND,
	BR_IMAGE_DETOUR_COLOUR,
	BR_IMAGE_DETOUR_PROFILE,
	BR_IMAGE_DETOUR_PROFILE_BROKEN,
	BR_IMAGE_DETOUR_SAMPLING,
	BR_IMAGE_DETOUR_HEADER,
	BR_IMAGE_DETOUR_MEMORY,
	BR_IMAGE_DETOUR_PALETTE,
	BR_IMAGE_DETOUR_LOSSLESS,
	BR_IMAGE_DETOUR_ALPHA,
	BR_IMAGE_DETOUR_DATA, /* damage, found while it was decoded; or a window below 32 KB */
	BR_IMAGE_DETOURS
};

/* "--linear", "a profile that is not sRGB", ...; "" for none. */
const char *br_image_detour_reason(enum br_image_detour detour);

/* The same as a word of a report's notes, which is never renamed: "general-way:linear", ...; "" for
 * none. */
const char *br_image_detour_note(enum br_image_detour detour);

struct br_image_info {
	enum br_image_format format;
	uint32_t width, height; /* pixels, as stored (before orientation) */
	uint32_t orientation;   /* EXIF, 1..8 */
	uint32_t bands;         /* channels, alpha included */
	uint32_t bits;          /* of one channel */
	uint32_t pages;         /* frames of an animation, pages of a TIFF; at least 1 */
	bool alpha;
	bool profile; /* carries an ICC profile */
};

/* One output's place in the output buffer, and its size in pixels. */
struct br_image_output {
	uint64_t offset, size; /* bytes; a size of 0: left out, see BR_IMAGE_NOTE_SIZE_SKIPPED */
	uint32_t width, height;
};

struct br_image_result {
	struct br_image_info info; /* filled in as far as the header could be read */
	enum br_image_format out_format;
	struct br_image_output output[BR_IMAGE_SIZES_MAX]; /* of br_image_options.size[i] each */
	uint32_t outputs; /* how many entries of output are filled in */
	uint32_t notes;   /* bits of enum br_image_note */
	enum br_image_detour detour;
	bool library; /* whether the image library, or one that came with it, had a part */
	float decode_ms, resize_ms, encode_ms;
};

/* Prepares this process, for good: takes some twenty variables that would change what the image
 * library does (VIPS_..., IM_..., G_DEBUG, G_MESSAGES_DEBUG) out of the environment, sets ORC_CODE
 * there, and tunes malloc (mallopt(3): two arenas, larger thresholds). Returns 0. Calling it twice
 * does no harm. Starts no thread, and must not run beside threads that read the environment.
 * br_batch_run() calls it. */
int br_image_init(struct br_error *error);

/* Whether pictures of that format most likely need the image library under the options. */
bool br_image_needs_library(enum br_image_format source, const struct br_image_options *options);

/* Loads the image library, and silences its log: GLib's default log handler and those of the
 * domains VIPS, GLib, GLib-GObject and GModule are replaced in the whole process, and the libwebp
 * that it uses starts no thread any more. br_image_resize() calls it as soon as a picture needs the
 * library, which takes some 30 ms; what is loaded before a fork is shared by all children. Returns
 * 0, BR_ERROR_UNSUPPORTED when it is not installed, BR_ERROR_MEMORY, or BR_ERROR_INTERNAL; the same
 * every time. */
int br_image_load_library(struct br_error *error);

/* For a process that is not to open files while it makes pictures: from then on ask(arg) is called
 * whenever the image library would be loaded, and need not return. NULL: nobody is asked. While no
 * other thread makes pictures. */
void br_image_ask_before_library(void (*ask)(void *arg), void *arg);

/* What a worker keeps from picture to picture, so that a picture like the last one needs no new
 * memory and no new tables: the JPEG codec, coefficients, tables, buffers. At most some 120 MB, of
 * which the JPEG codec has 96: the rest that a giant picture takes is given back at once.
 *
 * A worker is used by one thread at a time; threads and processes that work at the same time have
 * one each. It may be made before a fork and used on one side of it. It does not change what
 * becomes of a picture. */
struct br_image_worker;

/* NULL when memory is short. */
struct br_image_worker *br_image_worker_new(void);
void br_image_worker_free(struct br_image_worker *worker);

/* Reads the header. Hostile data can make even that slow or large: call it from a worker, as
 * br_image_resize(), not in a process that must survive. Returns 0 or a code. */
int br_image_probe(const void *data, size_t size, const struct br_image_options *options,
                   struct br_image_info *info, struct br_error *error);

/* A file that is read in a few places: read() fills in up to `size` bytes from `offset` on and
 * returns how many there were (0 at the end), or a negative number. */
struct br_image_bytes {
	ssize_t (*read)(void *ctx, void *buffer, size_t size, uint64_t offset);
	void *ctx;
};

/* The format and size of a picture, by its header alone: fills in format, width and height (as
 * stored), the rest is 0. Every picture that br_image_resize() made has a size; one of another
 * program may have an unusual header, in which none is found. Allocates nothing, decodes nothing,
 * reads 1 KiB at a time, some 500 times at most and mostly once: it may be called in a process that
 * must survive. Returns whether there is a size; the format is filled in even if there is none.
 * Thread-safe. */
bool br_image_measure(const struct br_image_bytes *file, struct br_image_info *info);

/* Whether br_image_resize() has made a file: JPEG, PNG, TIFF and GIF are given a mark of a few
 * bytes, whatever is done with metadata. A tool that writes the file anew may have left it out. */
enum br_image_mark {
	BR_IMAGE_MARK_NONE,    /* it can't be told: the format has no place for one */
	BR_IMAGE_MARK_MISSING, /* it has a place, and none is there */
	BR_IMAGE_MARK_FOUND
};

/* Looks for it, at the same cost and as safely as br_image_measure(). Thread-safe. */
enum br_image_mark br_image_find_mark(const struct br_image_bytes *file);

/* The sizes that br_image_resize() would make of data, by its header alone: bit i stands for
 * size[i]. Returns 0 or a code, as br_image_probe(). */
int br_image_plan(struct br_image_worker *worker, const void *data, size_t size,
                  const struct br_image_options *options, uint32_t *sizes, struct br_error *error);

/* Decodes data, makes every size asked for (of GIF and WebP to GIF or WebP: of every frame, with
 * max_pixels for each and eight times that for all), appends the encoded files to *out one after
 * another. result is filled in as far as things went also on failure. Without a worker (NULL), as
 * in br_image_plan(), one is made for the occasion. Returns 0 or a code or negative errno;
 * out->size is unchanged then. */
int br_image_resize(struct br_image_worker *worker, const void *data, size_t size,
                    const struct br_image_options *options, struct br_buffer *out,
                    struct br_image_result *result, struct br_error *error);

/* A number that stays the same as long as the versions of this program and of the libraries do that
 * have a part in pictures of `source` that become `output`; with `library` those of the image
 * library as well, which is loaded for it. The same in every process, as long as the same libraries
 * are installed. */
uint64_t br_image_versions(enum br_image_format source, enum br_image_format output, bool library);

/* Gives freed pages of the heap back to the system, which are only kept for the next image.
 * Optional. */
void br_image_trim(void);

/* --- geometry: pure integer arithmetic ---------------------------------------------------------
 */

/* What becomes of a picture of width x height pixels (as seen): it is resampled to scaled_width x
 * scaled_height, of which the rectangle at crop_x, crop_y of width x height is kept (contain, fill:
 * all of it), and that is placed at pad_x, pad_y on a canvas of canvas_width x canvas_height (equal
 * to the kept rectangle, except for pad). */
struct br_image_geometry {
	uint32_t scaled_width, scaled_height;
	uint32_t crop_x, crop_y, crop_width, crop_height;
	uint32_t canvas_width, canvas_height;
	uint32_t pad_x, pad_y;
	bool limited; /* enlarging was asked for and not allowed */
};

/* Sides are rounded to the nearest pixel (halves up) from the exact ratio, and are never 0. Of an
 * odd number of pixels to be cropped or padded, centring leaves the one over at the right and at
 * the bottom. ATTENTION and ENTROPY, which only the pixels can decide, are planned as CENTRE.
 * Returns 0, BR_ERROR_USAGE for a size without a width, a height or a percentage, or
 * BR_ERROR_TOO_MANY_PIXELS when a side would be over 65535 * 16 pixels. */
int br_image_geometry_plan(uint32_t width, uint32_t height, const struct br_image_size *size,
                           enum br_image_fit fit, enum br_image_gravity gravity, bool enlarge,
                           struct br_image_geometry *geometry);

/* The largest of 8, 4, 2, 1 by which a decoder may shrink a picture of width x height so that the
 * real filter is left a factor of at least two (as libvips' thumbnail does for JPEG). */
unsigned br_image_geometry_shrink(uint32_t width, uint32_t height, uint32_t scaled_width,
                                  uint32_t scaled_height);

BR_API_END

#endif
