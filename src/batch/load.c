/* load.c - see load.h. */
#include "batch/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "batch/tell.h"

#define LOOK_NS NS_PER_S

static void tell_closed(struct pump *pump, double average)
{
	char text[120];

	(void)snprintf(text, sizeof(text),
	               "the load average is %.2f, over %g: no new pictures until it falls", average,
	               pump->options->load_limit);
	tell_notice_of(pump, pump->load.told ? BR_BATCH_REMARK : BR_BATCH_WARNING, "--load-limit",
	               text);
	pump->load.told = true;
}

static void tell_open(struct pump *pump, double average)
{
	char text[80];

	(void)snprintf(text, sizeof(text), "the load average is %.2f: it goes on", average);
	tell_notice_of(pump, BR_BATCH_REMARK, "--load-limit", text);
}

bool load_permits(struct pump *pump)
{
	struct load *load = &pump->load;
	const uint64_t now = clock_ns();
	double average;

	if (pump->options->load_limit <= 0 || (load->looked && now - load->looked < LOOK_NS))
		return !load->closed;
	load->looked = now;
	if (getloadavg(&average, 1) != 1)
		return true;
	const bool closed = average > pump->options->load_limit;

	if (closed && !load->closed)
		tell_closed(pump, average);
	else if (!closed && load->closed)
		tell_open(pump, average);
	load->closed = closed;
	return !closed;
}
