/* buffer.c - growable bytes; the heap's policy lives here, others with their memory. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/buffer.h>

/* Below this, growing step by step would cost more than the memory is worth. */
#define HEAP_MINIMUM 4096

int buffer_grow_heap(struct buffer *buffer, size_t capacity)
{
	size_t wanted =
	    buffer->capacity > SIZE_MAX / 2 ? capacity : buffer->capacity * 2 + HEAP_MINIMUM;

	/* a whole file that is reserved at once takes no more than it needs */
	if (wanted < capacity)
		wanted = capacity;
	unsigned char *data = realloc(buffer->data, wanted);

	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->capacity = wanted;
	return 0;
}

int buffer_reserve(struct buffer *buffer, size_t capacity)
{
	return capacity <= buffer->capacity ? 0 : buffer->grow(buffer, capacity);
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size > SIZE_MAX - buffer->size)
		return -EFBIG;
	int status = buffer_reserve(buffer, buffer->size + size);

	if (status)
		return status;
	if (size)
		memcpy(buffer->data + buffer->size, bytes, size);
	buffer->size += size;
	return 0;
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->size = 0;
	buffer->capacity = 0;
}
