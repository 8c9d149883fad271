/* hook.c - see hook.h. */
#include "report/hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/stream.h"
#include "text/json.h"

/* Between two looks whether it has ended, ms: at first, and at most. */
#define LOOK_FIRST 1
#define LOOK_MAX   64

/* --- what it is told -------------------------------------------------------------------------- */

static void add_images(struct text *text, const struct tally *tally)
{
	const char *before = "";

	text_add(text, "\"images\":{");
	for (unsigned i = 0; i < BR_BATCH_PLANNED; i++) {
		text_addf(text, "%s\"%s\":%llu", before,
		          br_batch_status_name((enum br_batch_status)i),
		          (unsigned long long)tally->count[i]);
		before = ",";
	}
	text_add(text, "}");
}

static void add_number(struct text *text, const char *name, uint64_t number)
{
	text_addf(text, ",\"%s\":%llu", name, (unsigned long long)number);
}

void hook_add_summary(struct text *text, const struct hook_summary *summary)
{
	const struct br_batch_outcome *outcome = summary->outcome;

	text_addf(text, "{\"exit_status\":%d,", summary->exit);
	add_images(text, summary->tally);
	add_number(text, "total", outcome->progress.total);
	add_number(text, "left", summary->tally->left);
	add_number(text, "pruned", outcome->pruned);
	add_number(text, "bytes_in", summary->tally->bytes_in);
	add_number(text, "bytes_out", summary->tally->bytes_out);
	text_add(text, ",\"seconds\":");
	json_thousandths(text, summary->run->elapsed);
	text_addf(text, ",\"mode\":\"%s\"", br_executor_mode_name(summary->run->mode));
	add_number(text, "workers", summary->run->workers);
	if (summary->run->mode == BR_EXECUTOR_AUTO) {
		add_number(text, "as_hybrid", summary->tally->ways[BR_EXECUTOR_HYBRID]);
		add_number(text, "as_process", summary->tally->ways[BR_EXECUTOR_PROCESS]);
		add_number(text, "io_threads", summary->run->io_threads);
		add_number(text, "io_reading", summary->run->io_reading);
	}
	text_add(text, ",\"signal\":");
	if (outcome->signal > 0)
		json_unsigned(text, (uint64_t)outcome->signal);
	else
		json_null(text);
	text_add(text, ",\"error\":");
	if (summary->error)
		json_string(text, summary->error);
	else
		json_null(text);
	text_add(text, "}\n");
}

/* --- running it ------------------------------------------------------------------------------- */

/* It is not to ignore what we do; what we were started with it inherits. */
static int set_signals(posix_spawnattr_t *attributes, bool hangup)
{
	static const int ours[] = {SIGPIPE, SIGXFSZ, SIGUSR1};
	sigset_t set;
	int status;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		(void)sigaddset(&set, ours[i]);
	if (hangup)
		(void)sigaddset(&set, SIGHUP);
	status = posix_spawnattr_setsigdefault(attributes, &set);
	return status ? status : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

static int set_descriptors(posix_spawn_file_actions_t *actions, int input)
{
	int status = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);

	if (!status)
		status = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
	return status ? status
	              : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* Returns 0 or a negative errno. */
static int start(const char *command, int input, bool hangup, pid_t *pid)
{
	/* POSIX has no "--" between -c and the command that all shells know */
	char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int status = posix_spawn_file_actions_init(&actions);

	if (status)
		return -status;
	status = posix_spawnattr_init(&attributes);
	if (!status) {
		status = set_signals(&attributes, hangup);
		if (!status)
			status = set_descriptors(&actions, input);
		if (!status)
			status =
			    posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments, environ);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return -status;
}

/* Returns 0 with *how filled in, or a negative errno. */
static int wait_for(pid_t pid, struct notify *notify, int *how)
{
	int look = LOOK_FIRST;

	for (;;) {
		const pid_t ended = waitpid(pid, how, WNOHANG);

		if (ended == pid)
			return 0;
		if (ended < 0 && errno != EINTR)
			return -errno;
		notify_alive(notify);
		(void)poll(NULL, 0, look);
		look = look < LOOK_MAX ? 2 * look : LOOK_MAX;
	}
}

static int judge(const char *command, int how, struct br_error *error)
{
	if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
		return 0;
	if (WIFEXITED(how))
		return br_error_set(error, BR_ERROR_SYSTEM,
		                    "--on-finish: '%.100s' ended with status %d", command,
		                    WEXITSTATUS(how));
	return br_error_set(error, BR_ERROR_SYSTEM,
	                    "--on-finish: '%.100s' was ended by signal %d, %s", command,
	                    WTERMSIG(how), sigdescr_np(WTERMSIG(how)));
}

int hook_run(const char *command, const struct text *input, bool hangup, struct notify *notify,
             struct br_error *error)
{
	const int fd = stream_memory("the summary", error);
	int how = 0, status;
	pid_t pid = 0;

	if (fd < 0)
		return fd;
	status = input->status;
	if (!status)
		status = stream_write(fd, input->bytes.data, input->bytes.size);
	if (!status && lseek(fd, 0, SEEK_SET) != 0)
		status = -errno;
	if (!status)
		status = start(command, fd, hangup, &pid);
	(void)close(fd);
	if (!status)
		status = wait_for(pid, notify, &how);
	if (status)
		return br_error_system(error, -status, "--on-finish: cannot run '%.100s'", command);
	return judge(command, how, error);
}
