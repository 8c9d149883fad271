/* table_queue.c - the options of runs whose orders come from a queue. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_QUEUE)

const struct cli_option table_queue[FIRST_TALK - FIRST_QUEUE] = {
    [ROW(QUEUE)] =
	{.name = "queue",
         .argument = "URL",
         .group = GROUP_QUEUE,
         .kind = KIND_TEMPLATE,
         .target = TARGET(queue.url),
         .not_for_pipe = true,
         .help = "take orders from a stream, redis://HOST[:PORT]/STREAM",
         .text =
             "In place of PATH arguments. QUEUES below says what an entry of the stream looks "
             "like. "
             "The run is a member of a consumer group, goes on until a signal ends it, and shares "
             "the "
             "stream with all others of the group, on this machine or elsewhere. An entry is "
             "acknowledged when its output has got its name. User, password and database may be in "
             "the address: redis://USER:PASSWORD@HOST:6379/2/STREAM; others see a command line, so "
             "that a file of defaults is the place for a password."},
    [ROW(RESULTS)] = {.name = "results",
                      .argument = "STREAM",
                      .group = GROUP_QUEUE,
                      .kind = KIND_TEMPLATE,
                      .target = TARGET(queue.results),
                      .not_for_pipe = true,
                      .help = "stream that gets a line for each order",
                      .text = "On the same server. Fields: entry (the order's ID in its "
                              "stream), status, and report, a line as of --report. It is added in "
                              "one step with the acknowledgement, so that there is exactly one for "
                              "each order; whoever reads it trims it (XTRIM)."},
    [ROW(QUEUE_GROUP)] = {.name = "queue-group",
                          .argument = "NAME",
                          .group = GROUP_QUEUE,
                          .kind = KIND_TEMPLATE,
                          .target = TARGET(queue.group),
                          .automatic = "batchresize",
                          .not_for_pipe = true,
                          .help = "the consumer group",
                          .text = "It is made if there is none, and gets the stream from its "
                                  "beginning."},
    [ROW(DEAD_LETTERS)] =
	{.name = "dead-letters",
         .argument = "STREAM",
         .group = GROUP_QUEUE,
         .kind = KIND_TEMPLATE,
         .target = TARGET(queue.dead_letters),
         .automatic = "STREAM:dead",
         .not_for_pipe = true,
         .help = "where orders go that fail for good",
         .text = "On the same server. Fields: entry, order (as a JSON object), status, code and "
                 "reason."},
    [ROW(CLAIM_AFTER)] =
	{.name = "claim-after",
         .argument = "SECONDS",
         .group = GROUP_QUEUE,
         .kind = KIND_SECONDS,
         .minimum = 1,
         .maximum = 86400,
         .target = TARGET(queue.claim_ms),
         .automatic = "60",
         .not_for_pipe = true,
         .help = "take over what a dead member had",
         .text = "A living member renews its claims three times in that time, however long a "
                 "picture takes. One that ends in order hands everything back at once."},
    [ROW(DRAIN)] = {.name = "drain",
                    .group = GROUP_QUEUE,
                    .kind = KIND_FLAG,
                    .target = TARGET(queue.drain),
                    .not_for_pipe = true,
                    .help = "end when no order is left",
                    .text = "Neither one that nobody has taken yet, nor one that a member of the "
                            "group is still at work on."},
};
