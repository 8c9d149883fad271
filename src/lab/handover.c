/* handover.c - data handed to another: copied, through a pipe, and as what both can see. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "lab/apart.h"
#include "lab/pools.h"

#define TIMEOUT_MS 8000
#define ROUNDS     3

#define MEGABYTE ((size_t)1000000)

/* The receiver has a byte of each page, as whoever works on them would. */
static unsigned touch(const unsigned char *bytes, size_t size)
{
	unsigned sum = 0;

	for (size_t i = 0; i < size; i += 4096)
		sum += bytes[i];
	return sum;
}

/* --- the receiver, another process ---------------------------------------------------------------
 */

static _Noreturn void receive(int channel, unsigned char *bytes, size_t size,
                              const unsigned char *shared)
{
	for (char id; read(channel, &id, 1) == 1;) {
		size_t got = 0;

		while (id == 'p' && got < size) {
			const ssize_t some = read(channel, bytes + got, size - got);

			if (some <= 0)
				_exit(1);
			got += (size_t)some;
		}
		id = (char)touch(id == 'p' ? bytes : shared, size);
		if (write(channel, &id, 1) != 1)
			break;
	}
	_exit(0);
}

static int send_all(int channel, const unsigned char *bytes, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		const ssize_t some = write(channel, bytes + sent, size - sent);

		if (some <= 0)
			return -1;
		sent += (size_t)some;
	}
	return 0;
}

/* One byte, with `size` behind it; until the answer. ms, or -1. */
static double hand_over(int channel, char how, const unsigned char *bytes, size_t size)
{
	const uint64_t begin = clock_ns();
	char answer;

	if (write(channel, &how, 1) != 1 || send_all(channel, bytes, size) != 0 ||
	    read(channel, &answer, 1) != 1)
		return -1;
	return (double)(clock_ns() - begin) / 1e6;
}

static double copy(unsigned char *to, const unsigned char *from, size_t size)
{
	const uint64_t begin = clock_ns();
	unsigned sum;

	memcpy(to, from, size);
	sum = touch(to, size);
	__asm__ volatile("" : "+r"(sum)); /* it is seen */
	return (double)(clock_ns() - begin) / 1e6;
}

static void keep_least(double *least, double ms)
{
	if (!(*least <= ms))
		*least = ms;
}

static unsigned char *memory(size_t size, int how)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0);

	return bytes == MAP_FAILED ? NULL : bytes;
}

/* Memory that a receiver shares, and some that is each one's own: of so many bytes. */
static int measure(const void *ctx, double *figure)
{
	const size_t size = *(const size_t *)ctx;
	unsigned char *shared = memory(size, MAP_SHARED);
	unsigned char *from = memory(size, MAP_PRIVATE), *to = memory(size, MAP_PRIVATE);
	int ends[2];

	if (!shared || !from || !to || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return -1;
	memset(shared, 1, size);
	memset(from, 1, size);
	memset(to, 0, size);
	const pid_t child = fork();

	if (child == 0) {
		(void)close(ends[0]);
		receive(ends[1], to, size, shared);
	}
	(void)close(ends[1]);
	figure[0] = figure[1] = figure[2] = (double)NAN;
	for (unsigned i = 0; child > 0 && i < ROUNDS; i++) {
		keep_least(&figure[HANDOVER_COPY], copy(to, from, size));
		keep_least(&figure[HANDOVER_PIPE], hand_over(ends[0], 'p', from, size));
		keep_least(&figure[HANDOVER_SHARED], hand_over(ends[0], 's', from, 0));
	}
	(void)close(ends[0]);
	return child > 0 && waitpid(child, NULL, 0) == child && figure[HANDOVER_PIPE] >= 0 ? 0 : -1;
}

void handover_measure(struct lab_table *table)
{
	static const size_t megabytes[HANDOVER_ROWS] = {1, 10, 100};

	table->rows = HANDOVER_ROWS;
	for (unsigned i = 0; i < HANDOVER_ROWS; i++) {
		struct lab_row *row = &table->row[i];
		const size_t size = megabytes[i] * MEGABYTE;

		(void)snprintf(row->name, LAB_NAME, "%zu MB", megabytes[i]);
		for (unsigned k = 0; k < table->columns; k++)
			row->unit[k] = LAB_MS;
		row->value[HANDOVER_PYTHON] = (double)NAN;
		(void)apart(measure, &size, row->value, 3, TIMEOUT_MS);
	}
}
