/* replay.c - a fuzz target without its fuzzer: reads the files that were kept from earlier runs
 * (tests/fuzz/corpus/<name>/, or those named as arguments), each once, as a unit test. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

/* Bytes of a file: fuzzers are told to make none that is larger. */
#define FILE_MAX 4000000

static void replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *room = malloc(FILE_MAX);
	uint8_t *bytes;
	size_t size;

	printf("file %s\n", path);
	(void)fflush(stdout);
	if (!file || !room)
		abort();
	size = fread(room, 1, FILE_MAX, file);
	if (fclose(file) != 0)
		abort();
	/* in memory of its own size, so that a sanitizer sees what is read beyond */
	bytes = malloc(size);
	if (!bytes)
		abort();
	memcpy(bytes, room, size);
	free(room);
	(void)LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	printf("[       OK ] %s\n", path);
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Always in one order. */
static int replay_folder(const char *folder)
{
	struct dirent **entry;
	char path[PATH_MAX + NAME_MAX + 1];
	const int count = scandir(folder, &entry, is_file, alphasort);

	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
		replay(path);
		free(entry[i]);
	}
	if (count >= 0)
		free(entry);
	return count > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	char folder[PATH_MAX];

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc > 1)
		return 0;
	(void)snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s",
	               name ? name + strlen("fuzz_") : "");
	return replay_folder(folder);
}
