/* stages.h - what each stage of an image's task does. */
#ifndef BATCH_STAGES_H
#define BATCH_STAGES_H

#include <batchresize/executor.h>

/* Of a struct task_job and a struct task_outcome; the context is a struct task_context. */
extern const struct br_task_ops task_image_ops;

#endif
