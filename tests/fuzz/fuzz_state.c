/* fuzz_state.c - what earlier runs remember, damaged or made by whoever: it names nothing outside
 * of the output directory, is the same when it is read again, and never keeps a run from
 * remembering.
 *
 * An input is how many bytes of a database are changed, where and by what (three bytes each), and
 * the file of pictures that were told (told.h). An odd number has the hashes of that made right.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "fuzz.h"
#include "state/internal.h"
#include "state/place.h"

#define OUTPUT   "out"
#define DATABASE OUTPUT "/" PLACE_NAME "/" DATABASE_NAME
#define TOLD     OUTPUT "/" PLACE_NAME "/told"

#define NAMES 77

/* Bytes of a database with a few pictures. */
#define DATABASE_SIZE ((size_t)1 << 18)

/* --- a database --------------------------------------------------------------------------------
 */

static struct state_picture picture_of(const char *directory, const char *name)
{
	struct state_picture picture = {.directory = directory,
	                                .name = name,
	                                .source = "/photos",
	                                .file = {100, 2, 3, 4, 5},
	                                .setup = {.options = "quality=80\n", .versions = 9},
	                                .outputs = 2};

	picture.output[0] = (struct state_output){.path = "a-320.jpg", .width = 320, .height = 200};
	picture.output[1] =
	    (struct state_output){.path = "b/a-640.jpg", .width = 640, .height = 400};
	return picture;
}

static struct state *must_open(void)
{
	struct br_error error;
	struct state *state;

	check(state_open(scratch_path(OUTPUT), true, NAMES, &state, &error) == 0);
	return state;
}

static void must_close(struct state *state)
{
	struct br_error error;

	check(state_close(state, true, &error) == 0);
}

static void remember(struct state *state)
{
	struct state_picture picture = picture_of("2024/may", "a.jpg");
	const struct state_poison poison = {.directory = "2024",
	                                    .name = "bad.jpg",
	                                    .source = "/photos/2024",
	                                    .setup = {.options = ""},
	                                    .signal = 11};

	check(state_record(state, &picture) == 0);
	picture.outputs = 1; /* the other is an orphan */
	check(state_record(state, &picture) == 0);
	picture = picture_of("", "b.jpg");
	check(state_record(state, &picture) == 0);
	check(state_add_poison(state, &poison) == 0);
	check(state_note_inode(state, "/photos", 12) == 0);
}

/* Returns its size. */
static size_t make_database(uint8_t *bytes)
{
	struct state *state;
	size_t size;
	FILE *file;
	const int place = place_open(scratch_path(OUTPUT), true);

	check(place >= 0 && close(place) == 0);
	state = must_open();
	remember(state);
	must_close(state);
	file = fopen(scratch_path(DATABASE), "rb");
	check(file != NULL);
	size = fread(bytes, 1, DATABASE_SIZE, file);
	check(fclose(file) == 0);
	check(size > 0 && size < DATABASE_SIZE);
	return size;
}

/* --- what is read ------------------------------------------------------------------------------
 */

struct seen {
	unsigned pictures, orphans, poison;
};

static int see_picture(void *ctx, const struct state_picture *picture, uint64_t names)
{
	struct seen *seen = ctx;

	(void)names;
	check(packed_is_below(picture->directory) && picture->outputs <= STATE_OUTPUTS_MAX);
	for (unsigned i = 0; i < picture->outputs; i++)
		check(*picture->output[i].path != '\0' && packed_is_below(picture->output[i].path));
	seen->pictures++;
	return 0;
}

static int see_orphan(void *ctx, const struct state_picture *picture, uint64_t names)
{
	struct seen *seen = ctx;

	(void)names;
	check(packed_is_below(picture->directory) && picture->outputs == 1);
	check(packed_is_below(picture->output[0].path));
	seen->orphans++;
	return 0;
}

static int see_poison(void *ctx, const struct state_poison *poison)
{
	struct seen *seen = ctx;

	check(packed_is_below(poison->directory) && *poison->name != '\0');
	seen->poison++;
	return 0;
}

static bool is_current(void *ctx, int64_t setup)
{
	(void)ctx;
	return setup & 1;
}

static void see_setup(void *ctx, int64_t id, const struct state_setup *setup)
{
	(void)ctx;
	(void)id;
	check(setup->options != NULL);
}

/* All of it. Returns whether it is whole. */
static bool read_all(struct state *state, struct seen *seen)
{
	struct br_error error;
	struct state_picture picture;
	uint64_t count;
	int status = state_load(state, is_current, NULL, &error);

	*seen = (struct seen){0};
	status = status ? status : state_each_setup(state, see_setup, NULL);
	status = status ? status : state_each_picture(state, see_picture, seen);
	status = status ? status : state_each_orphan(state, see_orphan, seen);
	status = status ? status : state_each_poison(state, see_poison, seen);
	status = status ? status : state_count_sources(state, "/photos", &count);
	(void)state_look(state, "2024/may", "a.jpg", &picture);
	return status == 0;
}

/* As it is, without a byte of it changed. */
static void read_only(const struct seen *wanted)
{
	struct br_error error;
	struct state *state;
	struct seen seen;

	if (state_open(scratch_path(OUTPUT), false, NAMES, &state, &error) != 0) {
		check(!wanted);
		return;
	}
	if (!read_all(state, &seen))
		check(!wanted);
	else if (wanted)
		check(memcmp(&seen, wanted, sizeof(seen)) == 0);
	(void)state_close(state, true, &error);
}

/* As a run does, which sets aside what turns out to be damaged. */
static void read_and_write(void)
{
	struct br_error error;
	struct state *state;
	struct seen seen;
	bool whole = state_open(scratch_path(OUTPUT), true, NAMES, &state, &error) == 0;

	if (whole) {
		whole = read_all(state, &seen);
		whole = state_close(state, true, &error) == 0 && whole;
	}
	if (whole)
		read_only(&seen);
	else
		state_set_aside(scratch_path(OUTPUT));
	state = must_open();
	if (!whole)
		remember(state);
	must_close(state);
}

/* --- an input ----------------------------------------------------------------------------------
 */

static void damage(uint8_t *bytes, size_t size, struct input *input, unsigned changes)
{
	while (changes-- > 0) {
		const size_t high = input_byte(input), low = input_byte(input);

		bytes[(high << 8 | low) % size] ^= input_byte(input);
	}
}

/* Each entry begins with the hash of what follows, and its size. */
static void mend_hashes(uint8_t *bytes, size_t size)
{
	while (size > 16) {
		const uint64_t entry = le64(bytes + 8);
		uint64_t hash;

		if (entry < 16 || entry > size)
			return;
		hash = hash_bytes(bytes + 8, entry - 8, 0);
		memcpy(bytes, &hash, sizeof(hash));
		bytes += entry;
		size -= entry;
	}
}

static void write_told(struct input input, bool mend)
{
	uint8_t *bytes = malloc(input.size + 1);

	check(bytes != NULL);
	if (input.size > 0)
		memcpy(bytes, input.data, input.size);
	if (mend)
		mend_hashes(bytes, input.size);
	if (input.size > 0)
		scratch_write(TOLD, bytes, input.size);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t database[DATABASE_SIZE], changed[DATABASE_SIZE];
	static size_t database_size;
	struct input input = {data, size};
	const uint8_t changes = input_byte(&input);

	if (database_size == 0)
		database_size = make_database(database);
	memcpy(changed, database, database_size);
	damage(changed, database_size, &input, changes / 2);
	scratch_clear();
	check(mkdir(scratch_path(OUTPUT), 0777) == 0);
	check(mkdir(scratch_path(OUTPUT "/" PLACE_NAME), 0777) == 0);
	scratch_write(DATABASE, changed, database_size);
	read_only(NULL);
	write_told(input, changes & 1);
	read_and_write();
	return 0;
}
