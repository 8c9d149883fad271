#include "box_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

unsigned char box_file[4096];
size_t box_size;

void box_put(uint32_t value, unsigned bytes)
{
	assert_true(box_size + bytes <= sizeof box_file);
	while (bytes--)
		box_file[box_size++] = (unsigned char)(value >> 8 * bytes);
}

void box_put_bytes(const void *data, size_t length)
{
	assert_true(box_size + length <= sizeof box_file);
	memcpy(box_file + box_size, data, length);
	box_size += length;
}

size_t box_begin(const char *type)
{
	box_put(0, 4);
	box_put_bytes(type, 4);
	return box_size - 8;
}

void box_end(size_t box)
{
	const size_t now = box_size;

	box_size = box;
	box_put((uint32_t)(now - box), 4);
	box_size = now;
}
