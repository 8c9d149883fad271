/* options.c - defaults and names of a batch. */
#include <batchresize/batch.h>

struct batch_options batch_options_default(void)
{
	return (struct batch_options){
	    .existing = BATCH_EXISTING_OVERWRITE,
	    .image = image_options_default(),
	    .mode = EXECUTOR_PROCESS,
	    .timeout_ms = 60000,
	    .retries = 1,
	};
}

const char *batch_status_name(enum batch_status status)
{
	static const char *const names[BATCH_STATUSES] = {
	    [BATCH_OK] = "ok",           [BATCH_SKIPPED] = "skipped",
	    [BATCH_FAILED] = "failed",   [BATCH_CRASHED] = "crashed",
	    [BATCH_TIMEOUT] = "timeout", [BATCH_CANCELLED] = "cancelled",
	    [BATCH_PLANNED] = "planned",
	};

	return (unsigned)status < BATCH_STATUSES ? names[status] : "unknown";
}
