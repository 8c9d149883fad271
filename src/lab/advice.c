/* advice.c - see advice.h. */
#include "lab/advice.h"

#include <math.h>
#include <stdio.h>

/* Runs that differ by less are as quick as each other. */
#define AS_GOOD 1.05

/* From this share on a picture's time goes to files rather than to computing. */
#define WAITS 0.5

void advice_options(const struct lab_run *run, char *text, size_t size)
{
	const char *mode = br_executor_mode_name(run->mode);

	if (run->io_threads > 0)
		(void)snprintf(text, size, "--mode=%s -j %u --io-threads %u", mode, run->jobs,
		               run->io_threads);
	else
		(void)snprintf(text, size, "--mode=%s -j %u", mode, run->jobs);
}

static bool isolates(const struct lab_run *run)
{
	return run->mode >= BR_EXECUTOR_PROCESS;
}

static const struct lab_run *quickest(const struct lab *lab, bool isolated)
{
	const struct lab_run *best = NULL;

	for (unsigned i = 0; i < lab->run_count; i++) {
		const struct lab_run *run = &lab->run[i];

		if (run->seconds > 0 && run->made > 0 && (!isolated || isolates(run)) &&
		    (!best || run->seconds < best->seconds))
			best = run;
	}
	return best;
}

/* How much has to be said and had for it. */
static unsigned asks(const struct lab_run *run)
{
	return run->jobs * 4 + (run->io_threads > 0 ? 2 : 0) +
	       (run->mode != BR_EXECUTOR_PROCESS ? 1 : 0);
}

static const struct lab_run *choose(const struct lab *lab, const struct lab_run *best)
{
	const struct lab_run *chosen = best;

	for (unsigned i = 0; i < lab->run_count; i++) {
		const struct lab_run *run = &lab->run[i];

		if (isolates(run) && run->seconds > 0 && run->made >= best->made &&
		    run->seconds <= best->seconds * AS_GOOD && asks(run) < asks(chosen))
			chosen = run;
	}
	return chosen;
}

static void say_why(struct lab *lab, const struct lab_stages *stages)
{
	struct lab_advice *advice = &lab->advice;
	const double files = stages->read + stages->publish;
	const double all = files + stages->decode + stages->resize + stages->encode;

	advice->waiting = all > 0 ? files / all : (double)NAN;
	if (advice->waiting >= WAITS)
		(void)snprintf(advice->why, sizeof(advice->why),
		               "%.0f %% of a picture's time goes to reading and writing files: "
		               "waiting, for which threads are right",
		               advice->waiting * 100);
	else
		(void)snprintf(
		    advice->why, sizeof(advice->why),
		    "%.0f %% of a picture's time goes to computing: work for a CPU each, "
		    "in processes, which crash alone",
		    (1 - advice->waiting) * 100);
}

static void say_lost(struct lab *lab)
{
	struct lab_advice *advice = &lab->advice;
	const struct lab_run *worst = NULL, *any = quickest(lab, false);
	char name[64], other[64], quicker[160] = "";

	for (unsigned i = 0; i < lab->run_count; i++)
		if (lab->run[i].seconds > 0 && (!worst || lab->run[i].seconds > worst->seconds))
			worst = &lab->run[i];
	if (!worst)
		return;
	advice_options(worst, name, sizeof(name));
	if (any && any->seconds * AS_GOOD < advice->run.seconds) {
		advice_options(any, other, sizeof(other));
		(void)snprintf(quicker, sizeof(quicker),
		               "; %s is %.2f times as quick, but there a crash ends the run", other,
		               advice->run.seconds / any->seconds);
	}
	(void)snprintf(advice->lost, sizeof(advice->lost),
	               "The slowest, %s, takes %.2f times as long%s", name,
	               worst->seconds / advice->run.seconds, quicker);
}

void advice_take(struct lab *lab, const struct lab_stages *stages)
{
	const struct lab_run *best = quickest(lab, true);

	lab->advice = (struct lab_advice){0};
	if (!best)
		return;
	lab->advice.given = true;
	lab->advice.run = *choose(lab, best);
	say_why(lab, stages);
	say_lost(lab);
}
