/* emptied.c - see emptied.h. */
#include "batch/emptied.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "batch/known.h"
#include "batch/tell.h"

static bool can_be_read(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	return fd >= 0;
}

static void tell(struct pump *pump, const char *path, uint64_t pictures)
{
	struct br_batch_record record = {
	    .source = path, .output = "", .status = BR_BATCH_FAILED, .mode = pump->options->mode};

	(void)br_error_set(&record.error, BR_ERROR_EMPTIED,
	                   "has no picture any more, of %llu that earlier runs found: is its disk "
	                   "mounted? if it is to be empty, say --force-empty",
	                   (unsigned long long)pictures);
	pump->outcome->emptied++;
	tell_unread_of(pump, &record);
	tell_notice_of(pump, BR_BATCH_SERIOUS, path, record.error.msg);
}

static void check(struct pump *pump, uint32_t directory)
{
	char path[PATH_MAX];
	uint64_t pictures;

	if (plan_directory(pump->plan, directory, path, sizeof(path)) < 0)
		return;
	pictures = known_held(pump->known, path);
	if (pictures > 0 && can_be_read(path) && !known_has_source(pump->known, path))
		tell(pump, path, pictures);
}

void emptied_check(struct pump *pump)
{
	const uint32_t *walked;
	const unsigned count = plan_walked(pump->plan, &walked);
	struct plan_ground *ground;
	uint32_t grounds;

	/* of a part, or of pieces, nobody knows what others hold */
	if (pump->options->force_empty || pump->filter || pump->streams || !pump->known)
		return;
	ground = plan_grounds(pump->plan, &grounds);
	for (unsigned i = 0; ground && i < count; i++)
		if (!ground[walked[i]].inhabited)
			check(pump, walked[i]);
	free(ground);
}
