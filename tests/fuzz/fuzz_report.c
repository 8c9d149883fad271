/* fuzz_report.c - names and messages of any bytes, as a report, a log and the journal have them:
 * each is valid in its format, keeps to its line, and reads back to what it was written from.
 *
 * An input is what became of a picture, its source, its output, and a message.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "report/entry.h"
#include "report/journal.h"
#include "text/json.h"
#include "report/ndjson.h"
#include "report/srcset.h"

#define REPLACEMENT "\xEF\xBF\xBD"

/* --- UTF-8, by its arithmetic ------------------------------------------------------------------
 */

/* Bytes of the character at the beginning of a string (The Unicode Standard, 3.9, D92), 0: it is
 * none. */
static size_t character(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const size_t length = byte[0] < 0x80             ? 1
	                      : (byte[0] & 0xE0) == 0xC0 ? 2
	                      : (byte[0] & 0xF0) == 0xE0 ? 3
	                      : (byte[0] & 0xF8) == 0xF0 ? 4
	                                                 : 0;
	uint32_t code = length > 1 ? byte[0] & (0x7FU >> length) : byte[0];

	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3FU);
	}
	if (length > 1 && (code < least[length] || code > 0x10FFFF || (code >> 11) == 0x1B))
		return 0;
	return length;
}

static bool is_utf8(const char *text)
{
	while (*text != '\0') {
		const size_t length = character(text);

		if (length == 0)
			return false;
		text += length;
	}
	return true;
}

/* --- a reader of JSON --------------------------------------------------------------------------
 */

static void expect(const char **at, char wanted)
{
	check(**at == wanted);
	++*at;
}

static char read_escape(const char **at)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter = strchr(letters, **at);
	unsigned code;

	check(**at != '\0');
	if (letter) {
		++*at;
		return meant[letter - letters];
	}
	check(sscanf(*at, "u%4x", &code) == 1 && code > 0 && code < 0x80);
	*at += 5;
	return (char)code;
}

/* Decoded into `to`, unless that is NULL. */
static void read_string(const char **at, char *to)
{
	expect(at, '"');
	while (**at != '"') {
		char letter = **at;

		check((unsigned char)letter >= 0x20);
		++*at;
		if (letter == '\\')
			letter = read_escape(at);
		if (to)
			*to++ = letter;
	}
	++*at;
	if (to)
		*to = '\0';
}

static void read_value(const char **at);

static void read_list(const char **at, char end, bool named)
{
	++*at;
	while (**at != end) {
		if (named) {
			read_string(at, NULL);
			expect(at, ':');
			*at += **at == ' ';
		}
		read_value(at);
		if (**at != end)
			expect(at, ',');
		*at += **at == ' ';
	}
	++*at;
}

static void read_value(const char **at)
{
	static const char *const words[] = {"null", "true", "false"};
	const char *begin = *at;
	char *end;

	if (**at == '"')
		return read_string(at, NULL);
	if (**at == '{')
		return read_list(at, '}', true);
	if (**at == '[')
		return read_list(at, ']', false);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(*at, words[i], strlen(words[i])) == 0) {
			*at += strlen(words[i]);
			return;
		}
	(void)strtod(begin, &end);
	check(end > begin && strspn(begin, "-0123456789.") == (size_t)(end - begin));
	*at = end;
}

/* One object on one line, from byte `begin` on. */
static void check_line(struct text *text, size_t begin)
{
	const char *at;

	text_add_bytes(text, "", 1);
	at = (const char *)text->bytes.data + begin;
	check(text->status == 0 && is_utf8(at) && *at == '{');
	read_value(&at);
	check(strcmp(at, "\n") == 0);
}

/* --- strings -----------------------------------------------------------------------------------
 */

/* Bytes at the beginning of a string, which are no character, that are the beginning of one, or are
 * one byte: what one U+FFFD stands for. Only the second byte of a character is bound by the first.
 */
static size_t subpart(const char *string)
{
	size_t most = 1;

	for (size_t length = 2; length < 4; length++) {
		char whole[] = "\x80\x80\x80\x80";

		memcpy(whole, string, strnlen(string, length));
		if (strnlen(string, length) == length && character(whole) > length)
			most = length;
	}
	return most;
}

static void check_replaced(const char *string, const char *read)
{
	while (*string != '\0') {
		const size_t length = character(string);

		if (length > 0) {
			check(strncmp(string, read, length) == 0);
			string += length;
			read += length;
		} else {
			check(strncmp(read, REPLACEMENT, 3) == 0);
			string += subpart(string);
			read += 3;
		}
	}
	check(*read == '\0');
}

static void check_json_string(const char *string)
{
	struct text text = TEXT_EMPTY;
	char *read = calloc(3, strlen(string) + 1);
	const char *at;

	check(read != NULL);
	json_string(&text, string);
	text_add_bytes(&text, "", 1);
	at = (const char *)text.bytes.data;
	check(text.status == 0 && is_utf8(at));
	read_string(&at, read);
	check(*at == '\0' && text_is_utf8(string) == is_utf8(string));
	if (is_utf8(string))
		check(strcmp(read, string) == 0);
	else
		check_replaced(string, read);
	free(read);
	text_release(&text);
}

static unsigned digit_of(char letter)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digit = strchr(digits, letter);

	check(letter != '\0' && digit != NULL);
	return (unsigned)(digit - digits);
}

/* Every byte of it. */
static void check_base64(const char *string)
{
	struct text text = TEXT_EMPTY;
	const size_t length = strlen(string);
	const char *at;

	json_base64(&text, string);
	check(text.status == 0 && text.bytes.size == 2 + (length + 2) / 3 * 4);
	at = (const char *)text.bytes.data + 1;
	for (size_t i = 0; i < length; i++) {
		const char *group = at + i / 3 * 4 + i % 3;
		const unsigned both = digit_of(group[0]) << 6 | digit_of(group[1]);

		check((uint8_t)(both >> (4 - 2 * (i % 3))) == (uint8_t)string[i]);
	}
	text_release(&text);
}

/* For a terminal: one line, no control character, nothing that turns the direction of reading. */
static void check_escaped(const char *string)
{
	static const unsigned char turning[] = {0xE2, 0x80, 0xAE}, line_end[] = {0xE2, 0x80, 0xA8};
	struct text text = TEXT_EMPTY;
	const char *at;

	text_add_escaped(&text, string);
	text_add_bytes(&text, "", 1);
	at = (const char *)text.bytes.data;
	check(text.status == 0 && is_utf8(at));
	for (; *at != '\0'; at++) {
		const unsigned char *byte = (const unsigned char *)at;

		check(byte[0] >= 0x20 && byte[0] != 0x7F);
		check(byte[0] != 0xC2 || byte[1] >= 0xA0);
		check(strncmp(at, (const char *)turning, 3) != 0);
		check(strncmp(at, (const char *)line_end, 3) != 0);
	}
	text_release(&text);
}

/* --- the journal -------------------------------------------------------------------------------
 */

/* The value of a field of a message as the journal reads it, in `value`. False: it has none. */
static bool find_field(struct input message, const char *name, char *value)
{
	while (message.size > 0) {
		const uint8_t *line = memchr(message.data, '\n', message.size);
		const uint8_t *equals = memchr(message.data, '=', message.size);
		size_t head, length = 0;

		check(line != NULL);
		head = (size_t)(line - message.data);
		if (equals && equals < line) {
			length = (size_t)(line - equals) - 1;
			head = (size_t)(equals - message.data);
			line = equals + 1;
		} else {
			check(message.size - head > 8);
			for (unsigned i = 0; i < 8; i++)
				length |= (size_t)line[1 + i] << 8 * i;
			line += 9;
		}
		check((size_t)(line - message.data) + length < message.size &&
		      line[length] == '\n');
		if (head == strlen(name) && memcmp(message.data, name, head) == 0) {
			memcpy(value, line, length);
			value[length] = '\0';
			return true;
		}
		message.size -= (size_t)(line - message.data) + length + 1;
		message.data = line + length + 1;
	}
	return false;
}

static void check_journal(const struct log_entry *entry, size_t bytes)
{
	struct journal journal = JOURNAL_NONE;
	uint8_t *message = malloc(bytes);
	char *value = malloc(bytes);
	int pair[2];
	ssize_t got;

	check(message && value && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
	journal.datagram.fd = pair[0];
	check(journal_send(&journal, entry) == 0);
	got = recv(pair[1], message, bytes, 0);
	check(got > 0 && (size_t)got < bytes);
	check(find_field((struct input){message, (size_t)got}, "MESSAGE", value));
	check(strcmp(value, entry->text) == 0);
	check(find_field((struct input){message, (size_t)got}, "SOURCE", value));
	check(strcmp(value, entry->record->source) == 0);
	check(find_field((struct input){message, (size_t)got}, "OUTPUT", value));
	check(strcmp(value, entry->record->output) == 0);
	journal_release(&journal);
	check(close(pair[1]) == 0);
	free(message);
	free(value);
}

/* --- the list for web pages --------------------------------------------------------------------
 */

/* The first URL of a srcset, decoded in place. */
static void decode_url(char *url)
{
	char *to = url;
	unsigned byte;

	for (; *url != ' '; url++) {
		check(*url > ' ' && !strchr("\"'<>&\\,#?", *url));
		if (*url == '%') {
			check(sscanf(url, "%%%2X", &byte) == 1);
			url += 2;
		} else {
			byte = (unsigned char)*url;
		}
		*to++ = (char)byte;
	}
	*to = '\0';
}

static void check_srcset(const struct br_batch_record *record)
{
	static const char key[] = "\"srcset\": \"";
	char web[] = "/srv/web/", work[] = "/srv/wood/";
	struct srcset srcset = {.path = web, .directory = web, .working = work, .sink = SINK_NONE};
	struct text *text = &srcset.sink.pending;
	char *absolute = NULL, *relative, *url;

	check(asprintf(&absolute, "%s%s", *record->output == '/' ? "" : work, record->output) > 0);
	relative = srcset_relative(web, absolute);
	srcset_add(&srcset, record);
	check(relative && text->bytes.size > 2);
	text_add(text, "\n");
	check_line(text, 2);
	/* no name can look like it, in which quotes are escaped */
	url = strstr((char *)text->bytes.data, key);
	check(url != NULL);
	decode_url(url + sizeof(key) - 1);
	check(strcmp(url + sizeof(key) - 1, relative) == 0);
	free(relative);
	free(absolute);
	sink_release(&srcset.sink);
}

/* ---------------------------------------------------------------------------------------------- */

static void check_record(const struct br_batch_record *record, const char *message)
{
	const struct log_entry entry = {
	    .level = LOG_LEVEL_ERROR, .text = message, .record = record};
	struct text text = TEXT_EMPTY;

	ndjson_add(&text, record);
	check_line(&text, 0);
	text_clear(&text);
	entry_add_json(&text, &entry);
	check_line(&text, 0);
	text_release(&text);
	check_journal(&entry,
	              1024 + strlen(record->source) + strlen(record->output) + strlen(message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const uint8_t choice = input_byte(&input);
	char *source = input_string(&input), *output = input_string(&input);
	char *message = input_string(&input);
	const struct br_batch_output outputs[] = {{.path = output, .width = 3, .height = 4},
	                                          {.path = source, .width = 6, .height = 8}};
	struct br_batch_record record = {
	    .source = source,
	    .output = output,
	    .outputs = outputs,
	    .sizes = choice & 1 ? 2 : 1,
	    .status = (enum br_batch_status)(choice % BR_BATCH_STATUSES),
	    .explanation = choice & 2 ? message : NULL,
	    .signal = choice & 4 ? 11 : 0,
	    .stage = choice & 8 ? BR_BATCH_STAGE_DECODE : BR_BATCH_STAGE_NONE,
	    .notes = choice >> 4,
	    .read_ms = choice / 7.0,
	};

	if (record.status == BR_BATCH_OK)
		record.output_count = record.sizes;
	else
		(void)br_error_set(&record.error, BR_ERROR_CORRUPT, "%s", message);
	check_json_string(source);
	check_base64(source);
	check_escaped(source);
	check_record(&record, message);
	if (record.status == BR_BATCH_OK && *output != '\0')
		check_srcset(&record);
	free(message);
	free(output);
	free(source);
	return 0;
}
