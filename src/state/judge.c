/* judge.c - see judge.h. */
#include "state/judge.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void judge_leave(struct judging *judging)
{
	if (judging->directory >= 0)
		(void)close(judging->directory); /* nothing was written through it */
	judging->directory = -1;
}

void judge_enter(struct judging *judging, const char *directory)
{
	const int length = snprintf(judging->path, sizeof(judging->path), "%s/%s%s",
	                            judging->state->output, directory, *directory ? "/" : "");

	judge_leave(judging);
	judging->below = packed_is_below(directory) && length < (int)sizeof(judging->path);
	judging->prefix = (size_t)length;
}

void judge_open(struct judging *judging, const char *directory)
{
	judge_enter(judging, directory);
	/* without one, each output is looked up from the beginning */
	if (judging->below)
		judging->directory = open(judging->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int look(const struct judging *judging, struct stat *st)
{
	if (judging->directory < 0)
		return lstat(judging->path, st);
	return fstatat(judging->directory, judging->path + judging->prefix, st,
	               AT_SYMLINK_NOFOLLOW);
}

static enum state_verdict judge_output(struct judging *judging, const struct state_output *output)
{
	const size_t length = strlen(output->path);
	struct state_file now;
	struct stat st;
	bool moved;

	if (judging->prefix + length >= sizeof(judging->path))
		return STATE_GONE;
	memcpy(judging->path + judging->prefix, output->path, length + 1);
	if (look(judging, &st) != 0)
		return STATE_GONE;
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return STATE_TOUCHED;
	now = state_file_of(&st);
	if (!state_is_as_left(&output->file, &now, judging->path, &judging->state->stop, &moved))
		return STATE_TOUCHED;
	return moved ? STATE_MOVED : STATE_SAME;
}

/* The worst of what is true of them. */
enum state_verdict judge_outputs(struct judging *judging, const unsigned char *bytes, size_t size)
{
	enum state_verdict verdict = STATE_SAME;
	struct state_output output;
	char text[PATH_MAX];

	if (!judging->below || size == 0)
		return STATE_GONE;
	while (packed_next(&bytes, &size, &output, text)) {
		const enum state_verdict one = judge_output(judging, &output);

		if (one == STATE_GONE || one == STATE_TOUCHED)
			return one;
		if (one == STATE_MOVED)
			verdict = one;
	}
	return size == 0 ? verdict : STATE_GONE;
}
