/* lab.h - the laboratory: measures this machine, and pictures of the user's own on it.
 *
 * What is said of Python's pools in general is measured here, of our pools and beside them of
 * Python's own: starts, memory, messages, data handed over, simple tasks; and what the pictures
 * take in all modes. Each measurement is made in a child process that is gone behind it. Sources
 * are only read; what is made of them goes to a directory of its own, which is removed at the end,
 * also when a signal comes.
 *
 * For a process with one thread, which it still has at the end.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/batch.h>

/* A figure that could not be measured is NAN. */
enum lab_unit {
	LAB_US,    /* microseconds */
	LAB_MS,    /* milliseconds */
	LAB_S,     /* seconds */
	LAB_MB,    /* megabytes: 1,000,000 bytes */
	LAB_RATE,  /* a second */
	LAB_SHARE, /* 1: all */
	LAB_UNITS
};

#define LAB_COLUMNS 5
#define LAB_ROWS    48
#define LAB_NAME    56

struct lab_row {
	char name[LAB_NAME];
	enum lab_unit unit[LAB_COLUMNS];
	double value[LAB_COLUMNS];
};

struct lab_table {
	const char *id, *title;
	const char *first; /* of the column of names */
	const char *column[LAB_COLUMNS];
	unsigned columns;
	unsigned rows;
	struct lab_row row[LAB_ROWS];
};

/* How pictures were made, and what came of it. */
struct lab_run {
	enum br_executor_mode mode;
	unsigned jobs, io_threads; /* 0: as by default */
	double seconds; /* of the whole run, the start included; the least of all passes */
	double cpu;     /* seconds of all processes, in the same run */
	uint64_t made;
};

#define LAB_RUNS 32

/* What a picture takes, by itself, on the mean; ms. */
struct lab_stages {
	double read, decode, resize, encode, publish;
	uint64_t pictures; /* that were made of those that were tried; 0: the others say nothing */
	uint64_t tried;
	double seconds;
};

struct lab_advice {
	bool given;
	struct lab_run run; /* that is to be taken */
	double waiting;     /* the share of a picture's time that goes to files */
	char why[256];
	char lost[320];
};

struct lab {
	unsigned cpus;
	uint64_t memory;        /* bytes */
	double load;            /* the last minute's average when it began, or NAN */
	bool python;            /* it is there, and was measured */
	uint64_t found, chosen; /* pictures; those that were measured */
	bool more;              /* not all directories were looked through */
	struct lab_table pools, handover, tasks, stages, runs;
	struct lab_run run[LAB_RUNS];
	unsigned run_count;
	unsigned passes;
	struct lab_advice advice;
};

struct lab_options {
	const struct br_batch_options
	    *batch; /* sources, sizes, format; jobs: the most that are tried */
	void (*tell)(void *ctx, const char *what); /* what is measured now */
	void *ctx;
};

/* Measures. Returns 0; BR_ERROR_CANCELLED when a signal ended it, *signal then; another code or
 * negative errno when a source can't be read or nothing can be written. Sources without a picture
 * are no error: lab->found is 0. */
int lab_measure(const struct lab_options *options, struct lab *lab, int *signal,
                struct br_error *error);

#endif
