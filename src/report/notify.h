/* notify.h - tells a service manager how a run is: sd_notify(3)'s protocol, to $NOTIFY_SOCKET.
 *
 * READY=1 when work begins, STATUS= a few times a minute, STOPPING=1 at the end, RELOADING=1 and
 * READY=1 around a log file that is opened anew, WATCHDOG=1 twice in each $WATCHDOG_USEC. While
 * images are looked for, the time that the manager gives the start is extended. Without a manager
 * nothing happens.
 */
#ifndef REPORT_NOTIFY_H
#define REPORT_NOTIFY_H

#include "report/datagram.h"
#include "text/text.h"

struct notify {
	struct datagram datagram;
	uint64_t watchdog; /* ns from one sign of life to the next; 0: nobody waits for them */
	uint64_t alive;    /* clock_ns() of the last */
	uint64_t told;     /* and of the last status */
	bool ready;
	struct text message;
};

#define NOTIFY_NONE ((struct notify){.datagram = DATAGRAM_NONE, .message = TEXT_EMPTY})

/* Takes the manager's variables out of the environment, so that no child speaks in our name. */
struct notify notify_open(void);
void notify_release(struct notify *notify);

/* Work has begun. */
void notify_ready(struct notify *notify);
/* A log file is about to be opened anew; notify_ready() follows. */
void notify_reloading(struct notify *notify);
/* The work is done, with this summary: a line. */
void notify_stopping(struct notify *notify, const struct text *status);
/* The program is alive: often. */
void notify_alive(struct notify *notify);

/* Whether it is time for a status; then notify_status() tells one: a line. */
bool notify_wants_status(const struct notify *notify);
void notify_status(struct notify *notify, const struct text *status);

#endif
