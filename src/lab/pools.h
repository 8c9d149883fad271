/* pools.h - what pools cost on this machine: starts, memory, messages, data handed over, and some
 * simple tasks. Private to the laboratory. */
#ifndef LAB_POOLS_H
#define LAB_POOLS_H

#include "lab/lab.h"

/* Each fills its table's column of ours, in a child process. */
void pools_measure(struct lab_table *table);
void handover_measure(struct lab_table *table);
void tasks_measure(struct lab_table *table);

/* Python's columns of all three. False: there is none that works. */
bool python_measure(struct lab *lab);

/* The rows, by number. */
enum {
	POOLS_START_THREAD,
	POOLS_START_WORKER,
	POOLS_START_PROCESS,
	POOLS_MEMORY_THREAD,
	POOLS_MEMORY_WORKER,
	POOLS_MEMORY_PROCESS,
	POOLS_TRIP_THREAD,
	POOLS_TRIP_PROCESS,
	POOLS_ROWS
};
enum { HANDOVER_1, HANDOVER_10, HANDOVER_100, HANDOVER_ROWS };
enum { TASKS_SLEEP, TASKS_SQUARES, TASKS_SMALL, TASKS_ROWS };

/* The columns. */
enum { POOLS_OURS, POOLS_PYTHON };
enum { HANDOVER_COPY, HANDOVER_PIPE, HANDOVER_SHARED, HANDOVER_PYTHON };
enum { TASKS_SERIAL, TASKS_THREAD, TASKS_PROCESS, TASKS_PYTHON_THREAD, TASKS_PYTHON_PROCESS };

#endif
