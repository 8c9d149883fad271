/* fuzz_metrics.c - a file of metrics as an earlier run, or whoever, has left it: what is made of it
 * is such a file by Prometheus' text format, and goes on from the same numbers.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "report/metrics.h"

#define FILE_NAME "metrics.prom"
#define FILE_SIZE ((size_t)1 << 16)

static size_t read_back(char *text)
{
	FILE *file = fopen(scratch_path(FILE_NAME), "r");
	size_t size;

	check(file != NULL);
	size = fread(text, 1, FILE_SIZE - 1, file);
	check(fclose(file) == 0);
	check(size < FILE_SIZE - 1);
	text[size] = '\0';
	check(strlen(text) == size);
	return size;
}

/* name{label="word"} number */
static void check_series(const char *line, size_t length)
{
	const size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
	const char *at = line + name;
	char *end;
	double value;

	check(name > strlen("batchresize_") && strncmp(line, "batchresize_", 12) == 0);
	if (*at == '{') {
		at = strchr(at, '}');
		check(at && at < line + length && at[-1] == '"');
		at++;
	}
	check(at[0] == ' ' && (isdigit((unsigned char)at[1]) != 0));
	value = strtod(at + 1, &end);
	check(end == line + length && isfinite(value) && value >= 0);
}

static void check_text(const char *text)
{
	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");

		check(text[length] == '\n');
		if (strncmp(text, "# HELP ", 7) != 0 && strncmp(text, "# TYPE ", 7) != 0)
			check_series(text, length);
		text += length + 1;
	}
}

/* Opens what is there, and writes it again as a run without pictures does. */
static bool pass(char *text)
{
	struct br_error error = {0};
	struct metrics metrics;
	const int status = metrics_open(&metrics, scratch_path(FILE_NAME), &error);

	check(status == 0 || (status == BR_ERROR_USAGE && error.msg[0] != '\0'));
	if (status != 0)
		return false;
	check(metrics_publish(&metrics, &error) == 0);
	(void)read_back(text);
	check_text(text);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char once[FILE_SIZE], twice[FILE_SIZE];

	scratch_write(FILE_NAME, data, size);
	if (pass(once)) {
		check(pass(twice));
		check(strcmp(once, twice) == 0);
	}
	return 0;
}
