/* plugin.c - what a run has of its plugin: the file, its arguments, and what workers tell of it. */
#include "plugin/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "plugin/entry.h"
#include "plugin/plugin_parts.h"

/* A path with a slash is no name that is looked for elsewhere. */
static int find_file(const char *option, const char *comma, char path[PATH_MAX],
                     struct br_error *error)
{
	const size_t length = comma ? (size_t)(comma - option) : strlen(option);
	char name[PATH_MAX];
	struct stat st;

	if (length == 0)
		return br_error_set(error, BR_ERROR_USAGE, "--plugin needs a file");
	if (length >= sizeof(name))
		return br_error_set(error, BR_ERROR_USAGE, "--plugin: the path is too long");
	memcpy(name, option, length);
	name[length] = '\0';
	if (!realpath(name, path) || stat(path, &st) != 0)
		return br_error_set(error, BR_ERROR_USAGE, "--plugin: '%.150s': %s", name,
		                    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return br_error_set(error, BR_ERROR_USAGE, "--plugin: '%.150s' is no file", name);
	return 0;
}

static int identify(struct plugin *plugin, struct br_error *error)
{
	const int fd = open(plugin->path, O_RDONLY | O_CLOEXEC);
	int status = fd < 0 ? -errno : hash_file(fd, NULL, &plugin->identity);

	if (fd >= 0)
		(void)close(fd);
	if (status)
		return br_error_set(error, BR_ERROR_USAGE, "--plugin: '%.150s' can't be read: %s",
		                    plugin->path, strerror(-status));
	plugin->identity = hash_bytes(plugin->args, strlen(plugin->args), plugin->identity);
	if (plugin->identity == 0)
		plugin->identity = 1;
	return 0;
}

static int share_board(struct plugin *plugin, struct br_error *error)
{
	void *board = mmap(NULL, sizeof(struct plugin_board), PROT_READ | PROT_WRITE,
	                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (board == MAP_FAILED)
		return br_error_system(error, errno, "--plugin: no memory to share with workers");
	plugin->board = board;
	return 0;
}

int plugin_new(struct plugin **out, const char *option, bool apart, struct br_error *error)
{
	struct plugin *plugin = calloc(1, sizeof(*plugin));
	const char *comma = strchr(option, ',');
	int status;

	*out = NULL;
	if (!plugin)
		return br_error_system(error, ENOMEM, "no memory");
	plugin->args = comma ? comma + 1 : "";
	status = find_file(option, comma, plugin->path, error);
	if (!status)
		status = identify(plugin, error);
	if (!status)
		status = (apart ? entry_try : entry_look)(plugin->path, &plugin->together, error);
	if (!status)
		status = share_board(plugin, error);
	if (status)
		plugin_free(plugin);
	else
		*out = plugin;
	return status;
}

void plugin_free(struct plugin *plugin)
{
	if (!plugin)
		return;
	if (plugin->board)
		(void)munmap(plugin->board, sizeof(*plugin->board));
	free(plugin);
}

uint64_t plugin_identity(const struct plugin *plugin)
{
	return plugin ? plugin->identity : 0;
}

unsigned plugin_together(const struct plugin *plugin)
{
	return plugin ? plugin->together : 1;
}

int plugin_blame(const struct plugin *plugin, const char *reason, struct br_error *error)
{
	struct plugin_board board;

	if (!plugin)
		return 0;
	/* it is the workers' as well */
	memcpy(&board, plugin->board, sizeof(board));
	board.text[sizeof(board.text) - 1] = '\0';
	if (board.text[0])
		return br_error_set(error, BR_ERROR_PLUGIN, "the plugin '%.80s' can't begin: %s",
		                    plugin->path, board.text);
	if (board.entered == board.left)
		return 0;
	return br_error_set(error, BR_ERROR_PLUGIN,
	                    "the plugin '%.80s' did not come back from init() (%s): mend it, or "
	                    "raise --timeout if it takes its time",
	                    plugin->path, reason);
}
