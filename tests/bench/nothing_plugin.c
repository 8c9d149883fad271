/* nothing_plugin.c - a plugin that does nothing: what it costs to have one. */
#include <batchresize/plugin.h>

static int nothing(void *state, struct br_plugin_picture *picture)
{
	(void)state;
	(void)picture;
	return BR_PLUGIN_KEEP;
}

const struct br_plugin br_plugin_entry = {
    .abi = BR_PLUGIN_ABI, .name = "nothing", .pixels = nothing};
