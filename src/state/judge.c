/* judge.c - see judge.h. */
#include "state/judge.h"

#include <stdio.h>
#include <string.h>

void judge_enter(struct judging *judging, const char *directory)
{
	const int length = snprintf(judging->path, sizeof(judging->path), "%s/%s%s",
	                            judging->state->output, directory, *directory ? "/" : "");

	judging->below = packed_is_below(directory) && length < (int)sizeof(judging->path);
	judging->prefix = (size_t)length;
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
	if (lstat(judging->path, &st) != 0)
		return STATE_GONE;
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return STATE_TOUCHED;
	now = state_file_of(&st);
	if (!state_is_as_left(&output->file, &now, judging->path, &judging->state->stop, &moved))
		return STATE_TOUCHED;
	return moved ? STATE_MOVED : STATE_SAME;
}

/* The worst of what is true of the outputs. */
static enum state_verdict judge_outputs(struct judging *judging, const unsigned char *bytes,
                                        size_t size)
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

static bool is_current(struct judging *judging, int64_t setup)
{
	if (judging->setup != setup) {
		judging->setup = setup;
		judging->current = judging->is_current(judging->ctx, setup);
	}
	return judging->current;
}

enum state_verdict judge_row(struct judging *judging, int64_t setup, const unsigned char *outputs,
                             size_t size)
{
	return is_current(judging, setup) ? judge_outputs(judging, outputs, size) : STATE_SETUP;
}
