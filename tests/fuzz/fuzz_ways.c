/* fuzz_ways.c - the file of the ways in which outputs were made, damaged or made by whoever: what
 * is read of it is known, what a run adds is known to the next, and what was known stays known.
 *
 * An input is a byte that says whether the file ends as one that is whole does, and its lines.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/hash.h"
#include "fuzz.h"
#include "state/place.h"
#include "state/ways.h"

#define OUTPUT "out"
#define WAYS   OUTPUT "/" PLACE_NAME "/ways"

/* The hash at its end, and what is around it. */
#define END_MAX 32

static void write_file(const struct input *lines, bool whole)
{
	char *text = malloc(lines->size + END_MAX);
	size_t size = lines->size;

	check(text != NULL);
	if (size > 0)
		memcpy(text, lines->data, size);
	if (whole)
		size += (size_t)snprintf(text + size, END_MAX, "end %016llx\n",
		                         (unsigned long long)hash_bytes(text, size, 0));
	scratch_clear();
	check(mkdir(scratch_path(OUTPUT), 0777) == 0);
	check(mkdir(scratch_path(OUTPUT "/" PLACE_NAME), 0777) == 0);
	scratch_write(WAYS, text, size);
	free(text);
}

static void check_read(const struct ways *ways)
{
	check(ways->count == 0 || ways->way != NULL);
	check(!ways->unfinished);
	/* the last of those of the same pictures is the only one */
	for (size_t i = 0; i < ways->count; i++)
		check(ways_has(ways, &ways->way[i]));
}

static bool is_like(const struct state_way *one, const struct state_way *other)
{
	return one->names == other->names && one->source == other->source &&
	       one->output == other->output && one->library == other->library;
}

/* What a run notes that makes pictures in one way. */
static void note(const struct ways *before, struct state_way *way)
{
	const struct ways fresh = {.way = way, .count = 1};
	struct ways now = {0}, then = {0};

	check(ways_note(scratch_path(OUTPUT), &now, &fresh, clock_ns()) == 0);
	check(ways_has(&now, way));
	ways_read(scratch_path(OUTPUT), &then);
	check_read(&then);
	check(then.since == now.since && then.count == now.count);
	for (size_t i = 0; i < then.count; i++) {
		check(ways_has(&then, &now.way[i]));
		check(then.way[i].since == now.way[i].since);
		check(then.way[i].kind == now.way[i].kind);
	}
	/* begun anew, or another one's */
	for (size_t i = 0; i < before->count && then.since == before->since; i++)
		check(ways_has(&then, &before->way[i]) || is_like(&before->way[i], way));
	ways_free(&now);
	ways_free(&then);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct state_setup setup = {.options = "quality=80\n", .versions = 9};
	struct input input = {data, size};
	const bool whole = input_byte(&input) & 1;
	struct state_way way = way_of(&setup, 77);
	struct ways ways = {0};

	write_file(&input, whole);
	ways_read(scratch_path(OUTPUT), &ways);
	check_read(&ways);
	note(&ways, &way);
	ways_free(&ways);
	return 0;
}
