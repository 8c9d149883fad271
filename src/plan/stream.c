/* stream.c - see stream.h. */
#include "plan/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "io/path.h"
#include "plan/make.h"

/* Pieces that are there at once: each has a job under way, or one that is to be. */
#define PIECES_MAX 1024

/* Entries of the list that make one. */
#define ENTRIES_MAX 1024

/* Numbers of pieces, which begin anew then: none of that age is left. */
#define NUMBERS ((uint64_t)1 << 31)

struct piece {
	struct plan *plan; /* NULL: free */
	uint64_t left;     /* items that are not done */
};

struct stream {
	struct list list;
	const struct br_batch_options *options;
	fold_decision *folds;
	struct before *before;
	struct place_answers answers;
	bool begun;      /* the command line's own sources are in a piece */
	uint64_t number; /* of the next piece */
	uint64_t held;   /* first item of the last piece, which stays until the next is asked for */
	bool holds;
	struct piece piece[PIECES_MAX];
};

static struct piece *piece_of(struct stream *stream, uint64_t item)
{
	return &stream->piece[(item >> 32) % PIECES_MAX];
}

struct plan *stream_piece(const struct stream *stream, uint64_t *item)
{
	struct plan *plan = stream->piece[(*item >> 32) % PIECES_MAX].plan;

	*item &= UINT32_MAX;
	return plan;
}

struct before *stream_before(const struct stream *stream)
{
	return stream->before;
}

int stream_list(const struct stream *stream)
{
	return stream->list.ended ? -1 : stream->list.fd;
}

void stream_done(struct stream *stream, uint64_t item)
{
	struct piece *piece = piece_of(stream, item);

	if (--piece->left > 0)
		return;
	make_free(piece->plan);
	piece->plan = NULL;
}

/* A free place for the next piece. False: there is none, since all have work under way. */
static bool find_place(struct stream *stream)
{
	for (unsigned i = 0; i < PIECES_MAX; i++) {
		if (!stream->piece[stream->number % PIECES_MAX].plan)
			return true;
		stream->number = (stream->number + 1) % NUMBERS;
	}
	return false;
}

/* --- a piece ---------------------------------------------------------------------------------- */

/* The next entry, if it is there without waiting. Returns 1, 0 when it is not, -ENODATA at the end,
 * -ECANCELED when a signal came first, or another negative errno. Ctrl-C ends who writes the list
 * as well, in the middle of a name as it may be. */
static int next_entry(struct stream *stream, const struct plan_observer *observer,
                      struct list_entry *entry)
{
	struct list *list = &stream->list;

	while (!list_take(list, entry)) {
		int status;

		if (list->ended)
			return -ENODATA;
		if (!list_is_ready(list))
			return 0;
		status = list_read(list);
		if (status)
			return status == -EINTR ? 0 : status;
		if (list->ended && observer->look && observer->look(observer->ctx, 0))
			return -ECANCELED;
	}
	return 1;
}

/* Orders may be for one file: two of them are never in one piece. */
static unsigned entries_max(const struct stream *stream)
{
	return stream->options->orders ? 1 : ENTRIES_MAX;
}

/* Names what is there to be named, beginning with `entry`. */
static int name_entries(struct stream *stream, const struct plan_observer *observer,
                        struct named *named, struct list_entry *entry)
{
	int status = named_begin(named);

	if (status == 0 && !stream->begun)
		status = named_arguments(named);
	stream->begun = true;
	for (unsigned i = 1; status == 0; i++) {
		status = named_take(named, entry);
		if (status || i >= entries_max(stream) || next_entry(stream, observer, entry) != 1)
			break;
	}
	return status;
}

static int make_piece(struct stream *stream, const struct plan_observer *observer,
                      struct list_entry *entry, struct plan **made, struct br_error *error)
{
	struct named named = {.options = stream->options, .error = error};
	int status = make_begin(&named.plan, stream->options, observer, error);

	if (status)
		return status;
	status = name_entries(stream, observer, &named, entry);
	if (status == 0)
		status = make_settle(&named, stream->folds, &stream->answers, stream->before);
	named_release(&named);
	named.plan->observer = NULL;
	if (status)
		make_free(named.plan);
	else
		*made = named.plan;
	return status;
}

static void add_piece(struct stream *stream, struct plan *plan, struct plan_piece *piece)
{
	*piece = (struct plan_piece){.first = stream->number << 32, .count = plan->count};
	if (plan->count == 0) {
		make_free(plan);
		return;
	}
	*piece_of(stream, piece->first) = (struct piece){.plan = plan, .left = plan->count + 1};
	stream->held = piece->first;
	stream->holds = true;
	stream->number = (stream->number + 1) % NUMBERS;
}

int stream_go_on(struct stream *stream, const struct plan_observer *observer,
                 struct plan_piece *piece, struct br_error *error)
{
	struct list_entry entry;
	struct plan *plan = NULL;
	int status;

	if (stream->holds)
		stream_done(stream, stream->held);
	stream->holds = false;
	if (!find_place(stream))
		return -EBUSY;
	status = next_entry(stream, observer, &entry);
	if (status < 0 && status != -ENODATA && status != -ECANCELED)
		return br_error_system(error, -status, "cannot read the list '%s'",
		                       path_shown(stream->options->files_from).text);
	if (status != 1)
		return status;
	status = make_piece(stream, observer, &entry, &plan, error);
	if (status)
		return status > 0 ? -EINVAL : status;
	add_piece(stream, plan, piece);
	return 1;
}

/* ---------------------------------------------------------------------------------------------- */

int stream_new(struct stream **stream, struct list *list, const struct br_batch_options *options,
               fold_decision *folds)
{
	struct stream *made = calloc(1, sizeof(*made));

	*stream = NULL;
	if (made)
		made->before = before_new(folds);
	if (!made || !made->before) {
		free(made);
		list_close(list);
		return -ENOMEM;
	}
	made->list = *list;
	*list = (struct list){.fd = -1};
	made->options = options;
	made->folds = folds;
	*stream = made;
	return 0;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	for (unsigned i = 0; i < PIECES_MAX; i++)
		make_free(stream->piece[i].plan);
	before_free(stream->before);
	list_close(&stream->list);
	free(stream);
}
