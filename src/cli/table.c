/* table.c - the option table, which parsing, help, man page and completions share. */
#include <limits.h>

#include "cli/cli.h"
#include "cli/table.h"

/* A word's value is stored through a pointer to unsigned: so must these enums be. */
_Static_assert(sizeof(enum executor_mode) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_fail_on) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_format) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_fit) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_gravity) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_filter) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_metadata) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_profile) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum image_subsampling) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum batch_existing) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum report_bar) == sizeof(unsigned), "enum of another size");
_Static_assert(sizeof(enum cli_document) == sizeof(unsigned), "enum of another size");

#define TARGET(member) offsetof(struct cli, member)

/* More than any machine has CPUs, fewer than would exhaust its process table by a slip of the
 * finger. */
#define WORKERS_MAX 1024

/* Eleven days, in seconds; as milliseconds it fits an unsigned. */
#define TIMEOUT_MAX 1000000

static const struct cli_word modes[] = {
    {"serial", EXECUTOR_SERIAL, "one image after another, in the program itself"},
    {"thread", EXECUTOR_THREAD, "threads that share memory"},
    {"process", EXECUTOR_PROCESS, "processes that crash alone"},
    {"hybrid", EXECUTOR_HYBRID, "threads for I/O, processes for the pictures"},
    {0},
};

static const struct cli_word fail_levels[] = {
    {"none", IMAGE_FAIL_ON_NONE, "keep whatever could be decoded"},
    {"truncated", IMAGE_FAIL_ON_TRUNCATED, "refuse data that ends early"},
    {"error", IMAGE_FAIL_ON_ERROR, "refuse data that is damaged as well"},
    {"warning", IMAGE_FAIL_ON_WARNING, "refuse whatever the decoder warns of"},
    {0},
};

static const struct cli_word fits[] = {
    {"contain", IMAGE_FIT_CONTAIN, "inside the box, never larger"},
    {"cover", IMAGE_FIT_COVER, "fills the box, and is cropped to it"},
    {"fill", IMAGE_FIT_FILL, "exactly the box, distorted"},
    {"pad", IMAGE_FIT_PAD, "inside the box, the rest filled with the background"},
    {0},
};

static const struct cli_word gravities[] = {
    {"centre", IMAGE_GRAVITY_CENTRE, "the middle"},
    {"north", IMAGE_GRAVITY_NORTH, "the top"},
    {"northeast", IMAGE_GRAVITY_NORTHEAST, "the top right corner"},
    {"east", IMAGE_GRAVITY_EAST, "the right"},
    {"southeast", IMAGE_GRAVITY_SOUTHEAST, "the bottom right corner"},
    {"south", IMAGE_GRAVITY_SOUTH, "the bottom"},
    {"southwest", IMAGE_GRAVITY_SOUTHWEST, "the bottom left corner"},
    {"west", IMAGE_GRAVITY_WEST, "the left"},
    {"northwest", IMAGE_GRAVITY_NORTHWEST, "the top left corner"},
    {"attention", IMAGE_GRAVITY_ATTENTION, "what draws the eye (cover only)"},
    {"entropy", IMAGE_GRAVITY_ENTROPY, "what has most detail (cover only)"},
    {0},
};

static const struct cli_word filters[] = {
    {"lanczos3", IMAGE_FILTER_LANCZOS3, "sharp, rings a little"},
    {"mitchell", IMAGE_FILTER_MITCHELL, "softer, hardly rings"},
    {"cubic", IMAGE_FILTER_CUBIC, "Catmull-Rom, between the two"},
    {"linear", IMAGE_FILTER_LINEAR, "the triangle: soft, never rings"},
    {"nearest", IMAGE_FILTER_NEAREST, "one pixel for each: exact colours, jagged edges"},
    {0},
};

static const struct cli_word formats[] = {
    {"keep", IMAGE_FORMAT_UNKNOWN, "the source's own format"},
    {"jpeg", IMAGE_FORMAT_JPEG, "JPEG"},
    {"png", IMAGE_FORMAT_PNG, "PNG"},
    {"webp", IMAGE_FORMAT_WEBP, "WebP"},
    {"avif", IMAGE_FORMAT_AVIF, "AVIF"},
    {"tiff", IMAGE_FORMAT_TIFF, "TIFF"},
    {"gif", IMAGE_FORMAT_GIF, "GIF"},
    {"jxl", IMAGE_FORMAT_JXL, "JPEG XL"},
    {0},
};

static const struct cli_word metadata[] = {
    {"strip", IMAGE_METADATA_STRIP, "nothing that isn't needed to show it"},
    {"keep", IMAGE_METADATA_KEEP, "EXIF, XMP, IPTC, profile, comment"},
    {0},
};

static const struct cli_word profiles[] = {
    {"srgb", IMAGE_PROFILE_SRGB, "convert to sRGB"},
    {"keep", IMAGE_PROFILE_KEEP, "leave pixels and profile as they are"},
    {0},
};

static const struct cli_word subsamplings[] = {
    {"auto", IMAGE_SUBSAMPLING_AUTO, "420 below quality 90, 444 from there on"},
    {"444", IMAGE_SUBSAMPLING_444, "colour at full resolution"},
    {"420", IMAGE_SUBSAMPLING_420, "colour at half the resolution each way"},
    {0},
};

static const struct cli_word existing[] = {
    {"overwrite", BATCH_EXISTING_OVERWRITE, "replace it"},
    {"skip", BATCH_EXISTING_SKIP, "leave it alone"},
    {"update", BATCH_EXISTING_UPDATE, "replace it when the source is newer"},
    {"error", BATCH_EXISTING_ERROR, "count the image as failed"},
    {0},
};

static const struct cli_word preserve[] = {
    {"times", BATCH_PRESERVE_TIMES, "access and modification time"},
    {"mode", BATCH_PRESERVE_MODE, "permission bits"},
    {0},
};

static const struct cli_word bars[] = {
    {"auto", REPORT_BAR_AUTO, "a bar when standard error is a terminal"},
    {"always", REPORT_BAR_ALWAYS, "plain lines where there is no terminal"},
    {"never", REPORT_BAR_NEVER, "none"},
    {0},
};

static const struct cli_word documents[] = {
    {"man", CLI_DOCUMENT_MAN, "the man page"},
    {"bash", CLI_DOCUMENT_BASH, "completion for bash"},
    {"zsh", CLI_DOCUMENT_ZSH, "completion for zsh"},
    {"fish", CLI_DOCUMENT_FISH, "completion for fish"},
    {0},
};

static const struct cli_option options[OPTIONS] = {
    [OPTION_MODE] = {.name = "mode",
                     .letter = 'm',
                     .argument = "MODE",
                     .group = GROUP_RUN,
                     .kind = KIND_WORD,
                     .words = modes,
                     .target = TARGET(batch.mode),
                     .standard = "process",
                     .help = "who does the work",
                     .text = "MODES above says how they differ. All make the same pictures."},
    [OPTION_JOBS] = {.name = "jobs",
                     .letter = 'j',
                     .argument = "N",
                     .group = GROUP_RUN,
                     .kind = KIND_NUMBER,
                     .minimum = 1,
                     .maximum = WORKERS_MAX,
                     .target = TARGET(batch.jobs),
                     .automatic = "CPUs it may use",
                     .help = "pictures worked on at once",
                     .text = "The default heeds the CPU affinity and the CPU quota of the control "
                             "group. In serial mode there is one worker whatever is asked for."},
    [OPTION_IO_THREADS] = {.name = "io-threads",
                           .argument = "N",
                           .group = GROUP_RUN,
                           .kind = KIND_NUMBER,
                           .minimum = 1,
                           .maximum = WORKERS_MAX,
                           .target = TARGET(batch.io_threads),
                           .automatic = "4",
                           .help = "hybrid mode: threads that read and write",
                           .text = "They spend their time waiting, so that more of them than CPUs "
                                   "are right for slow disks and networks."},
    [OPTION_TIMEOUT] = {.name = "timeout",
                        .argument = "SECONDS",
                        .group = GROUP_RUN,
                        .kind = KIND_SECONDS,
                        .minimum = 0,
                        .maximum = TIMEOUT_MAX,
                        .target = TARGET(batch.timeout_ms),
                        .standard = "60",
                        .help = "give one image up after this; 0: never",
                        .text = "Decimals are allowed, as in 0.5. A worker process that takes "
                                "longer is killed and replaced; a thread cannot be killed, and is "
                                "left behind."},
    [OPTION_RETRIES] = {.name = "retries",
                        .argument = "N",
                        .group = GROUP_RUN,
                        .kind = KIND_NUMBER,
                        .minimum = 0,
                        .maximum = 100,
                        .target = TARGET(batch.retries),
                        .standard = "1",
                        .help = "try again after a crash or timeout",
                        .text = "Where work is done in processes: a crash ends the other modes."},
    [OPTION_MAX_MEMORY] =
	{.name = "max-memory",
         .argument = "SIZE",
         .group = GROUP_RUN,
         .kind = KIND_BYTES,
         .minimum = UINT64_C(128) << 20,
         .maximum = UINT64_C(1) << 50,
         .target = TARGET(batch.max_memory),
         .automatic = "75% of what there is",
         .help = "for the whole run; takes K, M, G",
         .text = "What a picture takes is predicted from its header. One that takes more than "
                 "its worker's share waits until others are done, and the largest are worked on "
                 "alone; one that would take more than all, or more than 880 MB, fails. With "
                 "little memory fewer workers are started than --jobs asks for. The default is 75% "
                 "of the machine's memory or of the control group's limit."},
    [OPTION_MAX_PIXELS] =
	{.name = "max-pixels",
         .argument = "N",
         .group = GROUP_RUN,
         .kind = KIND_PIXELS,
         .minimum = 1,
         .maximum = UINT64_C(1000000000000),
         .target = TARGET(batch.image.max_pixels),
         .standard = "268M",
         .help = "refuse larger pictures; takes K, M, G",
         .text = "Width times height by the picture's header, judged before it is "
                 "decoded. K, M and G stand for a thousand, a million and a "
                 "billion. All frames of an animation together may have eight times as many."},
    [OPTION_FAIL_ON] = {.name = "fail-on",
                        .argument = "LEVEL",
                        .group = GROUP_RUN,
                        .kind = KIND_WORD,
                        .words = fail_levels,
                        .target = TARGET(batch.image.fail_on),
                        .standard = "truncated",
                        .help = "damage that fails an image",
                        .text = "Each level includes those before it. Nothing is published for an "
                                "image that fails."},
    [OPTION_SIZE] = {.name = "size",
                     .letter = 's',
                     .argument = "SIZE",
                     .group = GROUP_SIZE,
                     .kind = KIND_SIZE,
                     .target = TARGET(batch.image),
                     .standard = "800x600",
                     .help = "box to fit into: WxH, W, xH (pixels) or P%; several by comma",
                     .text = "The aspect ratio is kept but for --fit=fill, and a picture is not "
                             "enlarged without --enlarge. W limits "
                             "the width alone, xH the height alone; P% is a share of the picture's "
                             "own size, decimals allowed. The box is for the picture "
                             "as seen, after its EXIF orientation has been applied. Of several "
                             "sizes, as in 320,640,1280, each picture is decoded once, and all "
                             "are published or none. A size that the picture is too small for is "
                             "left out where another comes to the same, with size-skipped in the "
                             "report's notes; an older file of that name stays as it is."},
    [OPTION_FIT] = {.name = "fit",
                    .argument = "HOW",
                    .group = GROUP_SIZE,
                    .kind = KIND_WORD,
                    .words = fits,
                    .target = TARGET(batch.image.fit),
                    .standard = "contain",
                    .help = "into a box of two sides",
                    .text = "A picture smaller than the box is not enlarged for any of them, "
                            "without --enlarge: it is cropped where it is over the box (cover), "
                            "squeezed where it is over (fill), or stands on more background "
                            "(pad)."},
    [OPTION_GRAVITY] = {.name = "gravity",
                        .argument = "WHERE",
                        .group = GROUP_SIZE,
                        .kind = KIND_WORD,
                        .words = gravities,
                        .target = TARGET(batch.image.gravity),
                        .standard = "centre",
                        .help = "what a crop keeps, where padding puts it",
                        .text = "For --fit=cover the part of the picture that is kept, for "
                                "--fit=pad the picture's place on the background; of the picture "
                                "as seen."},
    [OPTION_ENLARGE] = {.name = "enlarge",
                        .group = GROUP_SIZE,
                        .kind = KIND_FLAG,
                        .target = TARGET(batch.image.enlarge),
                        .help = "enlarge pictures smaller than the size"},
    [OPTION_FILTER] = {.name = "filter",
                       .argument = "FILTER",
                       .group = GROUP_SIZE,
                       .kind = KIND_WORD,
                       .words = filters,
                       .target = TARGET(batch.image.filter),
                       .standard = "lanczos3",
                       .help = "what new pixels are made with"},
    [OPTION_LINEAR] = {.name = "linear",
                       .group = GROUP_SIZE,
                       .kind = KIND_FLAG,
                       .target = TARGET(batch.image.linear),
                       .help = "mix light, not values; slower",
                       .text = "Fine patterns of light and dark keep their brightness: half black "
                               "and half white become a gray of 188, not 128. Bright lines on a "
                               "dark ground come out wider, dark ones on a bright ground thinner."},
    [OPTION_OUTPUT] = {.name = "output",
                       .letter = 'o',
                       .argument = "DIR",
                       .group = GROUP_OUTPUT,
                       .kind = KIND_DIRECTORY,
                       .target = TARGET(batch.output),
                       .automatic = "resized_NAME",
                       .not_for_pipe = true,
                       .help = "write below DIR, the tree mirrored",
                       .text = "What lies in a directory PATH goes directly below DIR. A listed "
                               "file keeps its path as given, without a leading / and with .. "
                               "resolved away. DIR is made if need be. By default images/ becomes "
                               "resized_images/ and a.jpg becomes resized_a.jpg, each beside its "
                               "source. Two sources with one output are a collision: neither is "
                               "written, both are reported."},
    [OPTION_NAME] =
	{.name = "name",
         .argument = "TEMPLATE",
         .group = GROUP_OUTPUT,
         .kind = KIND_TEMPLATE,
         .target = TARGET(batch.name),
         .automatic = "{stem}-{size}.{ext} for several sizes",
         .not_for_pipe =
             true,
         .help = "what outputs are called",
         .text = "Fields: {stem} is the source's name without its extension; {ext} the output's "
                 "extension, that of --format or else the source's own if it is an image's (where "
                 "there is none, the dot before an {ext} at the end goes too); {size} the size as "
                 "asked for, as in 320, x600, 800x600 or 50%; {width} and {height} those of the "
                 "finished picture. {{ and }} are braces. The template is a path below the "
                 "directory where the output would lie anyway, so that a tree stays mirrored; it "
                 "may begin with {dir}/, which is that directory and changes nothing, and can't "
                 "lead out of it. With a template resized_ is not put before the name of a file "
                 "that was named. Several sizes need {size}, {width} or {height}. The latter two "
                 "are for the file's name only, with a character that is no digit between them "
                 "and other fields; whether such an output exists already (--existing) or would "
                 "replace a source is seen only when the picture is done."},
    [OPTION_FORMAT] = {.name = "format",
                       .letter = 'f',
                       .argument = "FORMAT",
                       .group = GROUP_OUTPUT,
                       .kind = KIND_WORD,
                       .words = formats,
                       .target = TARGET(batch.image.format),
                       .standard = "keep",
                       .help = "of the output",
                       .text =
                           "A format that the libraries of this system cannot write is an error "
                           "before anything is done."},
    [OPTION_QUALITY] = {.name = "quality",
                        .letter = 'q',
                        .argument = "N",
                        .group = GROUP_OUTPUT,
                        .kind = KIND_QUALITY,
                        .minimum = 1,
                        .maximum = 100,
                        .target = TARGET(batch.image),
                        .standard = "80",
                        .help = "of lossy formats, 1 to 100; also FORMAT=N by comma",
                        .text = "As in 80, in jpeg=85,webp=75,avif=50, or in 80,avif=50: a number "
                                "alone is for every format that is not named. The formats are "
                                "jpeg, webp, avif, heic and jxl. The same number does not mean "
                                "the same quality in each."},
    [OPTION_LOSSLESS] = {.name = "lossless",
                         .group = GROUP_OUTPUT,
                         .kind = KIND_FLAG,
                         .target = TARGET(batch.image.lossless),
                         .help = "WebP, AVIF and JPEG XL without loss",
                         .text = "PNG and TIFF always are. With --format=keep it is for the "
                                 "pictures that stay in these formats, and the others are written "
                                 "as usual: a JPEG is still lossy. An error with --format=jpeg or "
                                 "gif. AVIF stores luma and colour differences as integers, which "
                                 "may be off by one or two from the RGB they were made of."},
    [OPTION_JPEG_PROGRESSIVE] = {.name = "jpeg-progressive",
                                 .group = GROUP_OUTPUT,
                                 .kind = KIND_FLAG,
                                 .target = TARGET(batch.image.jpeg_progressive),
                                 .help = "JPEG that appears from coarse to fine",
                                 .text = "Mostly a few percent smaller as well, and slower to "
                                         "write and to read."},
    [OPTION_JPEG_SUBSAMPLING] = {.name = "jpeg-subsampling",
                                 .argument = "WHAT",
                                 .group = GROUP_OUTPUT,
                                 .kind = KIND_WORD,
                                 .words = subsamplings,
                                 .target = TARGET(batch.image.jpeg_subsampling),
                                 .standard = "auto",
                                 .help = "resolution of colour in JPEG"},
    [OPTION_PNG_EFFORT] =
	{.name = "png-effort",
         .argument = "N",
         .group = GROUP_OUTPUT,
         .kind = KIND_NUMBER,
         .minimum = 1,
         .maximum = 10,
         .target = TARGET(batch.image.png_effort),
         .standard = "6",
         .help = "PNG: 1 (fast) to 10 (small)",
         .text =
             "Nothing that can be seen is lost at any effort: more time goes into making the file "
             "smaller. 10 takes several times as long as 6 for a few percent."},
    [OPTION_BACKGROUND] = {.name = "background",
                           .argument = "COLOUR",
                           .group = GROUP_OUTPUT,
                           .kind = KIND_COLOUR,
                           .target = TARGET(batch.image.background),
                           .standard = "white",
                           .help = "behind transparency in a JPEG, and for pad",
                           .text = "A colour name of CSS, #rgb or #rrggbb. With transparent "
                                   "--fit=pad adds nothing but transparency, and white in a "
                                   "format that has none."},
    [OPTION_METADATA] = {.name = "metadata",
                         .argument = "WHAT",
                         .group = GROUP_OUTPUT,
                         .kind = KIND_WORD,
                         .words = metadata,
                         .target = TARGET(batch.image.metadata),
                         .standard = "strip",
                         .help = "what is told besides the picture",
                         .text =
                             "The orientation is applied in both cases. What is kept is true of "
                             "the output: EXIF says that it is upright and how large it is, "
                             "and has no thumbnail. EXIF that is damaged is left out."},
    [OPTION_PROFILE] = {.name = "profile",
                        .argument = "WHAT",
                        .group = GROUP_OUTPUT,
                        .kind = KIND_WORD,
                        .words = profiles,
                        .target = TARGET(batch.image.profile),
                        .standard = "srgb",
                        .help = "what becomes of the colours",
                        .text =
                            "With keep the output carries the profile, whatever --metadata says. "
                            "CMYK then stays CMYK in JPEG and TIFF. It is converted where a "
                            "background is painted, and for other formats. A profile that is "
                            "broken counts as sRGB."},
    [OPTION_EXISTING] = {.name = "existing",
                         .argument = "WHAT",
                         .group = GROUP_OUTPUT,
                         .kind = KIND_WORD,
                         .words = existing,
                         .target = TARGET(batch.existing),
                         .standard = "overwrite",
                         .not_for_pipe = true,
                         .help = "what to do where an output exists",
                         .text = "Outputs appear whole or not at all: an interrupted run leaves no "
                                 "half file that skip or update could mistake for a result. Of "
                                 "several sizes those count that would be made: an image whose "
                                 "outputs are all there is skipped, otherwise all are made anew."},
    [OPTION_PRESERVE] = {.name = "preserve",
                         .argument = "LIST",
                         .group = GROUP_OUTPUT,
                         .kind = KIND_WORDS,
                         .words = preserve,
                         .target = TARGET(batch.preserve),
                         .not_for_pipe = true,
                         .help = "copy from the source, by comma"},
    [OPTION_FSYNC] = {.name = "fsync",
                      .group = GROUP_OUTPUT,
                      .kind = KIND_FLAG,
                      .target = TARGET(batch.fsync),
                      .not_for_pipe = true,
                      .help = "have each output on the disk before it counts",
                      .text = "File and directory are synchronised, so that a power cut takes back "
                              "nothing that was reported as done."},
    [OPTION_INCLUDE] =
	{.name = "include",
         .argument = "GLOB",
         .group = GROUP_CHOOSE,
         .kind = KIND_PATTERN,
         .value = LIST_INCLUDE,
         .not_for_pipe = true,
         .help = "take only files that match; repeatable",
         .text = "A shell pattern, in quotes so that the shell leaves it alone. It is tried on the "
                 "name alone and on the path below the PATH named, where * matches a slash too. "
                 "What is named on the command line is taken in any case."},
    [OPTION_EXCLUDE] =
	{.name = "exclude",
         .argument = "GLOB",
         .group = GROUP_CHOOSE,
         .kind = KIND_PATTERN,
         .value = LIST_EXCLUDE,
         .not_for_pipe = true,
         .help = "pass over what matches; repeatable",
         .text = "Patterns as for --include, and stronger than it. A directory that matches is not "
                 "entered; a pattern that ends with a slash means directories only."},
    [OPTION_HIDDEN] = {.name = "hidden",
                       .group = GROUP_CHOOSE,
                       .kind = KIND_FLAG,
                       .target = TARGET(batch.hidden),
                       .not_for_pipe = true,
                       .help = "also names that begin with a dot"},
    [OPTION_FOLLOW] = {.name = "follow",
                       .group = GROUP_CHOOSE,
                       .kind = KIND_FLAG,
                       .target = TARGET(batch.follow),
                       .not_for_pipe = true,
                       .help = "follow symbolic links below directories",
                       .text = "A loop of links is walked once. A link named as a PATH is always "
                               "followed."},
    [OPTION_FILES_FROM] = {.name = "files-from",
                           .argument = "LIST",
                           .group = GROUP_CHOOSE,
                           .kind = KIND_FILE,
                           .target = TARGET(batch.files_from),
                           .help = "take paths from a file, one a line; - is stdin",
                           .text =
                               "In place of PATH arguments. With --null the paths end with a NUL "
                               "byte instead of a newline, as find -print0 writes them."},
    [OPTION_NULL] = {.name = "null",
                     .letter = '0',
                     .group = GROUP_CHOOSE,
                     .kind = KIND_FLAG,
                     .target = TARGET(report.null_separated),
                     .help = "NUL ends each path of -n, -p, --files-from",
                     .text = "The only way that is safe for every file name."},
    [OPTION_DRY_RUN] = {.name = "dry-run",
                        .letter = 'n',
                        .group = GROUP_TALK,
                        .kind = KIND_FLAG,
                        .target = TARGET(batch.dry_run),
                        .not_for_pipe = true,
                        .help = "print the plan, touch nothing",
                        .text =
                            "One line \"source -> output\" on standard output for each output, "
                            "with control characters escaped; with --null two exact paths, each "
                            "followed by NUL. {width} and {height} of --name are not known yet "
                            "and stand there as they are."},
    [OPTION_PRINT] = {.name = "print",
                      .letter = 'p',
                      .group = GROUP_TALK,
                      .kind = KIND_FLAG,
                      .target = TARGET(report.print),
                      .not_for_pipe = true,
                      .help = "print each output's path once it is there",
                      .text = "At once and on standard output, so that the next program of a "
                              "pipeline can begin. With --null each path ends with NUL."},
    [OPTION_REPORT] = {.name = "report",
                       .argument = "FILE",
                       .group = GROUP_TALK,
                       .kind = KIND_FILE,
                       .target = TARGET(report.ndjson),
                       .help = "write a JSON line for every image; - is stdout",
                       .text = "REPORT below lists the fields. An existing file is replaced if it "
                               "is empty or a report, and refused otherwise."},
    [OPTION_SRCSET] =
	{.name = "srcset",
         .argument = "FILE",
         .group = GROUP_TALK,
         .kind = KIND_FILE,
         .target = TARGET(report.srcset),
         .not_for_pipe = true,
         .help = "write JSON with an HTML img for every image",
         .text = "An array with an object for each image that was done: source; images, narrowest "
                 "first, each with path, width, height, bytes and type; srcset, as for the "
                 "attribute of that name; html, an <img> with srcset, sizes, width, height and "
                 "an empty alt to be filled in. Paths are relative to FILE's directory, which is "
                 "made if need be; in srcset and html they are URLs. FILE appears whole when the "
                 "run has come to its end, and is left alone by one that was stopped. What was "
                 "skipped or failed is not in it, so that with --existing it lists only what was "
                 "made anew."},
    [OPTION_PROGRESS] = {.name = "progress",
                         .argument = "WHEN",
                         .group = GROUP_TALK,
                         .kind = KIND_WORD,
                         .words = bars,
                         .target = TARGET(report.bar),
                         .standard = "auto",
                         .help = "show how far it is"},
    [OPTION_QUIET] = {.name = "quiet",
                      .group = GROUP_TALK,
                      .kind = KIND_FLAG,
                      .target = TARGET(report.quiet),
                      .help = "no progress, no summary; errors still"},
    [OPTION_VERBOSE] = {.name = "verbose",
                        .letter = 'v',
                        .group = GROUP_TALK,
                        .kind = KIND_COUNT,
                        .target = TARGET(report.verbose),
                        .help = "a line for every image; -vv: with all times"},
    [OPTION_VERSION] = {.name = "version",
                        .letter = 'V',
                        .group = GROUP_TALK,
                        .kind = KIND_ACTION,
                        .value = CLI_VERSION,
                        .target = TARGET(action),
                        .help = "print the version; with -v also the formats"},
    [OPTION_HELP] = {.name = "help",
                     .letter = 'h',
                     .group = GROUP_TALK,
                     .kind = KIND_ACTION,
                     .value = CLI_HELP,
                     .target = TARGET(action),
                     .help = "print this help"},
    [OPTION_DOCUMENT] = {.name = "document",
                         .argument = "KIND",
                         .group = GROUP_HIDDEN,
                         .kind = KIND_WORD,
                         .words = documents,
                         .target = TARGET(document),
                         .help = "write a document"},
};

const struct cli_option *cli_options(void)
{
	return options;
}
