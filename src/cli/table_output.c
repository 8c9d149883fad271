/* table_output.c - the options that say what becomes of a picture, and where it goes. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_OUTPUT)

static const struct cli_word formats[] = {
    {"keep", BR_IMAGE_FORMAT_UNKNOWN, "the source's own format"},
    {"jpeg", BR_IMAGE_FORMAT_JPEG, "JPEG"},
    {"png", BR_IMAGE_FORMAT_PNG, "PNG"},
    {"webp", BR_IMAGE_FORMAT_WEBP, "WebP"},
    {"avif", BR_IMAGE_FORMAT_AVIF, "AVIF"},
    {"tiff", BR_IMAGE_FORMAT_TIFF, "TIFF"},
    {"gif", BR_IMAGE_FORMAT_GIF, "GIF"},
    {"jxl", BR_IMAGE_FORMAT_JXL, "JPEG XL"},
    {0},
};

static const struct cli_word subsamplings[] = {
    {"auto", BR_IMAGE_SUBSAMPLING_AUTO, "420 below quality 90, 444 from there on"},
    {"444", BR_IMAGE_SUBSAMPLING_444, "colour at full resolution"},
    {"420", BR_IMAGE_SUBSAMPLING_420, "colour at half the resolution each way"},
    {0},
};

static const struct cli_word format_spellings[] = {
    {"jpg", BR_IMAGE_FORMAT_JPEG, NULL},
    {"tif", BR_IMAGE_FORMAT_TIFF, NULL},
    {0},
};

static const struct cli_word metadata[] = {
    {"strip", BR_IMAGE_METADATA_STRIP, "nothing that isn't needed to show it"},
    {"keep", BR_IMAGE_METADATA_KEEP, "EXIF, XMP, IPTC, profile, comment"},
    {0},
};

static const struct cli_word profiles[] = {
    {"srgb", BR_IMAGE_PROFILE_SRGB, "convert to sRGB"},
    {"keep", BR_IMAGE_PROFILE_KEEP, "leave pixels and profile as they are"},
    {0},
};

static const struct cli_word locks[] = {
    {"fail", BR_BATCH_LOCK_FAIL, "end with status 4, and say which"},
    {"wait", BR_BATCH_LOCK_WAIT, "wait until it has ended"},
    {"skip", BR_BATCH_LOCK_SKIP, "end with status 0: that one does the work"},
    {"off", BR_BATCH_LOCK_OFF, "do not look out for others"},
    {0},
};

static const struct cli_word existing[] = {
    {"overwrite", BR_BATCH_EXISTING_OVERWRITE, "replace it"},
    {"skip", BR_BATCH_EXISTING_SKIP, "leave it alone"},
    {"update", BR_BATCH_EXISTING_UPDATE, "replace it when source, options or versions changed"},
    {"error", BR_BATCH_EXISTING_ERROR, "count the image as failed"},
    {0},
};

static const struct cli_word preserve[] = {
    {"times", BR_BATCH_PRESERVE_TIMES, "access and modification time"},
    {"mode", BR_BATCH_PRESERVE_MODE, "permission bits"},
    {"owner", BR_BATCH_PRESERVE_OWNER, "owner and group"},
    {"acl", BR_BATCH_PRESERVE_ACL, "access control list"},
    {"xattr", BR_BATCH_PRESERVE_XATTR, "extended attributes (user.*)"},
    {0},
};

const struct cli_option table_output[FIRST_CHOOSE - FIRST_OUTPUT] = {
    [ROW(OUTPUT)] = {.name = "output",
                     .letter = 'o',
                     .argument = "DIR",
                     .group = GROUP_OUTPUT,
                     .kind = KIND_DIRECTORY,
                     .target = TARGET(batch.output),
                     .automatic = "resized_NAME",
                     .not_for_pipe = true,
                     .help = "write below DIR, the tree mirrored; one picture also to a file",
                     .text =
                         "What lies in a directory PATH goes directly below DIR. A listed "
                         "file keeps its path as given, without a leading / and with .. "
                         "resolved away. DIR is made if need be. By default images/ becomes "
                         "resized_images/ and a.jpg becomes resized_a.jpg, each beside its "
                         "source. If one file is named and DIR has an image's extension, as "
                         "in -o thumb.jpg photo.png, DIR is the output itself, in the format "
                         "of that extension unless --format says otherwise; thumb.jpg/ would "
                         "be a directory. Two sources with one output are a collision: neither is "
                         "written, both are reported. With redis://HOST/PREFIX outputs are the "
                         "values of keys: see URLS above."},
    [ROW(FLAT)] = {.name = "flat",
                   .group = GROUP_OUTPUT,
                   .kind = KIND_FLAG,
                   .reach = REACH_SOURCE,
                   .target = TARGET(batch.flat),
                   .not_for_pipe = true,
                   .help = "all outputs directly below DIR",
                   .text = "Whatever the path of a listed file or of one below a directory. "
                           "Sources that would come to one name there are a collision."},
    [ROW(NAME)] = {.name = "name",
                   .argument = "TEMPLATE",
                   .group = GROUP_OUTPUT,
                   .kind = KIND_TEMPLATE,
                   .reach = REACH_SOURCE,
                   .target = TARGET(batch.name),
                   .automatic = "{stem}-{size}.{ext} for several sizes",
                   .not_for_pipe = true,
                   .help = "what outputs are called",
                   .text = "Fields: {stem} is the source's name without its extension. {ext} is "
                           "the extension of --format, or else the source's own if it is an "
                           "image's; if there is none, the dot before an {ext} at the end goes "
                           "too. {size} is the size as asked for, as in 320, x600, 800x600 or 50%. "
                           "{width} and {height} are those of the finished picture. {{ and }} are "
                           "braces. The template is a path below the directory where the output "
                           "would lie anyway, so that a tree stays mirrored and nothing leads out "
                           "of it; it may begin with {dir}/, which is that directory and changes "
                           "nothing. With a template, resized_ is not put before names. Several "
                           "sizes need {size}, {width} or {height}. {width} and {height} are for "
                           "the file's name only, and a character that is no digit stands between "
                           "them and other fields. Whether an output named by them exists already "
                           "(--existing) or would replace a source is known only when the picture "
                           "is done."},
    [ROW(FORMAT)] = {.name = "format",
                     .letter = 'f',
                     .argument = "FORMAT",
                     .group = GROUP_OUTPUT,
                     .kind = KIND_WORD,
                     .reach = REACH_SOURCE,
                     .words = formats,
                     .also = format_spellings,
                     .target = TARGET(batch.image.format),
                     .standard = "keep",
                     .help = "format of the output",
                     .text = "A format that the libraries of this system cannot write is an error "
                             "before anything is done. HEIC is written if the source is HEIC or "
                             "--output is a .heic."},
    [ROW(QUALITY)] = {.name = "quality",
                      .letter = 'q',
                      .argument = "N",
                      .group = GROUP_OUTPUT,
                      .kind = KIND_QUALITY,
                      .reach = REACH_SOURCE,
                      .minimum = 1,
                      .maximum = 100,
                      .target = TARGET(batch.image),
                      .standard = "80",
                      .help = "quality of lossy formats, 1 to 100; also FORMAT=N by comma",
                      .text =
                          "As in 80, in jpeg=85,webp=75,avif=50, or in 80,avif=50, where 80 is "
                          "for every format that is not named. The formats are jpeg, webp, avif, "
                          "heic and jxl. The same number does not mean the same quality in each."},
    [ROW(LOSSLESS)] = {.name = "lossless",
                       .group = GROUP_OUTPUT,
                       .kind = KIND_FLAG,
                       .reach = REACH_SOURCE,
                       .target = TARGET(batch.image.lossless),
                       .help = "WebP, AVIF and JPEG XL without loss",
                       .text =
                           "PNG and TIFF always are. With --format=keep it is for pictures that "
                           "stay WebP, AVIF or JPEG XL, and the others are written as usual: a "
                           "JPEG is still lossy. An error with --format=jpeg or gif. AVIF stores "
                           "luma and colour differences as integers, which may be off by one or "
                           "two from the RGB they were made of."},
    [ROW(JPEG_PROGRESSIVE)] = {.name = "jpeg-progressive",
                               .group = GROUP_OUTPUT,
                               .kind = KIND_FLAG,
                               .reach = REACH_SOURCE,
                               .target = TARGET(batch.image.jpeg_progressive),
                               .help = "JPEG that appears from coarse to fine",
                               .text = "Mostly a few percent smaller as well, and slower to "
                                       "write and to read."},
    [ROW(JPEG_SUBSAMPLING)] = {.name = "jpeg-subsampling",
                               .argument = "WHAT",
                               .group = GROUP_OUTPUT,
                               .kind = KIND_WORD,
                               .reach = REACH_SOURCE,
                               .words = subsamplings,
                               .target = TARGET(batch.image.jpeg_subsampling),
                               .standard = "auto",
                               .help = "resolution of colour in JPEG"},
    [ROW(PNG_EFFORT)] =
	{.name = "png-effort",
         .argument = "N",
         .group = GROUP_OUTPUT,
         .kind = KIND_NUMBER,
         .reach = REACH_SOURCE,
         .minimum = 1,
         .maximum = 10,
         .target = TARGET(batch.image.png_effort),
         .standard = "6",
         .help = "PNG: 1 (fast) to 10 (small)",
         .text =
             "Nothing that can be seen is lost at any effort: more time goes into making the file "
             "smaller. 10 takes several times as long as 6 for a few percent."},
    [ROW(BACKGROUND)] = {.name = "background",
                         .argument = "COLOUR",
                         .group = GROUP_OUTPUT,
                         .kind = KIND_COLOUR,
                         .reach = REACH_SOURCE,
                         .target = TARGET(batch.image.background),
                         .standard = "white",
                         .help = "behind transparency in a JPEG, and for pad",
                         .text =
                             "A colour name of CSS, #rgb or #rrggbb. With transparent, --fit=pad "
                             "adds borders that are clear, or white in a format without "
                             "transparency."},
    [ROW(METADATA)] = {.name = "metadata",
                       .argument = "WHAT",
                       .group = GROUP_OUTPUT,
                       .kind = KIND_WORD,
                       .words = metadata,
                       .target = TARGET(batch.image.metadata),
                       .standard = "strip",
                       .help = "what is kept besides the picture",
                       .text = "The orientation is applied in both cases. What is kept is true of "
                               "the output: EXIF and XMP say that it is upright, how large it "
                               "is and where faces are, and have no thumbnail. What is damaged is "
                               "left out and noted (metadata-dropped)."},
    [ROW(PROFILE)] = {.name = "profile",
                      .argument = "WHAT",
                      .group = GROUP_OUTPUT,
                      .kind = KIND_WORD,
                      .reach = REACH_SOURCE,
                      .words = profiles,
                      .target = TARGET(batch.image.profile),
                      .standard = "srgb",
                      .help = "what becomes of the colours",
                      .text = "With keep the output carries the profile, whatever --metadata says. "
                              "CMYK then stays CMYK in JPEG and TIFF. It is converted if a "
                              "background is painted, and for other formats. CMYK without a "
                              "profile is converted as offset printing on coated paper (ISO "
                              "12647-2), whose black ink is neutral black. A profile that is "
                              "broken counts as sRGB."},
    [ROW(PLUGIN)] = {.name = "plugin",
                     .argument = "FILE[,ARGS]",
                     .group = GROUP_OUTPUT,
                     .kind = KIND_FILE,
                     .target = TARGET(batch.plugin),
                     .help = "show each picture to code of your own",
                     .text = "PLUGINS below says how. A shared object that is given every picture "
                             "before it is encoded, to change it, to tell of it in the report, or "
                             "to drop it. ARGS, what stands behind the first comma, are for it to "
                             "read. For --existing=update both count as an option: the file's "
                             "bytes, and ARGS, not the files that these may name."},
    [ROW(EXISTING)] =
	{.name = "existing",
         .argument = "WHAT",
         .group = GROUP_OUTPUT,
         .kind = KIND_WORD,
         .words = existing,
         .target = TARGET(batch.existing),
         .standard = "update",
         .not_for_pipe = true,
         .help = "what to do if an output exists",
         .text = "Outputs appear whole or not at all: an interrupted run leaves no half "
                 "file that skip or update could mistake for a result. An empty file, a "
                 "link to nowhere or a pipe under an output's name is no output and is "
                 "replaced. Of several sizes, an image is skipped when every output that "
                 "would be made is there; otherwise all are made anew. update makes a picture "
                 "anew when its source, an option that matters for it, or the version of "
                 "a codec has changed, or its output is gone or not as it was left: "
                 "INCREMENTAL RUNS below says how it knows. Outputs beside their sources "
                 "are remembered nowhere, nor is any of a list that comes through a pipe without "
                 "--output: they are made anew each time, or if update is asked for by name, when "
                 "the source is newer."},
    [ROW(PRUNE)] =
	{.name = "prune",
         .group = GROUP_OUTPUT,
         .kind = KIND_FLAG,
         .target = TARGET(batch.prune),
         .not_for_pipe = true,
         .help = "at the end remove outputs whose source is gone",
         .text = "Also those of sizes that are not asked for any more, where others of the same "
                 "pictures have been made in their place. Only what such runs remember to have "
                 "made, and what is as they left it: PRUNING below says how it knows. Directories "
                 "that they made and that are empty now go as well. Makes no sense with --watch."},
    [ROW(PRUNE_ALL)] =
	{.name = "prune-all",
         .group = GROUP_OUTPUT,
         .kind = KIND_FLAG,
         .target = TARGET(batch.prune_all),
         .not_for_pipe = true,
         .help = "as --prune, and what other options made of them",
         .text = "As after --format, --name or all --size have changed: whatever runs with other "
                 "options remember to have made of these sources. Not where several runs share "
                 "one output directory."},
    [ROW(MAX_DELETE)] =
	{.name = "max-delete",
         .argument = "N|P%",
         .group = GROUP_OUTPUT,
         .kind = KIND_SHARE,
         .maximum = UINT64_C(1000000000000),
         .target = TARGET(batch.max_delete),
         .automatic = "50%, or 100 if that is more",
         .not_for_pipe = true,
         .help = "--prune: if more would go, remove none",
         .text = "A part, as in 5%, is one of all outputs that are remembered of these sources. "
                 "With 0 nothing is ever removed, and 100% removes whatever there is. If more "
                 "would go, nothing is removed, a report line with the code max-delete says so, "
                 "and the exit status is 1."},
    [ROW(FORCE_EMPTY)] =
	{.name = "force-empty",
         .group = GROUP_OUTPUT,
         .kind = KIND_FLAG,
         .target = TARGET(batch.force_empty),
         .not_for_pipe = true,
         .help = "an empty source directory is meant to be so",
         .text = "Where earlier runs found pictures and this one finds none, nor any that options "
                 "leave out, a disk is probably not mounted: each such PATH is told of, has a "
                 "report line with the code emptied, and the exit status is 3; what lies in others "
                 "is done nevertheless. "
                 "Of such a PATH --prune removes nothing. "
                 "It is seen where the run has a state (INCREMENTAL RUNS) and by the PATH, and "
                 "not with --watch, before which directories may well be empty."},
    [ROW(PRESERVE)] = {.name = "preserve",
                       .argument = "LIST",
                       .group = GROUP_OUTPUT,
                       .kind = KIND_WORDS,
                       .words = preserve,
                       .target = TARGET(batch.preserve),
                       .not_for_pipe = true,
                       .help = "copy from the source, by comma",
                       .text =
                           "An output that replaces a file keeps that file's own, except its "
                           "times, as far as the system allows; what is named here is taken from "
                           "the source instead. What the system refuses costs no picture: "
                           "preserve-refused is among its notes."},
    [ROW(FSYNC)] = {.name = "fsync",
                    .group = GROUP_OUTPUT,
                    .kind = KIND_FLAG,
                    .target = TARGET(batch.fsync),
                    .not_for_pipe = true,
                    .help = "have each output on the disk before it counts",
                    .text = "File and directory are synchronised, so that a power cut takes back "
                            "nothing that was reported as done; at the end also the files about "
                            "the run (--report, --failed-list, --srcset, --metrics), and what it "
                            "remembers, of which a power cut costs the last second. If the file "
                            "system can't do that, not-durable is among the notes. Without it, "
                            "what was made in the last half minute or so may be missing or empty "
                            "after a power cut, and the next run makes it again."},
    [ROW(LOCK)] =
	{.name = "lock",
         .argument = "WHAT",
         .group = GROUP_OUTPUT,
         .kind = KIND_LOCK,
         .maximum = 1000000,
         .words = locks,
         .target = TARGET(batch),
         .standard = "fail",
         .not_for_pipe = true,
         .help = "when another run writes to the same directory",
         .text = "wait=SECONDS waits no longer than that, and then is as fail. Two runs meet that "
                 "have one --output, or that make resized_photos/ of the same photos/; files "
                 "named without --output have theirs beside them, and never do. The lock is the "
                 "kernel's, on .batchresize/lock in that directory, and ends with the run however "
                 "that ends. A file system that knows no locks is told of once, and worked on "
                 "without. Runs that have a part of the pictures each (xargs -P) need off."},
};
