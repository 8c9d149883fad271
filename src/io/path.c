/* path.c - see path.h. */
#include "io/path.h"

#include <stdbool.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

struct path_shown path_shown_within(const char *path, size_t max)
{
	static const char dots[] = "...";
	struct path_shown shown;
	size_t length = strlen(path);
	size_t used = 0;

	if (length >= max) {
		path += length - (max - sizeof(dots));
		while (is_continuation((unsigned char)*path))
			path++;
		memcpy(shown.text, dots, sizeof(dots) - 1);
		used = sizeof(dots) - 1;
	}
	for (; *path != '\0'; path++) {
		bool control = (unsigned char)*path < 0x20 || *path == 0x7F;

		shown.text[used] = *path;
		if (control)
			shown.text[used] = '?';
		used++;
	}
	shown.text[used] = '\0';
	return shown;
}

struct path_shown path_shown(const char *path)
{
	return path_shown_within(path, PATH_SHOWN_MAX);
}
