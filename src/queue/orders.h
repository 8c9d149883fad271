/* orders.h - the orders that a member of the group has taken and not yet answered for, and the
 * verdicts that are to be told to the server.
 *
 * The thread of the run gives verdicts, that of the member takes orders and tells. Functions lock
 * by themselves.
 */
#ifndef QUEUE_ORDERS_H
#define QUEUE_ORDERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes of the number that a stream gives an entry: two of 64 bits, a dash, a NUL. */
#define ORDER_ID_MAX 44

/* Orders taken at once. */
#define ORDERS_MAX 256

struct queue_order {
	uint64_t entry; /* of the list, from 1; 0: free */
	char id[ORDER_ID_MAX];
	char *line;   /* the order itself */
	bool claimed; /* it was somebody else's before */
};

enum verdict_kind {
	VERDICT_DONE,
	VERDICT_DEAD,  /* it will never be: to the dead letters */
	VERDICT_LATER, /* not now: this machine could not */
	VERDICT_BACK   /* it was not tried */
};

struct order_verdict {
	struct order_verdict *next;
	enum verdict_kind kind;
	struct queue_order order;
	const char *status, *code; /* constants */
	char *reason;              /* of DEAD and LATER; or NULL */
	char *report;              /* a line of JSON; or NULL */
};

struct orders {
	pthread_mutex_t lock;
	pthread_cond_t given; /* a verdict has been */
	struct queue_order order[ORDERS_MAX];
	unsigned count;
	uint64_t taken;    /* entries of the list, ever */
	uint64_t answered; /* verdicts, ever */
	struct order_verdict *first, **end;
	unsigned verdicts; /* in that list */
	bool hurried;
};

void orders_init(struct orders *orders);
void orders_release(struct orders *orders);

/* An order has been taken; `line` is the orders' from now on. Returns its number in the list, or 0:
 * it is held already, or there is no room. */
uint64_t orders_take(struct orders *orders, const char *id, char *line, bool claimed);

/* Ends one by its number in the list. `verdict` is completed and taken over; it is released if
 * nothing of that number is held. */
void orders_judge(struct orders *orders, uint64_t entry, struct order_verdict *verdict);

/* Copies the ID of what is held by that number; "" for none. */
void orders_id(struct orders *orders, uint64_t entry, char id[ORDER_ID_MAX]);

/* A verdict on what is not held; taken over. */
void orders_tell(struct orders *orders, struct order_verdict *verdict);

/* Gives all that is held back. */
void orders_give_back(struct orders *orders);

/* All verdicts there are, first given first; the caller's. */
struct order_verdict *orders_verdicts(struct orders *orders);
/* Those that could not be told are put back in front. */
void orders_keep(struct orders *orders, struct order_verdict *verdicts);
void verdict_free(struct order_verdict *verdict);

/* Waits for a verdict, so many milliseconds at most. */
void orders_wait(struct orders *orders, unsigned ms);
/* Ends such waiting, from now on. */
void orders_hurry(struct orders *orders);

unsigned orders_held(struct orders *orders);
unsigned orders_untold(struct orders *orders);
uint64_t orders_answered(struct orders *orders);

/* Copies the numbers of those held. Returns how many. */
unsigned orders_ids(struct orders *orders, char id[ORDERS_MAX][ORDER_ID_MAX]);

#endif
