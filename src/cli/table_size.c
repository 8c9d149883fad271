/* table_size.c - the options that say the picture's size. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_SIZE)

static const struct cli_word fits[] = {
    {"contain", BR_IMAGE_FIT_CONTAIN, "inside the box, never larger"},
    {"cover", BR_IMAGE_FIT_COVER, "fills the box, and is cropped to it"},
    {"fill", BR_IMAGE_FIT_FILL, "exactly the box, distorted"},
    {"pad", BR_IMAGE_FIT_PAD, "inside the box, the rest filled with the background"},
    {0},
};

static const struct cli_word gravities[] = {
    {"centre", BR_IMAGE_GRAVITY_CENTRE, "the middle"},
    {"north", BR_IMAGE_GRAVITY_NORTH, "the top"},
    {"northeast", BR_IMAGE_GRAVITY_NORTHEAST, "the top right corner"},
    {"east", BR_IMAGE_GRAVITY_EAST, "the right"},
    {"southeast", BR_IMAGE_GRAVITY_SOUTHEAST, "the bottom right corner"},
    {"south", BR_IMAGE_GRAVITY_SOUTH, "the bottom"},
    {"southwest", BR_IMAGE_GRAVITY_SOUTHWEST, "the bottom left corner"},
    {"west", BR_IMAGE_GRAVITY_WEST, "the left"},
    {"northwest", BR_IMAGE_GRAVITY_NORTHWEST, "the top left corner"},
    {"attention", BR_IMAGE_GRAVITY_ATTENTION, "what draws the eye (cover only)"},
    {"entropy", BR_IMAGE_GRAVITY_ENTROPY, "what has most detail (cover only)"},
    {0},
};

static const struct cli_word gravity_spellings[] = {
    {"center", BR_IMAGE_GRAVITY_CENTRE, NULL},
    {0},
};

static const struct cli_word filters[] = {
    {"lanczos3", BR_IMAGE_FILTER_LANCZOS3, "sharp, rings a little"},
    {"mitchell", BR_IMAGE_FILTER_MITCHELL, "softer, hardly rings"},
    {"cubic", BR_IMAGE_FILTER_CUBIC, "Catmull-Rom, between the two"},
    {"linear", BR_IMAGE_FILTER_LINEAR, "the triangle: soft, never rings"},
    {"nearest", BR_IMAGE_FILTER_NEAREST, "one pixel for each: exact colours, jagged edges"},
    {0},
};

const struct cli_option table_size[FIRST_OUTPUT - FIRST_SIZE] = {
    [ROW(SIZE)] = {.name = "size",
                   .letter = 's',
                   .argument = "SIZE",
                   .group = GROUP_SIZE,
                   .kind = KIND_SIZE,
                   .reach = REACH_SOURCE,
                   .target = TARGET(batch.image),
                   .standard = "800x600",
                   .help = "box to fit into: WxH, W, xH (pixels) or P%; several by comma",
                   .text = "The aspect ratio is kept, except with --fit=fill, and a picture is not "
                           "enlarged without --enlarge. W limits the width alone, xH the height "
                           "alone; P% is a share of the picture's own size, decimals allowed. The "
                           "box is for the picture as seen, after its EXIF orientation has been "
                           "applied. Of several sizes, as in 320,640,1280, each picture is decoded "
                           "once, and all are published or none. A picture that is too small for "
                           "several of them is made once at its own size; those left out are noted "
                           "(size-skipped), and older files of their names stay as they are."},
    [ROW(FIT)] = {.name = "fit",
                  .argument = "HOW",
                  .group = GROUP_SIZE,
                  .kind = KIND_WORD,
                  .reach = REACH_SOURCE,
                  .words = fits,
                  .target = TARGET(batch.image.fit),
                  .standard = "contain",
                  .help = "how to fit a box of two sides",
                  .text = "Without --enlarge a picture that is smaller than the box stays so: "
                          "cover crops, and fill squeezes, only a side that is longer than the "
                          "box's, and pad adds more background."},
    [ROW(GRAVITY)] = {.name = "gravity",
                      .argument = "WHERE",
                      .group = GROUP_SIZE,
                      .kind = KIND_WORD,
                      .reach = REACH_SOURCE,
                      .words = gravities,
                      .also = gravity_spellings,
                      .target = TARGET(batch.image.gravity),
                      .standard = "centre",
                      .help = "what a crop keeps, where padding puts it",
                      .text =
                          "With --fit=cover the part of the picture that is kept, with --fit=pad "
                          "the picture's place on the background. Directions are those of the "
                          "picture as seen."},
    [ROW(ENLARGE)] = {.name = "enlarge",
                      .group = GROUP_SIZE,
                      .kind = KIND_FLAG,
                      .target = TARGET(batch.image.enlarge),
                      .help = "enlarge pictures smaller than the size"},
    [ROW(FILTER)] = {.name = "filter",
                     .argument = "FILTER",
                     .group = GROUP_SIZE,
                     .kind = KIND_WORD,
                     .reach = REACH_SOURCE,
                     .words = filters,
                     .target = TARGET(batch.image.filter),
                     .standard = "lanczos3",
                     .help = "what new pixels are made with"},
    [ROW(LINEAR)] = {.name = "linear",
                     .group = GROUP_SIZE,
                     .kind = KIND_FLAG,
                     .reach = REACH_SOURCE,
                     .target = TARGET(batch.image.linear),
                     .help = "mix light, not values; slower",
                     .text = "Fine patterns of light and dark keep their brightness: half black "
                             "and half white become a gray of 188, not 128. Bright lines on a "
                             "dark ground come out wider, dark ones on a bright ground thinner."},
};
