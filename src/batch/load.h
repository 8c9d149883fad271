/* load.h - no new pictures while the machine has much to do: --load-limit. */
#ifndef BATCH_LOAD_H
#define BATCH_LOAD_H

#include "batch/pump.h"

/* Whether pictures may be begun: the load average of the last minute, looked at once a second, is
 * not over the limit. The first time that it is, a warning says so. */
bool load_permits(struct pump *pump);

#endif
