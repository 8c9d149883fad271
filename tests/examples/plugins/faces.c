/* faces.c - a plugin that counts faces, by a model that each worker loads once:
 *
 *     scripts/fetch-model faces .deps/faces.onnx
 *     batchresize -s 128x128 --fit pad --plugin build/examples/faces.so,.deps/faces.onnx \
 *         --report - photos/
 *
 * BlazeFace (Bazarevsky et al. 2019, short range) sees pictures of 128x128; others are sampled
 * down. It tells faces, how many, and of the surest its score and its box in parts of the picture.
 * With ",drop" behind the model's name pictures without a face are dropped.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/plugin.h>

#include "model.h"

#define SIDE   128 /* pixels of the model's picture, across and down */
#define COARSE 512 /* places that it looks for faces at: two for each of 16x16 */
#define FINE   384 /* and six for each of 8x8, for larger ones */
#define ALL    (COARSE + FINE)
#define BOX    16 /* numbers of a place: where and how large, and six points of the face */

/* Below this probability it is no face; boxes that share more than that are one face. */
#define SCORE_LEAST 0.5F
#define SHARED_MOST 0.3F
#define FACES_MOST  64

/* Its version in ONNX takes one picture at a time. */
static const struct model_form form = {
    .shape = {SIDE, SIDE, 3},
    .black = -1,
    .white = 1,
    .outputs = 4,
    .lengths = {COARSE, FINE, (size_t)COARSE *BOX, (size_t)FINE *BOX},
    .together = 1};

struct detector {
	struct model *model;
	int drops;
	float pixels[3 * SIDE * SIDE];
	float scores[ALL];
	float boxes[ALL][BOX];
};

struct face {
	float score, left, top, width, height;
};

static int start(const char *args, void **state, char *why)
{
	struct detector *detector = calloc(1, sizeof(*detector));
	char path[4096] = "";
	const char *comma = strrchr(args, ',');

	if (!detector)
		return -1;
	detector->drops = comma && strcmp(comma, ",drop") == 0;
	strncat(path, args, detector->drops ? (size_t)(comma - args) : sizeof(path) - 1);
	detector->model = model_load(path, &form, why, BR_PLUGIN_WHY_MAX);
	*state = detector;
	return detector->model ? 0 : -1;
}

static void stop(void *state)
{
	struct detector *detector = state;

	model_free(detector->model);
	free(detector);
}

static struct face face_at(const struct detector *detector, int place)
{
	const int coarse = place < COARSE, n = coarse ? place : place - COARSE;
	const int side = coarse ? 16 : 8, cell = n / (coarse ? 2 : 6);
	const float *box = detector->boxes[place];
	struct face face = {.score = 1 / (1 + expf(-detector->scores[place])),
	                    .width = box[2] / SIDE,
	                    .height = box[3] / SIDE};

	face.left = ((float)(cell % side) + 0.5F) / (float)side + box[0] / SIDE - face.width / 2;
	face.top = ((float)(cell - cell % side) / (float)side + 0.5F) / (float)side +
	           box[1] / SIDE - face.height / 2;
	return face;
}

static float shared(const struct face *a, const struct face *b)
{
	const float across =
	    fminf(a->left + a->width, b->left + b->width) - fmaxf(a->left, b->left);
	const float down = fminf(a->top + a->height, b->top + b->height) - fmaxf(a->top, b->top);
	const float both = across > 0 && down > 0 ? across * down : 0;

	return both / (a->width * a->height + b->width * b->height - both);
}

static int surer_first(const void *a, const void *b)
{
	const float one = ((const struct face *)a)->score, other = ((const struct face *)b)->score;

	return (one < other) - (one > other);
}

/* The faces, the surest first. Returns how many. */
static int find(const struct detector *detector, struct face faces[FACES_MOST])
{
	struct face found[ALL];
	int all = 0, count = 0;

	for (int place = 0; place < ALL; place++) {
		found[all] = face_at(detector, place);
		all += found[all].score >= SCORE_LEAST;
	}
	qsort(found, (size_t)all, sizeof(*found), surer_first);
	for (int i = 0; i < all && count < FACES_MOST; i++) {
		int known = 0;

		for (int j = 0; j < count; j++)
			known |= shared(&found[i], &faces[j]) > SHARED_MOST;
		if (!known)
			faces[count++] = found[i];
	}
	return count;
}

/* The surest place, face or not. */
static double best_of(const struct detector *detector)
{
	float best = detector->scores[0];

	for (int place = 1; place < ALL; place++)
		best = fmaxf(best, detector->scores[place]);
	return 1 / (1 + exp(-(double)best));
}

static int look(void *state, struct br_plugin_picture *picture)
{
	struct detector *detector = state;
	const uint8_t *pixels = picture->look(picture);
	float *const outputs[] = {detector->scores, detector->scores + COARSE, detector->boxes[0],
	                          detector->boxes[COARSE]};
	struct face face[FACES_MOST];
	char why[BR_PLUGIN_WHY_MAX] = "";
	int count;

	if (!pixels)
		return BR_PLUGIN_FAIL;
	model_sample(&form, picture, pixels, detector->pixels);
	if (model_run(detector->model, 1, detector->pixels, outputs, why, sizeof(why))) {
		picture->explain(picture, why);
		return BR_PLUGIN_FAIL;
	}
	count = find(detector, face);
	picture->tell_number(picture, "faces", count);
	picture->tell_number(picture, "score", best_of(detector));
	if (count > 0) {
		picture->tell_number(picture, "left", face[0].left);
		picture->tell_number(picture, "top", face[0].top);
		picture->tell_number(picture, "width", face[0].width);
		picture->tell_number(picture, "height", face[0].height);
	}
	picture->explain(picture, "no face is in it");
	return count == 0 && detector->drops ? BR_PLUGIN_DROP : BR_PLUGIN_KEEP;
}

const struct br_plugin br_plugin_entry = {
    .abi = BR_PLUGIN_ABI, .name = "faces", .init = start, .pixels = look, .free = stop};
