/* stream.h - a plan whose list comes through a pipe: it is made piece by piece, of what was there
 * to be read, and each piece goes when its last item is done.
 *
 * The number of an item has its piece's in the upper half. Pieces are added and dropped in one
 * thread; others may meanwhile ask about the items of pieces that are there.
 */
#ifndef PLAN_STREAM_H
#define PLAN_STREAM_H

#include "plan/before.h"
#include "plan/list.h"

/* Takes the list over, whatever is returned. Returns 0 or -ENOMEM. */
int stream_new(struct stream **stream, struct list *list, const struct br_batch_options *options,
               fold_decision *folds);
void stream_free(struct stream *stream);

/* See plan_go_on(), plan_list() and plan_done(). */
int stream_go_on(struct stream *stream, const struct plan_observer *observer,
                 struct plan_piece *piece, struct br_error *error);
int stream_list(const struct stream *stream);
void stream_done(struct stream *stream, uint64_t item);

/* The piece that holds the item, whose number becomes that within the piece. */
struct plan *stream_piece(const struct stream *stream, uint64_t *item);

struct before *stream_before(const struct stream *stream);

#endif
