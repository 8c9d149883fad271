/* buffer.h - a growable run of bytes, whose owner decides where its memory comes from.
 *
 * The stages of a task (see executor.h) hand their bytes on in buffers. In the serial, thread and
 * process executors the bytes lie on the heap; in the hybrid executor they lie in memory shared
 * between processes, and growing means asking the system for more of it. The stages cannot tell.
 *
 * A buffer is used by one thread of one process at a time. No function here locks.
 */
#ifndef BATCHRESIZE_BUFFER_H
#define BATCHRESIZE_BUFFER_H

#include <stddef.h>

#include <batchresize/api.h>

BR_API_BEGIN

struct br_buffer {
	unsigned char *data; /* capacity bytes, NULL while capacity is 0 */
	size_t size;         /* bytes in use */
	size_t capacity;     /* bytes that can be used without growing */
	/* Makes capacity at least `capacity` bytes, keeps the first size bytes; data may move.
	 * Returns 0, -ENOMEM, -ENOSPC, or -EFBIG when the buffer may never be that large. */
	int (*grow)(struct br_buffer *buffer, size_t capacity);
};

/* A buffer on the heap, empty. Release it with br_buffer_release(). */
#ifdef __cplusplus
#define BR_BUFFER_HEAP (br_buffer{nullptr, 0, 0, br_buffer_grow_heap})
#else
#define BR_BUFFER_HEAP ((struct br_buffer){.grow = br_buffer_grow_heap})
#endif

/* How a buffer on the heap grows: capacity doubles, or becomes what is asked for if that is more.
 */
int br_buffer_grow_heap(struct br_buffer *buffer, size_t capacity);

/* Makes room for `capacity` bytes in all. Returns 0 or what grow() returned; on failure the buffer
 * is as it was. */
int br_buffer_reserve(struct br_buffer *buffer, size_t capacity);

/* Appends `size` bytes. Returns 0 or what br_buffer_reserve() returned. */
int br_buffer_append(struct br_buffer *buffer, const void *bytes, size_t size);

/* Frees a heap buffer's memory and leaves it empty and usable. Not for buffers that grow otherwise.
 */
void br_buffer_release(struct br_buffer *buffer);

BR_API_END

#endif
