/* journal.h - the system's journal, by its own protocol, so that a message has its priority and
 * fields to search by.
 *
 * systemd's "Native Journal Protocol": fields "NAME=value\n", or for a value with a newline in it
 * "NAME\n", its length in 8 bytes, little-endian, the value, "\n"; one datagram a message. Beside
 * MESSAGE, PRIORITY and SYSLOG_IDENTIFIER a message about an image has SOURCE, OUTPUT, STATUS, CODE
 * and SIGNAL, if there is one.
 */
#ifndef REPORT_JOURNAL_H
#define REPORT_JOURNAL_H

#include "report/datagram.h"
#include "report/entry.h"

struct journal {
	struct datagram datagram;
	struct text message;     /* in the making */
	unsigned long long lost; /* messages */
};

#define JOURNAL_NONE ((struct journal){.datagram = DATAGRAM_NONE, .message = TEXT_EMPTY})

/* Whether a descriptor leads to the journal, as $JOURNAL_STREAM has it of a service's standard
 * error. */
bool journal_is_behind(int fd);

/* Connects. Returns 0 or a negative errno. */
int journal_open(struct journal *journal);
void journal_release(struct journal *journal);

/* Sends an entry. Returns 0 or a negative errno; it is counted as lost then. */
int journal_send(struct journal *journal, const struct log_entry *entry);

#endif
