/* journal.c - see journal.h. */
#include "report/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SOCKET "/run/systemd/journal/socket"

bool journal_is_behind(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

int journal_open(struct journal *journal)
{
	*journal = JOURNAL_NONE;
	return datagram_open(&journal->datagram, SOCKET);
}

void journal_release(struct journal *journal)
{
	datagram_close(&journal->datagram);
	text_release(&journal->message);
}

static void add_field(struct text *text, const char *name, const char *value)
{
	const size_t length = strlen(value);
	unsigned char size[8];

	text_add(text, name);
	if (strchr(value, '\n')) {
		for (unsigned i = 0; i < sizeof(size); i++)
			size[i] = (unsigned char)((uint64_t)length >> 8 * i);
		text_add(text, "\n");
		text_add_bytes(text, size, sizeof(size));
	} else {
		text_add(text, "=");
	}
	text_add_bytes(text, value, length);
	text_add(text, "\n");
}

static void add_record(struct text *text, const struct br_batch_record *record)
{
	add_field(text, "SOURCE", record->source);
	add_field(text, "OUTPUT", record->output);
	add_field(text, "STATUS", br_batch_status_name(record->status));
	if (record->error.code != BR_ERROR_NONE)
		add_field(text, "CODE", br_error_code_name(record->error.code));
	if (record->signal > 0)
		text_addf(text, "SIGNAL=%d\n", record->signal);
}

int journal_send(struct journal *journal, const struct log_entry *entry)
{
	struct text *text = &journal->message;

	text_clear(text);
	text_addf(text, "PRIORITY=%d\nSYSLOG_IDENTIFIER=batchresize\n", (int)entry->level);
	add_field(text, "MESSAGE", entry->text);
	if (entry->record)
		add_record(text, entry->record);
	int status = text->status;

	if (!status)
		status = datagram_send(&journal->datagram, text->bytes.data, text->bytes.size);
	journal->lost += status != 0;
	return status;
}
