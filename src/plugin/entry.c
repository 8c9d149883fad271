/* entry.c - see entry.h. */
#include "plugin/entry.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In which a file is loaded, however busy the machine. */
#define LOAD_MS 30000

static const char *words_of_loader(void)
{
	const char *words = dlerror();

	return words ? words : "";
}

static int check(const char *path, const struct br_plugin *entry, struct br_error *error)
{
	if (entry->abi != BR_PLUGIN_ABI)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--plugin: '%.100s' is made for version %u of the interface, "
		                    "and this program has %u: build it with the header of this "
		                    "program",
		                    path, entry->abi, BR_PLUGIN_ABI);
	if (!entry->pixels == !entry->batch)
		return br_error_set(
		    error, BR_ERROR_USAGE, "--plugin: '%.100s' has %s: it needs one of the two",
		    path, entry->batch ? "both pixels() and batch()" : "no function for pixels");
	if (entry->batch && (entry->together == 0 || entry->together > BR_PLUGIN_TOGETHER_MAX))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--plugin: '%.100s' wants %u pictures at a time: from 1 to %d "
		                    "are to be had",
		                    path, entry->together, BR_PLUGIN_TOGETHER_MAX);
	return 0;
}

int entry_load(const char *path, const struct br_plugin **entry, struct br_error *error)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return br_error_set(error, BR_ERROR_USAGE, "--plugin: cannot be loaded: %s",
		                    words_of_loader());
	*entry = dlsym(library, "br_plugin_entry");
	if (!*entry)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--plugin: '%.100s' has no br_plugin_entry: it is no plugin "
		                    "(<batchresize/plugin.h> says what makes one)",
		                    path);
	return check(path, *entry, error);
}

int entry_look(const char *path, unsigned *together, struct br_error *error)
{
	const struct br_plugin *entry = NULL;
	const int status = entry_load(path, &entry, error);

	*together = !status && entry && entry->batch ? entry->together : 1;
	return status;
}

/* --- in a process of its own ------------------------------------------------------------- */

struct verdict {
	int status;
	unsigned together;
	struct br_error error;
};

static _Noreturn void judge(const char *path, int answer)
{
	struct verdict verdict = {0};

	verdict.status = entry_look(path, &verdict.together, &verdict.error);
	(void)!write(answer, &verdict, sizeof(verdict));
	_exit(0);
}

/* Waits for the verdict. Returns whether there is one. */
static bool hear(int answer, struct verdict *verdict)
{
	struct pollfd ready = {.fd = answer, .events = POLLIN};
	int got;

	do
		got = poll(&ready, 1, LOAD_MS);
	while (got < 0 && errno == EINTR);
	return got == 1 && read(answer, verdict, sizeof(*verdict)) == (ssize_t)sizeof(*verdict);
}

static int explain_end(const char *path, int status, struct br_error *error)
{
	const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (signal == SIGKILL)
		return br_error_set(error, BR_ERROR_PLUGIN,
		                    "--plugin: '%.100s' was not loaded within %d s", path,
		                    LOAD_MS / 1000);
	return br_error_set(error, BR_ERROR_PLUGIN,
	                    "--plugin: '%.100s' ended the process that loaded it (%s %d): mend it",
	                    path, signal ? "signal" : "exit status",
	                    signal ? signal : WEXITSTATUS(status));
}

int entry_try(const char *path, unsigned *together, struct br_error *error)
{
	struct verdict verdict;
	int ends[2], status;
	bool heard;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return br_error_system(error, errno, "--plugin: it cannot be tried: pipe(2)");
	pid = fork();
	if (pid == 0)
		judge(path, ends[1]);
	status = errno;
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return br_error_system(error, status, "--plugin: it cannot be tried: fork(2)");
	}
	heard = hear(ends[0], &verdict);
	(void)close(ends[0]);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!heard)
		return explain_end(path, status, error);
	*error = verdict.error;
	*together = verdict.together;
	return verdict.status;
}
