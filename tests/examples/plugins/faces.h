/* faces.h - what faces.c asks of a library for inference: ONNX Runtime or OpenCV, of which the
 * build takes what is there. */
#ifndef FACES_H
#define FACES_H

#ifdef __cplusplus
extern "C" {
#endif

#define FACES_SIDE   128 /* pixels of the model's picture, across and down */
#define FACES_INPUT  (FACES_SIDE * FACES_SIDE * 3)
#define FACES_COARSE 512 /* places that it looks for faces at: two for each of 16x16 */
#define FACES_FINE   384 /* and six for each of 8x8, for larger ones */
#define FACES_ALL    (FACES_COARSE + FACES_FINE)
#define FACES_BOX    16 /* numbers of a place: where and how large, and six points of the face */

struct faces_model;

/* NULL, with the reason in why (of that size), if it can't be loaded. */
struct faces_model *faces_model_load(const char *path, char *why, unsigned size);
void faces_model_free(struct faces_model *model);

/* Scores (logits) and boxes of all places. pixels: RGB, line after line, each from -1 to 1. Returns
 * 0, or -1 with the reason in why. */
int faces_model_run(struct faces_model *model, float pixels[FACES_INPUT], float scores[FACES_ALL],
                    float boxes[FACES_ALL][FACES_BOX], char *why, unsigned size);

#ifdef __cplusplus
}
#endif

#endif
