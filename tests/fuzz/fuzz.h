/* fuzz.h - what fuzz targets share: how an input is cut into pieces, what must hold, and a folder
 * for those that need files. One thread. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Each target's. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program unless it holds: the fuzzer keeps the input. */
static inline void check(bool holds)
{
	if (!holds)
		abort();
}

/* What is left of an input. */
struct input {
	const uint8_t *data;
	size_t size;
};

/* The next byte; 0 at the end. */
uint8_t input_byte(struct input *input);

/* The bytes up to the next NUL, or the rest, as a string of its own memory, so that the sanitizer
 * sees what is read beyond it; freed by the caller. */
char *input_string(struct input *input);

/* Whether a path is relative and each of its parts is a name: neither empty, nor "." or "..". */
bool is_plain_path(const char *path);

/* The path of a file called `name` in a folder that is the program's own, made when it is asked for
 * first and removed at its end. Lives until the next call. */
const char *scratch_path(const char *name);

/* Replaces that file by one with these bytes. */
void scratch_write(const char *name, const void *bytes, size_t size);

/* Removes what is in the folder. */
void scratch_clear(void);

#endif
