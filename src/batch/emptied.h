/* emptied.h - a source directory that held pictures when an earlier run was at it, and holds none
 * now: most likely its disk is not mounted, and a run that ended well for having nothing to do
 * would hide that.
 */
#ifndef BATCH_EMPTIED_H
#define BATCH_EMPTIED_H

#include "batch/pump.h"

/* Tells of each that was walked for the plan, which is whole and complete, unless it is meant to be
 * so; outcome->emptied. What can't be opened has been told of already. */
void emptied_check(struct pump *pump);

#endif
