/* moderate.c - a plugin that tells what may be shown to all, by a model that each worker loads once
 * and shows eight pictures at a time:
 *
 *     scripts/fetch-model moderate .deps/moderate.onnx
 *     batchresize -s 224x224 --fit pad --plugin build/examples/moderate.so,.deps/moderate.onnx \
 *         --report - uploads/
 *
 * MobileNet V2 (Sandler et al. 2018), trained for NSFW JS, sees pictures of 224x224; others are
 * sampled. It tells what a picture most likely is, "neutral", "drawing" or "unsafe", and how likely
 * it is to be unsafe. With ",drop" behind the model's name those that most likely are unsafe are
 * dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define SIDE     224 /* pixels of the model's picture, across and down */
#define INPUT    (3 * SIDE * SIDE)
#define TOGETHER 8

/* The model's answer: how likely each is. */
enum { DRAWING, HENTAI, NEUTRAL, PORN, SEXY, KINDS };

static const struct model_form form = {.shape = {3, SIDE, SIDE},
                                       .black = 0,
                                       .white = 1,
                                       .outputs = 1,
                                       .lengths = {KINDS},
                                       .together = TOGETHER};

struct moderator {
	struct model *model;
	int drops;
	float pixels[TOGETHER][INPUT];
	float likely[TOGETHER][KINDS];
};

static int start(const char *args, void **state, char *why)
{
	struct moderator *moderator = calloc(1, sizeof(*moderator));
	char path[4096] = "";
	const char *comma = strrchr(args, ',');

	if (!moderator)
		return -1;
	moderator->drops = comma && strcmp(comma, ",drop") == 0;
	strncat(path, args, moderator->drops ? (size_t)(comma - args) : sizeof(path) - 1);
	moderator->model = model_load(path, &form, why, BR_PLUGIN_WHY_MAX);
	*state = moderator;
	return moderator->model ? 0 : -1;
}

static void stop(void *state)
{
	struct moderator *moderator = state;

	model_free(moderator->model);
	free(moderator);
}

static int judge(const struct moderator *moderator, const float likely[KINDS],
                 struct br_plugin_picture *picture)
{
	const float unsafe = likely[HENTAI] + likely[PORN] + likely[SEXY];
	const char *kind = likely[DRAWING] > likely[NEUTRAL] ? "drawing" : "neutral";

	if (unsafe > likely[DRAWING] && unsafe > likely[NEUTRAL])
		kind = "unsafe";
	picture->tell_text(picture, "kind", kind);
	picture->tell_number(picture, "unsafe", (double)unsafe);
	picture->explain(picture, "it is most likely unsafe");
	return moderator->drops && *kind == 'u' ? BR_PLUGIN_DROP : BR_PLUGIN_KEEP;
}

/* Those that there is memory for, side by side. */
static void look(void *state, struct br_plugin_picture *const *pictures, uint32_t count,
                 int *answers)
{
	struct moderator *moderator = state;
	float *const likely[] = {moderator->likely[0]};
	char why[BR_PLUGIN_WHY_MAX] = "";
	uint32_t place[TOGETHER], seen = 0;
	int failed;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *pixels = pictures[i]->look(pictures[i]);

		answers[i] = BR_PLUGIN_FAIL;
		if (!pixels)
			continue;
		model_sample(&form, pictures[i], pixels, moderator->pixels[seen]);
		place[seen++] = i;
	}
	if (seen == 0)
		return;
	failed = model_run(moderator->model, seen, moderator->pixels[0], likely, why, sizeof(why));
	for (uint32_t i = 0; i < seen; i++) {
		struct br_plugin_picture *picture = pictures[place[i]];

		if (failed)
			picture->explain(picture, why);
		else
			answers[place[i]] = judge(moderator, moderator->likely[i], picture);
	}
}

const struct br_plugin br_plugin_entry = {.abi = BR_PLUGIN_ABI,
                                          .name = "moderate",
                                          .init = start,
                                          .batch = look,
                                          .together = TOGETHER,
                                          .free = stop};
