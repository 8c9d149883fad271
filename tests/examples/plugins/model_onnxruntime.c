/* model_onnxruntime.c - model.h by ONNX Runtime. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <onnxruntime_c_api.h>

#include "model.h"

struct model {
	const struct model_form *form;
	const OrtApi *ort;
	OrtEnv *env;
	OrtSession *session;
	OrtMemoryInfo *memory;
	char *input, *output[MODEL_OUTPUTS_MAX]; /* their names */
};

/* Whether it went wrong; frees what says so. */
static int failed(const struct model *model, OrtStatus *status, char *why, unsigned size)
{
	if (!status)
		return 0;
	(void)snprintf(why, size, "%s", model->ort->GetErrorMessage(status));
	model->ort->ReleaseStatus(status);
	return 1;
}

/* Debian's 1.21 writes a thousand lines about schemas that are registered twice. */
static OrtStatus *read_quietly(struct model *model, const char *path,
                               const OrtSessionOptions *options)
{
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	OrtStatus *status;

	if (null >= 0 && kept >= 0)
		(void)dup2(null, STDERR_FILENO);
	status = model->ort->CreateSession(model->env, path, options, &model->session);
	if (kept >= 0)
		(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	(void)close(null);
	return status;
}

/* A worker has one CPU. */
static OrtStatus *open_session(struct model *model, const char *path)
{
	OrtSessionOptions *options;
	OrtStatus *status = model->ort->CreateSessionOptions(&options);

	if (status)
		return status;
	status = model->ort->SetIntraOpNumThreads(options, 1);
	if (!status)
		status = model->ort->SetInterOpNumThreads(options, 1);
	if (!status)
		status = read_quietly(model, path, options);
	model->ort->ReleaseSessionOptions(options);
	return status;
}

static OrtStatus *read_names(struct model *model)
{
	OrtAllocator *allocator;
	OrtStatus *status = model->ort->GetAllocatorWithDefaultOptions(&allocator);

	if (!status)
		status =
		    model->ort->SessionGetInputName(model->session, 0, allocator, &model->input);
	for (size_t i = 0; i < model->form->outputs && !status; i++)
		status = model->ort->SessionGetOutputName(model->session, i, allocator,
		                                          &model->output[i]);
	return status;
}

struct model *model_load(const char *path, const struct model_form *form, char *why, unsigned size)
{
	struct model *model = calloc(1, sizeof(*model));
	OrtStatus *status;

	if (!model)
		return NULL;
	model->form = form;
	model->ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
	status = model->ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "plugin", &model->env);
	if (!status)
		status = open_session(model, path);
	if (!status)
		status = read_names(model);
	if (!status)
		status = model->ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault,
		                                         &model->memory);
	if (!failed(model, status, why, size))
		return model;
	model_free(model);
	return NULL;
}

void model_free(struct model *model)
{
	if (model->memory)
		model->ort->ReleaseMemoryInfo(model->memory);
	if (model->session)
		model->ort->ReleaseSession(model->session);
	if (model->env)
		model->ort->ReleaseEnv(model->env);
	free(model);
}

/* Copies a tensor of so many numbers, and frees it. */
static OrtStatus *take(const struct model *model, OrtValue *value, float *to, size_t count)
{
	OrtTensorTypeAndShapeInfo *info = NULL;
	size_t there = 0;
	void *data = NULL;
	OrtStatus *status = model->ort->GetTensorTypeAndShape(value, &info);

	if (!status)
		status = model->ort->GetTensorShapeElementCount(info, &there);
	if (!status && there != count)
		status = model->ort->CreateStatus(
		    ORT_FAIL, "the model's outputs are not those of this plugin");
	if (!status)
		status = model->ort->GetTensorMutableData(value, &data);
	if (!status)
		memcpy(to, data, count * sizeof(*to));
	if (info)
		model->ort->ReleaseTensorTypeAndShapeInfo(info);
	return status;
}

int model_run(struct model *model, uint32_t count, float *pictures, float *const outputs[],
              char *why, unsigned size)
{
	const struct model_form *form = model->form;
	const int64_t shape[] = {count, form->shape[0], form->shape[1], form->shape[2]};
	const size_t numbers = count * (size_t)(shape[1] * shape[2] * shape[3]);
	const char *const inputs[] = {model->input};
	OrtValue *input = NULL, *made[MODEL_OUTPUTS_MAX] = {NULL};
	OrtStatus *status = model->ort->CreateTensorWithDataAsOrtValue(
	    model->memory, pictures, numbers * sizeof(float), shape, 4,
	    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input);

	if (!status)
		status =
		    model->ort->Run(model->session, NULL, inputs, (const OrtValue *const *)&input,
		                    1, (const char *const *)model->output, form->outputs, made);
	for (uint32_t i = 0; i < form->outputs; i++) {
		if (!status)
			status = take(model, made[i], outputs[i], count * form->lengths[i]);
		if (made[i])
			model->ort->ReleaseValue(made[i]);
	}
	if (input)
		model->ort->ReleaseValue(input);
	return failed(model, status, why, size) ? -1 : 0;
}
