/* buffer.c - growable bytes, and how they grow on the heap. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/buffer.h>

/* Below this, growing step by step would cost more than the memory is worth. */
#define HEAP_MINIMUM 4096

int br_buffer_grow_heap(struct br_buffer *buffer, size_t capacity)
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

int br_buffer_reserve(struct br_buffer *buffer, size_t capacity)
{
	return capacity <= buffer->capacity ? 0 : buffer->grow(buffer, capacity);
}

int br_buffer_append(struct br_buffer *buffer, const void *bytes, size_t size)
{
	if (size > SIZE_MAX - buffer->size)
		return -EFBIG;
	int status = br_buffer_reserve(buffer, buffer->size + size);

	if (status)
		return status;
	if (size)
		memcpy(buffer->data + buffer->size, bytes, size);
	buffer->size += size;
	return 0;
}

void br_buffer_release(struct br_buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->size = 0;
	buffer->capacity = 0;
}
