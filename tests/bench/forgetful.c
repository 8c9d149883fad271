/* forgetful.c - takes the place of known_is_wanted() of batch/known.h by a word to the linker: the
 * program that is made so is the same, but remembers nothing. What remembering costs is the
 * difference.
 */
#include "batch/known.h"

bool forgetful(const struct br_batch_options *options);

bool forgetful(const struct br_batch_options *options)
{
	(void)options;
	return false;
}
