/* report_private.h - what report.c and finish.c share. Private to them. */
#ifndef REPORT_PRIVATE_H
#define REPORT_PRIVATE_H

#include "report/details.h"
#include "report/failed_list.h"
#include "report/lines.h"
#include "report/log.h"
#include "report/metrics.h"
#include "report/notify.h"
#include "report/page.h"
#include "report/report.h"
#include "report/sink.h"
#include "report/srcset.h"

struct report {
	struct report_options options;
	struct br_batch_observer observer;
	struct log log;
	struct notify notify;
	struct sink out;    /* stdout: paths, the plan */
	struct sink ndjson; /* may be on stdout's descriptor too */
	int ndjson_file;    /* to be closed; -1 if it is stdout or none */
	bool shared;        /* other runs write the same report */
	struct failed_list failed;
	struct srcset srcset;
	struct metrics metrics;
	struct page page;
	struct terminal out_terminal;
	struct tally tally;
	struct details details;
	bool started;
	struct br_batch_options batch; /* of the run that has started */
	bool mirrored;                 /* paths of named files stand below its --output */
	struct run run;
	bool pipe;            /* the run is one image from stdin to stdout */
	bool broken;          /* nobody reads our stdout any more */
	bool told;            /* of a sink that can't be written to */
	bool waits;           /* it has been told that directories are watched */
	uint64_t waited_at;   /* images done when the service manager was told so last */
	struct br_error last; /* failure that was told */
	uint64_t notices;     /* serious ones */
};

/* "batchresize: " and the error's text. */
void report_tell_error(struct report *report, const struct br_error *error);

/* Has the report's file be all that it will be: on the disk too, with --fsync. */
void report_end_ndjson(struct report *report);

/* Whether all that is written can be. Says once what can't; returns 0, or the value that stops the
 * run. */
int report_judge(struct report *report);

#endif
