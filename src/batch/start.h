/* start.h - the executor of a run, and what is tried before there is work for it. */
#ifndef BATCH_START_H
#define BATCH_START_H

#include "batch/pump.h"

/* Of the mode auto: decides what stands in its place from what can be seen of the sources, and
 * tells the observer. */
void start_choose(struct pump *pump, struct br_batch_options *options);

/* Makes pump->executor, with as many workers as have something to do and memory to do it in. Each
 * returns 0, a positive code or a negative errno; *error says why. */
int start_executor(struct pump *pump, struct br_error *error);

/* Judges what is known of the plan's sources; of a stream's, those of the piece taken last. */
void start_settle(const struct pump *pump);

/* What is made sure of before anything is made:
 *
 * That the first output could be written: a directory that can't be is one error, not one an image,
 * unless none is to be made. What else is wrong with that output will be in its record.
 *
 * With `work`, that the directories of outputs which were not there before are locked, as
 * hold_take() does. Where another run has made them, and was waited for, its pictures are not made
 * once more.
 *
 * And pump->context->footing. Each call may ask a server: what can be asked at a time is. */
int start_ground(struct pump *pump, bool work, struct br_error *error);

#endif
