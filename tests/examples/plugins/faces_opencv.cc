/* faces_opencv.cc - the model of faces.h by OpenCV's dnn module. */
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include "faces.h"

struct faces_model {
	cv::dnn::Net net;
	std::vector<std::string> outputs;
	std::vector<cv::Mat> made;
};

/* Nothing is thrown through C. */
static void tell(const std::exception &fault, char *why, unsigned size)
{
	(void)std::snprintf(why, size, "%s", fault.what());
}

struct faces_model *faces_model_load(const char *path, char *why, unsigned size)
{
	faces_model *model = nullptr;

	try {
		cv::setNumThreads(1); /* a worker has one CPU */
		model = new faces_model;
		model->net = cv::dnn::readNetFromONNX(path);
		model->outputs = model->net.getUnconnectedOutLayersNames();
		if (model->outputs.size() != 4)
			throw std::runtime_error(
			    "the model has not four outputs: it is not BlazeFace");
		/* once through, so that all is allocated that is allocated once */
		const int shape[] = {1, FACES_SIDE, FACES_SIDE, 3};

		model->net.setInput(cv::Mat(4, shape, CV_32F, cv::Scalar(0)));
		model->net.forward(model->made, model->outputs);
		return model;
	} catch (const std::exception &fault) {
		tell(fault, why, size);
		delete model;
		return nullptr;
	}
}

void faces_model_free(struct faces_model *model)
{
	delete model;
}

int faces_model_run(struct faces_model *model, float pixels[FACES_INPUT], float scores[FACES_ALL],
                    float boxes[FACES_ALL][FACES_BOX], char *why, unsigned size)
{
	const int shape[] = {1, FACES_SIDE, FACES_SIDE, 3};
	const size_t places[] = {FACES_COARSE, FACES_FINE};

	try {
		model->net.setInput(cv::Mat(4, shape, CV_32F, pixels));
		model->net.forward(model->made, model->outputs);
		for (unsigned i = 0, at = 0; i < 2; at += FACES_COARSE, i++) {
			if (model->made[i].total() != places[i] ||
			    model->made[i + 2].total() != places[i] * FACES_BOX)
				throw std::runtime_error("the model's outputs are not BlazeFace's");
			std::memcpy(scores + at, model->made[i].data, places[i] * sizeof(float));
			std::memcpy(boxes[at], model->made[i + 2].data,
			            places[i] * FACES_BOX * sizeof(float));
		}
		return 0;
	} catch (const std::exception &fault) {
		tell(fault, why, size);
		return -1;
	}
}
