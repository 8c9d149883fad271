/* admission.c - see admission.h. */
#include "exec/admission.h"

#include <errno.h>
#include <stdlib.h>

#include <batchresize/executor.h>

int admission_init(struct admission *admission, uint64_t limit, unsigned workers)
{
	*admission = (struct admission){.limit = limit, .workers = workers};
	admission->entry = calloc(workers, sizeof(*admission->entry));
	return admission->entry ? 0 : -ENOMEM;
}

void admission_release(struct admission *admission)
{
	free(admission->entry);
	admission->entry = NULL;
}

uint64_t admission_share(uint64_t limit, unsigned workers)
{
	return limit ? limit / workers : UINT64_MAX;
}

static void hold(struct admission *admission, struct admission_entry *entry, uint64_t bytes)
{
	admission->held += bytes - entry->held;
	entry->held = bytes;
}

void admission_begin(struct admission *admission, unsigned worker)
{
	if (admission->limit)
		hold(admission, &admission->entry[worker],
		     admission_share(admission->limit, admission->workers));
}

void admission_end(struct admission *admission, unsigned worker)
{
	struct admission_entry *entry = &admission->entry[worker];

	if (entry->asked)
		admission->waiting--;
	entry->asked = 0;
	hold(admission, entry, 0);
}

int admission_ask(struct admission *admission, unsigned worker, uint64_t bytes)
{
	struct admission_entry *entry = &admission->entry[worker];

	if (bytes > admission->limit)
		return -E2BIG;
	admission_end(admission, worker);
	entry->asked = bytes;
	entry->turn = admission->turns++;
	admission->waiting++;
	return 0;
}

int admission_grant(struct admission *admission)
{
	struct admission_entry *first = NULL;

	for (unsigned i = 0; admission->waiting && i < admission->workers; i++) {
		struct admission_entry *entry = &admission->entry[i];

		if (entry->asked && (!first || entry->turn < first->turn))
			first = entry;
	}
	if (!first || first->asked > admission->limit - admission->held)
		return -1;
	hold(admission, first, first->asked);
	first->asked = 0;
	admission->waiting--;
	return (int)(first - admission->entry);
}

bool admission_closed(const struct admission *admission)
{
	const uint64_t share = admission_share(admission->limit, admission->workers);

	return admission->limit &&
	       (admission->waiting > 0 || admission->held + share > admission->limit);
}

int br_executor_admit(struct br_slot *slot, uint64_t bytes)
{
	if (bytes <= slot->share)
		return 0;
	return slot->ask(slot, bytes);
}
