/* main.c - batchresize: options -> a run -> an exit status.
 *
 * include/batchresize/   the public contract: error, buffer, image, executor, batch
 * src/cli/               the option table: parsing, help, man page, completions
 * src/watch/             runs again and again, over what comes into the directories
 * src/queue/             runs over what comes through a stream of a Redis server
 * src/batch/             a run: feeds a plan to an executor, results to an observer; signals
 * src/auto/              what --mode=auto sees of the sources, and what it makes of that
 * src/lab/               measures this machine and the user's pictures on it; advises a mode
 * src/plan/              which source goes to which output, and what collides
 * src/fetch/             sources that are URLs: from a server to a file without a name
 * src/redis/             a Redis server: connections, and pictures that lie under its keys
 * src/state/             what a run keeps below its output directory for the next one
 * src/exec/              serial, thread, process, hybrid and auto executors; knows no images
 * src/image/             one image, bytes in -> bytes out; over pipeline/ and libvips/, jpeg/, png/
 *                        and what they stand on; their words are explained in picture/picture.h
 * src/plugin/            a task of the user's own, which each picture is shown to
 * src/io/                reads a source whole, publishes an output whole or not at all
 * src/report/            the observer: bar, errors, summary, JSON lines; what is printed
 * src/html/              pages to look at, without network or script: a run's, the laboratory's
 * src/text/              text in the making: numbers and names for people, JSON
 * src/base/              errors, buffers, clock, limits of this process
 *
 * Arrows: main -> cli, report, watch, queue; queue -> report, text, redis, batch (by its public
 * header); watch -> batch, plan; batch -> auto, plan, state, exec, image, io, fetch, redis, plugin;
 * plan -> state, io, fetch, redis; fetch -> io, redis; state, report -> io; report -> html, lab;
 * report, html, lab -> text; lab -> html; html -> io; cli, html -> fetch; cli -> redis; all ->
 * base.
 */
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"
#include "queue/queue.h"
#include "report/laboratory.h"
#include "report/poison.h"
#include "report/streams.h"

static int run(const struct cli *cli, struct br_batch_outcome *outcome, struct br_error *error)
{
	struct report *report;
	int status = report_new(&report, &cli->report, error);

	if (status) {
		report_error(error);
		return status == BR_ERROR_USAGE ? REPORT_EXIT_USAGE : REPORT_EXIT_RUN;
	}
	if (cli->queue.url)
		status =
		    queue_run(&cli->queue, &cli->batch, report_observer(report), outcome, error);
	else if (cli->watch)
		status = br_batch_watch(&cli->batch, cli->watch_interval_ms,
		                        report_observer(report), outcome, error);
	else
		status = br_batch_run(&cli->batch, report_observer(report), outcome, error);
	status = report_finish(report, status, outcome, error);
	report_free(report);
	return status;
}

int main(int argc, char **argv)
{
	struct br_batch_outcome outcome = {0};
	struct br_error error;
	struct cli cli;
	int status = REPORT_EXIT_USAGE;

	streams_prepare();
	if (cli_parse(&cli, argc, argv, &error) || cli_check_streams(&cli, &error)) {
		report_error(&error);
		if (error.code == BR_ERROR_MEMORY)
			status = REPORT_EXIT_RUN;
	} else if (cli.action == CLI_RUN) {
		status = run(&cli, &outcome, &error);
	} else if (cli.action == CLI_LIST_POISON) {
		status = poison_list(&cli.batch, &cli.report);
	} else if (cli.action == CLI_LAB) {
		status = laboratory(&cli.batch, &cli.report,
		                    cli.json       ? LABORATORY_JSON
		                    : cli.markdown ? LABORATORY_MARKDOWN
		                                   : LABORATORY_TEXT);
	} else {
		cli_print(&cli, stdout);
		status = streams_finish();
	}
	if (status > 128) { /* a shell sees the signal, and ends its loop at ^C */
		(void)signal(status - 128, SIG_DFL);
		(void)raise(status - 128);
	}
	if (outcome.left_behind > 0)
		_exit(status); /* handlers of exit(3) would run beside threads that hang */
	cli_release(&cli);
	return status;
}
