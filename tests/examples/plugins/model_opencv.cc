/* model_opencv.cc - model.h by OpenCV's dnn module. */
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include "model.h"

struct model {
	const struct model_form *form;
	cv::dnn::Net net;
	std::vector<std::string> outputs;
	std::vector<cv::Mat> made;
};

/* Nothing is thrown through C. */
static void tell(const std::exception &fault, char *why, unsigned size)
{
	(void)std::snprintf(why, size, "%s", fault.what());
}

static void forward(struct model *model, uint32_t count, float *pictures)
{
	const int64_t *side = model->form->shape;
	const int shape[] = {(int)count, (int)side[0], (int)side[1], (int)side[2]};

	model->net.setInput(cv::Mat(4, shape, CV_32F, pictures));
	model->net.forward(model->made, model->outputs);
	for (uint32_t i = 0; i < model->form->outputs; i++)
		if (model->made[i].total() != count * model->form->lengths[i])
			throw std::runtime_error(
			    "the model's outputs are not those of this plugin");
}

struct model *model_load(const char *path, const struct model_form *form, char *why, unsigned size)
{
	const size_t input =
	    form->together * (size_t)(form->shape[0] * form->shape[1] * form->shape[2]);
	struct model *model = nullptr;

	try {
		cv::setNumThreads(1); /* a worker has one CPU */
		model = new struct model;
		model->form = form;
		model->net = cv::dnn::readNetFromONNX(path);
		model->outputs = model->net.getUnconnectedOutLayersNames();
		if (model->outputs.size() != form->outputs)
			throw std::runtime_error(
			    "the model's outputs are not those of this plugin");
		/* once through, so that all is allocated that is allocated once */
		forward(model, form->together, std::vector<float>(input).data());
		return model;
	} catch (const std::exception &fault) {
		tell(fault, why, size);
		delete model;
		return nullptr;
	}
}

void model_free(struct model *model)
{
	delete model;
}

int model_run(struct model *model, uint32_t count, float *pictures, float *const outputs[],
              char *why, unsigned size)
{
	try {
		forward(model, count, pictures);
		for (uint32_t i = 0; i < model->form->outputs; i++)
			std::memcpy(outputs[i], model->made[i].data,
			            count * model->form->lengths[i] * sizeof(float));
		return 0;
	} catch (const std::exception &fault) {
		tell(fault, why, size);
		return -1;
	}
}
