/* packed.c - the outputs of a picture, as they stand in a row: see internal.h. */
#include <string.h>

#include "base/bytes.h"
#include "state/internal.h"

#define NUMBERS     (4 * 8 + 2 * 4)
#define CHANGED     8       /* bytes of a status change */
#define HAS_CHANGED 0x8000U /* of the length, which is of 16 bits */
_Static_assert(PATH_MAX <= HAS_CHANGED, "a path's length has no bit to spare");

static unsigned char *put(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*at++ = (unsigned char)(value >> 8 * i);
	return at;
}

static size_t path_length(const struct state_output *output)
{
	return strnlen(output->path, PATH_MAX - 1);
}

size_t packed_size(const struct state_output *output, unsigned count)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < count; i++)
		bytes += 2 + path_length(&output[i]) + NUMBERS +
		         (output[i].file.changed != 0 ? CHANGED : 0);
	return bytes;
}

size_t packed_write(const struct state_output *output, unsigned count, unsigned char *bytes)
{
	unsigned char *at = bytes;

	for (unsigned i = 0; i < count; i++) {
		const struct state_file *file = &output[i].file;
		const size_t length = path_length(&output[i]);

		at = put(at, length | (file->changed != 0 ? HAS_CHANGED : 0), 2);
		memcpy(at, output[i].path, length);
		at += length;
		at = put(at, file->size, 8);
		at = put(at, file->inode, 8);
		at = put(at, (uint64_t)file->modified, 8);
		at = put(at, file->hash, 8);
		at = put(at, output[i].width, 4);
		at = put(at, output[i].height, 4);
		if (file->changed != 0)
			at = put(at, (uint64_t)file->changed, CHANGED);
	}
	return (size_t)(at - bytes);
}

bool packed_is_below(const char *path)
{
	if (*path == '/')
		return false;
	while (*path != '\0') {
		const size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return false;
		path += length + (path[length] == '/');
	}
	return true;
}

bool packed_next(const unsigned char **bytes, size_t *size, struct state_output *output,
                 char text[PATH_MAX])
{
	const unsigned char *at = *bytes;
	size_t length, numbers;

	if (*size < 2)
		return false;
	length = le16(at) & ~HAS_CHANGED;
	numbers = NUMBERS + (le16(at) & HAS_CHANGED ? CHANGED : 0);
	if (length == 0 || length >= PATH_MAX || *size - 2 < length + numbers ||
	    memchr(at + 2, '\0', length))
		return false;
	memcpy(text, at + 2, length);
	text[length] = '\0';
	if (!packed_is_below(text))
		return false;
	at += 2 + length;
	*output = (struct state_output){.path = text,
	                                .file = {.size = le64(at),
	                                         .inode = le64(at + 8),
	                                         .modified = (int64_t)le64(at + 16),
	                                         .hash = le64(at + 24)},
	                                .width = le32(at + 32),
	                                .height = le32(at + 36)};
	if (numbers > NUMBERS)
		output->file.changed = (int64_t)le64(at + NUMBERS);
	*bytes = at + numbers;
	*size -= 2 + length + numbers;
	return true;
}

bool packed_read(const unsigned char *bytes, size_t size, struct state_picture *picture,
                 char (*text)[PATH_MAX])
{
	picture->outputs = 0;
	while (
	    picture->outputs < STATE_OUTPUTS_MAX &&
	    packed_next(&bytes, &size, &picture->output[picture->outputs], text[picture->outputs]))
		picture->outputs++;
	return size == 0;
}
