/* io_control.c - see io_control.h. */
#include "exec/io_control.h"

/* How many times as many are tried: a file server far away takes up to a hundred at a time, and a
 * run may be over in a second. Fewer are tried in the same steps. */
#define STEP 4

/* What a change must bring to be kept, and what it may cost before it is taken for harm: samples of
 * a busy machine differ by as much without any change. */
#define GAIN 1.15
#define LOSS 0.9

/* Samples without a trial, after one that was in vain. */
#define REST_LEAST 8
#define REST_MOST  128

/* For how long all must have been busy, ns: local calls take less, also where the CPUs have much to
 * do beside; those of a server far away take more. */
#define BUSY_NS 15000000U

/* For one part of so many of that time some may not have been. */
#define IDLE_PART 2

/* Of an opened file, bytes. */
#define OPENED ((uint64_t)64 << 10)

static void note_idle(struct io_watch *watch, const struct io_look *look)
{
	if (watch->idle_since != 0)
		watch->idle += look->now - watch->idle_since;
	watch->idle_since = look->busy ? 0 : look->now;
	if (watch->since != 0 && watch->idle > (look->now - watch->since) / IDLE_PART)
		watch->since = 0;
}

bool io_watch_look(struct io_watch *watch, const struct io_look *look, unsigned limit,
                   struct io_sample *sample, uint64_t *deadline)
{
	note_idle(watch, look);
	if (!look->busy)
		return false;
	if (watch->since == 0)
		*watch = (struct io_watch){
		    .since = look->now, .served = look->served, .work = look->work};
	if (look->served - watch->served < limit)
		return false;
	if (look->now - watch->since < BUSY_NS) {
		if (*deadline > watch->since + BUSY_NS)
			*deadline = watch->since + BUSY_NS;
		return false;
	}
	*sample =
	    (struct io_sample){.ns = look->now - watch->since, .work = look->work - watch->work};
	watch->since = 0;
	return true;
}

struct io_control io_control_start(unsigned least, unsigned most)
{
	return (struct io_control){
	    .least = least, .most = most, .limit = least, .caution = REST_LEAST};
}

uint64_t io_work(uint64_t bytes)
{
	return 1 + bytes / OPENED;
}

/* `limit` is on trial, against what there is now. */
static void try_limit(struct io_control *control, unsigned limit, double rate)
{
	control->tried_from = control->limit;
	control->rate_before = rate;
	control->limit = limit;
}

static void try_more(struct io_control *control, double rate)
{
	const unsigned more =
	    control->limit > control->most / STEP ? control->most : control->limit * STEP;

	control->tried_from = 0;
	if (control->limit < control->most)
		try_limit(control, more, rate);
}

static void try_fewer(struct io_control *control, double rate)
{
	const unsigned fewer = control->limit / STEP > 1 ? control->limit / STEP : 1;

	control->tried_from = 0;
	if (control->limit > 1)
		try_limit(control, fewer, rate);
}

static void rest(struct io_control *control)
{
	control->tried_from = 0;
	control->rest = control->caution;
	if (control->caution < REST_MOST)
		control->caution *= 2;
}

static void take_back(struct io_control *control)
{
	control->limit = control->tried_from;
	rest(control);
}

/* What the limit that was tried has brought. */
static void judge(struct io_control *control, double rate)
{
	const double gain = control->rate_before > 0 ? rate / control->rate_before : GAIN;
	const bool grown = control->limit > control->tried_from;

	if (grown && gain >= GAIN) {
		control->caution = REST_LEAST;
		try_more(control, rate);
	} else if (grown && gain < LOSS) {
		/* the others were in the way of each other: perhaps those before were, too */
		const double before = control->rate_before;

		control->limit = control->tried_from;
		try_fewer(control, before);
	} else if (!grown && gain >= GAIN) {
		try_fewer(control, rate);
	} else if (!grown && gain >= LOSS) {
		rest(control); /* as good, and less */
	} else {
		take_back(control);
	}
}

unsigned io_control_sample(struct io_control *control, const struct io_sample *sample)
{
	const double rate = (double)sample->work / (double)sample->ns;

	if (control->least == control->most)
		return control->limit;
	if (control->tried_from)
		judge(control, rate);
	else if (control->rest > 0)
		control->rest--;
	else
		try_more(control, rate);
	return control->limit;
}
