/* model.h - what the plugins that infer ask of a library: ONNX Runtime or OpenCV, of which the
 * build takes what is there. */
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <batchresize/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MODEL_OUTPUTS_MAX 4

/* What a model is expected to be. */
struct model_form {
	/* Of a picture: height, width, 3, or 3, height, width, as its numbers stand. */
	int64_t shape[3];
	float black, white;                /* what they are of a sample of 0, and of 255 */
	uint32_t outputs;                  /* how many, in the model's order */
	size_t lengths[MODEL_OUTPUTS_MAX]; /* numbers of each, for one picture */
	uint32_t together;                 /* pictures at a time at most */
};

/* A picture's pixels as the model wants them: one for each of its own, of gray ones three times. */
void model_sample(const struct model_form *form, const struct br_plugin_picture *picture,
                  const uint8_t *pixels, float *to);

struct model;

/* Loads it from the file, for one CPU. The form must outlive the model. Returns NULL, with the
 * reason in why (of that size), if it can't be loaded. */
struct model *model_load(const char *path, const struct model_form *form, char *why, unsigned size);
void model_free(struct model *model);

/* Runs it once for `count` pictures, 1 to form->together, which stand one after the other, as they
 * do in outputs[i], lengths[i] numbers each. Returns 0, or -1 with the reason in why. */
int model_run(struct model *model, uint32_t count, float *pictures, float *const outputs[],
              char *why, unsigned size);

#ifdef __cplusplus
}
#endif

#endif
