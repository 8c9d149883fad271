/* nothing_plugin.c - a plugin that does nothing: what it costs to have one. */
#include <batchresize/plugin.h>

static int nothing(void *state, struct br_plugin_picture *picture)
{
	(void)state;
	(void)picture;
	return BR_PLUGIN_KEEP;
}

#ifndef TOGETHER
const struct br_plugin br_plugin_entry = {
    .abi = BR_PLUGIN_ABI, .name = "nothing", .pixels = nothing};
#else
static void nothing_of_all(void *state, struct br_plugin_picture *const *pictures, uint32_t count,
                           int *answers)
{
	for (uint32_t i = 0; i < count; i++)
		answers[i] = nothing(state, pictures[i]);
}

const struct br_plugin br_plugin_entry = {
    .abi = BR_PLUGIN_ABI, .name = "nothing", .batch = nothing_of_all, .together = TOGETHER};
#endif
