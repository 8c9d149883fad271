/* shortage.c - see shortage.h. */
#include "picture/shortage.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/base.h"
#include "base/memory.h"

/* What libvips takes besides the picture, bytes. Of addresses: the stacks of four threads (8 MB
 * each by default) and a heap that glibc reserves in pieces of 64 MB for them. Of private memory:
 * what its operations and their caches hold. Measured under limits from 60 to 400 MB in steps of
 * 10, with a picture of 1.4 megapixels in every format: with 128 MB left none failed. */
#define ADDRESSES_BESIDE ((uint64_t)128 << 20)
#define ADDRESSES_LATER  ((uint64_t)64 << 20)
#define DATA_BESIDE      ((uint64_t)48 << 20)

static bool is_verdict(int status)
{
	return status == BR_ERROR_CORRUPT || status == BR_ERROR_TRUNCATED ||
	       status == BR_ERROR_UNSUPPORTED || status == BR_ERROR_ENCODE ||
	       status == BR_ERROR_INTERNAL;
}

static bool is_short(const struct memory_room *room, uint64_t bytes)
{
	switch (room->limit) {
	case MEMORY_ADDRESSES:
		return room->left < bytes + ADDRESSES_BESIDE;
	case MEMORY_DATA:
	case MEMORY_OWN:
		return room->left < bytes + DATA_BESIDE;
	default:
		return false;
	}
}

int shortage_judge(int status, uint64_t bytes, bool verdict, struct br_error *error)
{
	const struct memory_room room = memory_room();
	char text[MEMORY_TEXT_MAX], amount[48] = "";
	const bool suspect = is_verdict(status) && verdict;

	if (status != BR_ERROR_MEMORY && status != -ENOMEM &&
	    !(suspect && (is_short(&room, bytes) || memory_is_blamed(error->msg))))
		return status;
	if (bytes)
		(void)snprintf(amount, sizeof amount, ", which takes some %llu MB",
		               (unsigned long long)((bytes >> 20) + 1));
	return br_error_set(error, BR_ERROR_MEMORY, "no memory for the picture%s: %s", amount,
	                    memory_room_text(&room, text));
}

int shortage_refuse(struct br_error *error)
{
	/* threads that there were when libvips got its first picture */
	static atomic_uint others;
	const struct memory_room room = memory_addresses();
	unsigned before = atomic_load(&others);
	const unsigned threads = thread_count();

	/* its own are there after that, and stay */
	if (room.left < (before && threads > before ? ADDRESSES_LATER : ADDRESSES_BESIDE))
		return shortage_judge(BR_ERROR_MEMORY, 0, false, error);
	if (!before)
		(void)atomic_compare_exchange_strong(&others, &before, threads);
	return 0;
}
