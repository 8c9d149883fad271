/* notify.c - see notify.h. */
#include "report/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"

#define US 1000U

/* Between two statuses. */
#define STATUS_NS UINT64_C(5000000000)
/* What the start is given beyond now, each time that a status is told while it lasts. */
#define EXTEND "EXTEND_TIMEOUT_USEC=60000000\n"

static bool read_number(const char *name, uint64_t *number)
{
	const char *value = getenv(name);
	char *end;

	if (!value || *value < '0' || *value > '9')
		return false;
	errno = 0;
	*number = strtoull(value, &end, 10);
	return errno == 0 && *end == '\0';
}

/* A watchdog that is meant for another process has its number beside it. */
static uint64_t watchdog(void)
{
	uint64_t pid, period;

	if (!read_number("WATCHDOG_USEC", &period) || period == 0 || period > UINT64_MAX / US)
		return 0;
	if (read_number("WATCHDOG_PID", &pid) && pid != (uint64_t)getpid())
		return 0;
	return period * US / 2;
}

struct notify notify_open(void)
{
	const char *address = getenv("NOTIFY_SOCKET");
	struct notify notify = NOTIFY_NONE;

	if (address && datagram_open(&notify.datagram, address) == 0)
		notify.watchdog = watchdog();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return notify;
}

void notify_release(struct notify *notify)
{
	datagram_close(&notify->datagram);
	text_release(&notify->message);
}

/* A manager that can't be told has its own ways to find out. */
static void send(struct notify *notify)
{
	const struct text *text = &notify->message;

	if (notify->datagram.fd >= 0 && text->status == 0)
		(void)datagram_send(&notify->datagram, text->bytes.data, text->bytes.size);
	text_clear(&notify->message);
}

void notify_ready(struct notify *notify)
{
	notify->ready = true;
	notify->told = 0;
	text_add(&notify->message, "READY=1\n");
	send(notify);
}

void notify_reloading(struct notify *notify)
{
	text_addf(&notify->message, "RELOADING=1\nMONOTONIC_USEC=%llu\n",
	          (unsigned long long)(clock_ns() / US));
	send(notify);
}

void notify_stopping(struct notify *notify, const struct text *status)
{
	text_add(&notify->message, "STOPPING=1\nSTATUS=");
	text_add_bytes(&notify->message, status->bytes.data, status->bytes.size);
	send(notify);
}

void notify_alive(struct notify *notify)
{
	const uint64_t now = clock_ns();

	if (notify->watchdog == 0 || (notify->alive && now - notify->alive < notify->watchdog))
		return;
	notify->alive = now;
	text_add(&notify->message, "WATCHDOG=1\n");
	send(notify);
}

bool notify_wants_status(const struct notify *notify)
{
	return notify->datagram.fd >= 0 &&
	       (!notify->told || clock_ns() - notify->told >= STATUS_NS);
}

void notify_status(struct notify *notify, const struct text *status)
{
	notify->told = clock_ns();
	if (!notify->ready)
		text_add(&notify->message, EXTEND);
	text_add(&notify->message, "STATUS=");
	text_add_bytes(&notify->message, status->bytes.data, status->bytes.size);
	send(notify);
}
