/* tell.h - what the observer of a run is told, and the counts that it is told with. */
#ifndef BATCH_TELL_H
#define BATCH_TELL_H

#include "batch/pump.h"

/* How long the pump sleeps at most before it looks at signals and lets the observer tick, ms. */
#define TELL_TICK_MS 100

/* Counts a finished image whose source has so many bytes, and tells of it. What the observer
 * answers first goes to outcome->stopped. */
void tell_finished(struct pump *pump, const struct br_batch_record *record, uint64_t bytes);

void tell_notice_of(struct pump *pump, enum br_batch_weight weight, const char *path,
                    const char *text);

/* A notice of the plan; ctx is the pump. */
void tell_notice(void *ctx, bool serious, const char *path, const char *text);

/* A line of a list that is none; ctx is the pump. */
void tell_malformed(void *ctx, uint64_t entry, const char *text);

/* What the plan can't read; ctx is the pump. */
void tell_unread(void *ctx, const char *path, size_t root, int sys_errno, const char *text);
/* The record of a directory, see br_batch_observer.unread. */
void tell_unread_of(const struct pump *pump, const struct br_batch_record *record);

/* See br_batch_observer.pruned. */
void tell_pruned(struct pump *pump, const struct br_batch_record *record);

/* One of known.h. ctx is the pump. */
void tell_state(void *ctx, const char *path, const char *text);

/* One of the sweeper. A temporary that stays is a nuisance, each night perhaps, and no picture's
 * loss. */
void tell_temporary(void *ctx, bool left, const char *path, const char *text);

/* While sources are looked for: answers who asked how far that is. ctx is the pump. Returns
 * -ECANCELED if a signal or the time limit ends it. */
int tell_found(void *ctx, size_t found);

/* Lets the observer tick when it is time, and answers who asked how far the run is. */
void tell_tick(struct pump *pump);

/* Work begins. */
void tell_started(struct pump *pump);

/* Brings progress up to date: the time, and the executor's crashes and timeouts. */
void tell_count_time(struct pump *pump);
void tell_count_attempts(struct pump *pump);

#endif
