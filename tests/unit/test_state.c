/* test_state.c - what runs remember of pictures, and what they believe of it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "state/internal.h"
#include "state_fixture.h"

#define NAMES 77

/* --- pictures ----------------------------------------------------------------------------------
 */

static struct state_file file_of(const char *path)
{
	struct stat st;
	struct state_file file;

	assert_int_equal(lstat(path, &st), 0);
	file = state_file_of(&st);
	assert_int_equal(state_hash_file(path, NULL, &file.hash), 0);
	return file;
}

/* Of one output, which lies there. */
static struct state_picture picture_of(const char *directory, const char *name)
{
	struct state_picture picture = {
	    .directory = directory,
	    .name = name,
	    .source = "/photos",
	    .file = {.size = 5, .inode = 6, .modified = 7, .changed = 8, .hash = 9},
	    .setup = {.options = "quality=80\n", .source = 1, .output = 2, .versions = 3},
	    .outputs = 1,
	};
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "out/%s/%s", directory, name);
	if (!exists(path))
		make_file_with(path, "an output", 9);
	picture.output[0] =
	    (struct state_output){.path = name, .file = file_of(path), .width = 30, .height = 20};
	return picture;
}

static void record(struct state *state, const char *directory, const char *name)
{
	const struct state_picture picture = picture_of(directory, name);

	assert_int_equal(state_record(state, &picture), 0);
}

static bool yes(void *ctx, int64_t id)
{
	(void)ctx;
	(void)id;
	return true;
}

static bool no(void *ctx, int64_t id)
{
	return !yes(ctx, id);
}

/* By what was read ahead, and by what the database says when it is asked: both are to say the same.
 */
static enum state_verdict verdict_of(bool write, uint64_t names, const char *directory,
                                     const char *name, const struct state_file *source,
                                     bool (*is_current)(void *ctx, int64_t id))
{
	struct state *state = open_state(write, names);
	const uint64_t identity = state_identity(source) ^ state_where(state, "/photos");
	enum state_verdict verdict, asked;
	struct br_error error;

	assert_int_equal(state_load(state, is_current, NULL, &error), 0);
	verdict = state_find(state, state_key_path(directory), name, identity);
	close_state(state);
	if (!write) /* which would put the journal in order for the next question */
		return verdict;
	state = open_state(write, names);
	assert_int_equal(state_prepare(state, is_current, NULL, &error), 0);
	assert_int_equal(state_ask(state, directory, name, identity, &asked), 0);
	assert_int_equal(asked, verdict);
	close_state(state);
	return verdict;
}

static enum state_verdict verdict(const char *directory, const char *name)
{
	const struct state_file source = picture_of("", "any").file;

	return verdict_of(true, NAMES, directory, name, &source, yes);
}

static void a_picture_comes_back_as_it_was_told(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	struct state_picture told = picture_of("2024/may", "\xFF\n'%s.jpg"), got;

	(void)cmocka;
	told.adopted = true;
	told.setup.library = true;
	assert_int_equal(state_record(state, &told), 0);
	close_state(state);
	state = open_state(false, NAMES);
	assert_int_equal(state_look(state, told.directory, told.name, &got), 0);
	assert_string_equal(got.directory, told.directory);
	assert_string_equal(got.name, told.name);
	assert_string_equal(got.source, told.source);
	assert_memory_equal(&got.file, &told.file, sizeof(got.file));
	assert_string_equal(got.setup.options, told.setup.options);
	assert_true(got.setup.source == 1 && got.setup.output == 2 && got.setup.versions == 3);
	assert_true(got.setup.library && got.adopted);
	assert_int_equal(got.outputs, 1);
	assert_string_equal(got.output[0].path, told.output[0].path);
	assert_true(got.output[0].file.hash == told.output[0].file.hash);
	assert_true(got.output[0].width == 30 && got.output[0].height == 20);
	assert_int_equal(state_look(state, told.directory, "other", &got), -ENOENT);
	assert_int_equal(state_look(state, "2024", told.name, &got), -ENOENT);
	close_state(state);
	/* names of its outputs that nobody asks for now */
	state = open_state(false, NAMES + 1);
	assert_int_equal(state_look(state, told.directory, told.name, &got), -ENOENT);
	assert_int_equal(state_look_otherwise(state, told.directory, told.name, &got), 0);
	assert_string_equal(got.setup.options, told.setup.options);
	assert_int_equal(state_look_otherwise(state, told.directory, "other", &got), -ENOENT);
	close_state(state);
}

static void what_is_as_it_was_is_the_same(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	struct state_file source = picture_of("", "a.jpg").file;
	enum state_verdict asked;

	(void)cmocka;
	record(state, "", "a.jpg");
	record(state, "sub", "a.jpg");
	close_state(state);
	assert_int_equal(verdict("", "a.jpg"), STATE_SAME);
	assert_int_equal(verdict("sub", "a.jpg"), STATE_SAME);
	assert_int_equal(verdict("", "b.jpg"), STATE_UNKNOWN);
	assert_int_equal(verdict("sub/sub", "a.jpg"), STATE_UNKNOWN);
	assert_int_equal(verdict_of(false, NAMES, "sub", "a.jpg", &source, yes), STATE_SAME);
	assert_int_equal(verdict_of(true, NAMES, "", "a.jpg", &source, no), STATE_SETUP);
	assert_int_equal(verdict_of(true, NAMES + 1, "", "a.jpg", &source, yes), STATE_OTHERS);
	/* who has not asked for it knows nothing */
	state = open_state(true, NAMES);
	assert_int_equal(state_ask(state, "", "a.jpg", state_identity(&source), &asked), 0);
	assert_int_equal(asked, STATE_UNKNOWN);
	close_state(state);
	source.changed++;
	assert_int_equal(verdict_of(true, NAMES, "", "a.jpg", &source, yes), STATE_SOURCE);
}

static void a_source_that_lies_elsewhere_is_another(void **cmocka)
{
	const struct state_file source = picture_of("", "a.jpg").file;
	struct state *state = open_state(true, NAMES);
	enum state_verdict asked;
	struct br_error error;
	uint64_t here, there;

	(void)cmocka;
	record(state, "", "a.jpg");
	close_state(state);
	state = open_state(true, NAMES);
	here = state_identity(&source) ^ state_where(state, "/photos");
	there = state_identity(&source) ^ state_where(state, "/elsewhere");
	assert_int_equal(state_load(state, yes, NULL, &error), 0);
	assert_int_equal(state_find(state, STATE_KEY_ROOT, "a.jpg", here), STATE_SAME);
	assert_int_equal(state_find(state, STATE_KEY_ROOT, "a.jpg", there), STATE_SOURCE);
	close_state(state);
	state = open_state(true, NAMES);
	assert_int_equal(state_prepare(state, yes, NULL, &error), 0);
	assert_int_equal(state_ask(state, "", "a.jpg", here, &asked), 0);
	assert_int_equal(asked, STATE_SAME);
	assert_int_equal(state_ask(state, "", "a.jpg", there, &asked), 0);
	assert_int_equal(asked, STATE_SOURCE);
	close_state(state);
}

static void each_output_is_looked_at(void **cmocka)
{
	static const char path[] = "out/a.jpg";
	struct state *state = open_state(true, NAMES);
	struct stat st;

	(void)cmocka;
	record(state, "", "a.jpg");
	close_state(state);
	assert_int_equal(stat(path, &st), 0);
	/* another file with the same time: its bytes decide */
	make_file_with("other", "an output", 9);
	assert_int_equal(
	    utimensat(AT_FDCWD, "other", (struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
	assert_int_equal(rename("other", path), 0);
	assert_int_equal(verdict("", "a.jpg"), STATE_MOVED);
	make_file_with("other", "an outpuT", 9);
	assert_int_equal(
	    utimensat(AT_FDCWD, "other", (struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
	assert_int_equal(rename("other", path), 0);
	assert_int_equal(verdict("", "a.jpg"), STATE_TOUCHED);
	assert_int_equal(truncate(path, 5), 0);
	assert_int_equal(verdict("", "a.jpg"), STATE_TOUCHED);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(verdict("", "a.jpg"), STATE_TOUCHED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(verdict("", "a.jpg"), STATE_GONE);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(verdict("", "a.jpg"), STATE_TOUCHED);
}

static void what_is_told_again_counts(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	struct state_picture picture = picture_of("", "a.jpg"), got;

	(void)cmocka;
	make_file_with("out/b.jpg", "another", 7);
	picture.outputs = 2;
	picture.output[1] = (struct state_output){.path = "b.jpg", .file = file_of("out/b.jpg")};
	assert_int_equal(state_record(state, &picture), 0);
	close_state(state);
	state = open_state(true, NAMES);
	picture.outputs = 1;
	picture.setup.options = "quality=90\n";
	assert_int_equal(state_record(state, &picture), 0);
	close_state(state);
	state = open_state(false, NAMES);
	assert_int_equal(state_look(state, "", "a.jpg", &got), 0);
	assert_string_equal(got.setup.options, "quality=90\n");
	assert_int_equal(got.outputs, 1);
	close_state(state);
	assert_int_equal(ask("SELECT count(*) FROM picture"), 1);
	/* what it had and has no longer is an orphan */
	assert_int_equal(ask("SELECT count(*) FROM orphan WHERE path = CAST('b.jpg' AS BLOB)"), 1);
	assert_int_equal(ask("SELECT count(*) FROM orphan"), 1);
	/* but not what one of the same name in another directory has */
	state = open_state(true, NAMES);
	picture.source = "/elsewhere";
	picture.output[0].path = "b.jpg";
	assert_int_equal(state_record(state, &picture), 0);
	close_state(state);
	assert_int_equal(ask("SELECT count(*) FROM orphan WHERE path = CAST('a.jpg' AS BLOB)"), 0);
}

struct counted {
	unsigned count, of_90;
};

static void count_setup(void *ctx, int64_t id, const struct state_setup *setup)
{
	struct counted *counted = ctx;

	assert_true(id > 0 && setup->output == 2);
	counted->count++;
	counted->of_90 += strcmp(setup->options, "quality=90\n") == 0;
}

static void many_pictures_find_room(void **cmocka)
{
	const struct state_picture like = picture_of("", "any");
	struct state *state = open_state(true, NAMES);
	struct counted counted = {0};
	struct br_error error;
	char name[16], directory[16];

	(void)cmocka;
	for (unsigned i = 0; i < 2000; i++) {
		struct state_picture picture = like;

		(void)snprintf(name, sizeof(name), "%u", i);
		(void)snprintf(directory, sizeof(directory), "d%u", i % 300);
		picture.name = name;
		picture.directory = directory;
		picture.setup.options = i % 2 ? "quality=80\n" : "quality=90\n";
		picture.file.size = i;
		assert_int_equal(state_record(state, &picture), 0);
	}
	close_state(state);
	state = open_state(false, NAMES);
	assert_int_equal(state_each_setup(state, count_setup, &counted), 0);
	assert_true(counted.count == 2 && counted.of_90 == 1);
	assert_int_equal(state_load(state, no, NULL, &error), 0);
	assert_int_equal(state_pictures(state), 2000);
	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		(void)snprintf(directory, sizeof(directory), "d%u", i % 300);
		assert_int_equal(state_find(state, state_key_path(directory), name, 1),
		                 STATE_SETUP);
	}
	close_state(state);
}

static uint64_t held(bool write, const char *directory)
{
	struct state *state = open_state(write, NAMES);
	uint64_t count = 99;

	assert_int_equal(state_count_sources(state, directory, &count), 0);
	close_state(state);
	return count;
}

static void sources_are_counted_by_their_directory(void **cmocka)
{
	static const char *const sources[] = {"/photos",  "/photos",      "/photos/sub",
	                                      "/photos2", "/pho\xFF\x01", ""};
	struct state_picture picture;
	struct state *state;

	(void)cmocka;
	assert_int_equal(held(true, "/photos"), 0);
	state = open_state(true, NAMES);
	for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const char name[] = {(char)('a' + i), '\0'};

		picture = picture_of("", name);
		picture.source = sources[i];
		assert_int_equal(state_record(state, &picture), 0);
	}
	close_state(state);
	/* the same once more, under other names of its outputs */
	state = open_state(true, NAMES + 1);
	picture = picture_of("", "a");
	assert_int_equal(state_record(state, &picture), 0);
	close_state(state);
	for (int write = 0; write < 2; write++) {
		assert_int_equal(held(write, "/photos"), 3);
		assert_int_equal(held(write, "/photos/sub"), 1);
		assert_int_equal(held(write, "/photos/sub/none"), 0);
		assert_int_equal(held(write, "/photos2"), 1);
		assert_int_equal(held(write, "/pho"), 0);
		assert_int_equal(held(write, "/pho\xFF\x01"), 1);
		assert_int_equal(held(write, ""), 6);
	}
}

static void reading_can_be_stopped(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	struct br_error error;

	(void)cmocka;
	record(state, "", "a.jpg");
	close_state(state);
	state = open_state(false, NAMES);
	state_stop(state);
	assert_int_equal(state_load(state, yes, NULL, &error), -ECANCELED);
	assert_int_equal(error.code, BR_ERROR_CANCELLED);
	close_state(state);
}

/* --- a run that was killed ---------------------------------------------------------------------
 */

/* Tells of a picture, if it has a name, with these options, and is gone without a word. */
static void be_killed(const char *options, const char *name)
{
	const pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct br_error error;
		struct state *state;
		int64_t since;
		bool killed;

		if (state_open("out", true, NAMES, &state, &error) != 0 ||
		    state_begin(state, options, &since, &killed) != 0)
			_exit(1);
		if (name) {
			const struct state_picture picture = picture_of("", name);

			if (state_record(state, &picture) != 0 || state_commit(state, true) != 0)
				_exit(2);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void what_a_killed_run_has_told_counts(void **cmocka)
{
	struct state_file source;

	(void)cmocka;
	make_place("out");
	source = picture_of("", "a.jpg").file;
	be_killed("x", "a.jpg");
	/* also for one that may write nothing */
	assert_int_equal(verdict_of(false, NAMES, "", "a.jpg", &source, yes), STATE_SAME);
	assert_int_equal(verdict_of(true, NAMES, "", "a.jpg", &source, yes), STATE_SAME);
	assert_int_equal(ask("SELECT count(*) FROM journal"), 0);
	assert_int_equal(ask("SELECT count(*) FROM picture"), 1);
}

/* More than are sorted, and of more directories than are known, at a time. */
#define MANY 131200

static void tell_many(const struct state_picture *like)
{
	struct br_error error;
	struct state *state;
	char name[16], directory[16];

	if (state_open("out", true, NAMES, &state, &error) != 0)
		_exit(1);
	for (unsigned i = 0; i < MANY; i++) {
		struct state_picture picture = *like;

		(void)snprintf(name, sizeof(name), "%u", i);
		(void)snprintf(directory, sizeof(directory), "%u", i / 2);
		picture.name = name;
		picture.directory = directory;
		if (state_record(state, &picture) != 0)
			_exit(2);
	}
	_exit(state_commit(state, true) == 0 ? 0 : 3);
}

static void a_run_without_an_end_is_put_in_order_meanwhile(void **cmocka)
{
	const struct state_picture like = picture_of("", "any");
	struct state *state;
	struct state_picture got;
	pid_t child;
	int status;

	(void)cmocka;
	make_place("out");
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		tell_many(&like);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(ask("SELECT count(*) FROM journal") < MANY / 2);
	assert_int_equal(ask("SELECT count(*) FROM directory"), MANY / 2 + 1);
	close_state(open_state(true, NAMES));
	state = open_state(true, NAMES);
	for (unsigned i = 0; i < MANY; i += 13109) {
		char name[16], directory[16];

		(void)snprintf(name, sizeof(name), "%u", i);
		(void)snprintf(directory, sizeof(directory), "%u", i / 2);
		assert_int_equal(state_look(state, directory, name, &got), 0);
	}
	close_state(state);
}

static int64_t begin(const char *options, bool complete, bool after_kill)
{
	struct state *state = open_state(true, NAMES);
	struct br_error error;
	int64_t since;
	bool killed;

	assert_int_equal(state_begin(state, options, &since, &killed), 0);
	assert_int_equal(killed, after_kill);
	assert_int_equal(state_close(state, complete, &error), 0);
	return since;
}

static void a_killed_run_with_other_options_casts_doubt(void **cmocka)
{
	int64_t since;

	(void)cmocka;
	make_place("out");
	assert_true(begin("x", true, false) == INT64_MAX);
	be_killed("x", NULL);
	assert_true(begin("x", false, true) == INT64_MAX);
	since = begin("y", false, true);
	assert_true(since != INT64_MAX);
	/* until one has come to its end, whatever its options */
	assert_true(begin("y", false, true) == since);
	assert_true(begin("y", true, true) == since);
	assert_true(begin("z", true, false) == INT64_MAX);
}

/* --- what somebody else has written ------------------------------------------------------------
 */

static void rows_are_believed_no_further_than_they_make_sense(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	struct br_error error;

	(void)cmocka;
	record(state, "", "a.jpg");
	record(state, "", "b.jpg");
	close_state(state);
	make_file("secret", 9);
	execute("UPDATE picture SET outputs = x'ffff00' WHERE name = CAST('a.jpg' AS BLOB)");
	assert_int_equal(verdict("", "a.jpg"), STATE_GONE);
	execute("UPDATE picture SET outputs = x'' WHERE name = CAST('a.jpg' AS BLOB)");
	assert_int_equal(verdict("", "a.jpg"), STATE_GONE);
	/* a length of 9: ../secret */
	execute("UPDATE picture SET outputs = x'0900' || CAST('../secret' AS BLOB) || zeroblob(40)"
	        " WHERE name = CAST('a.jpg' AS BLOB)");
	assert_int_equal(verdict("", "a.jpg"), STATE_GONE);
	assert_int_equal(verdict("", "b.jpg"), STATE_SAME);
	/* a directory that leads out */
	execute("UPDATE directory SET path = CAST('../out' AS BLOB) WHERE path = x''");
	assert_int_equal(verdict("../out", "b.jpg"), STATE_GONE);
	/* one that is none */
	execute("DELETE FROM directory");
	state = open_state(true, NAMES);
	assert_int_equal(state_load(state, yes, NULL, &error), BR_ERROR_CORRUPT);
	assert_int_equal(state_close(state, false, &error), BR_ERROR_CORRUPT);
}

static void after_a_fault_nothing_is_written(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	struct state_picture picture = picture_of("", "a.jpg");
	struct br_error error;

	(void)cmocka;
	record(state, "", "a.jpg");
	close_state(state);
	execute("DROP TABLE journal");
	state = open_state(true, NAMES);
	assert_int_equal(state_record(state, &picture), BR_ERROR_CORRUPT);
	assert_int_equal(state_record(state, &picture), BR_ERROR_CORRUPT);
	assert_int_equal(state_commit(state, true), BR_ERROR_CORRUPT);
	state_error(state, &error);
	assert_int_equal(error.code, BR_ERROR_CORRUPT);
	assert_int_equal(state_close(state, true, &error), BR_ERROR_CORRUPT);
	state_set_aside("out");
	assert_true(exists(DAMAGED_PATH));
	close_state(open_state(true, NAMES));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_picture_comes_back_as_it_was_told),
	    TEST(what_is_as_it_was_is_the_same),
	    TEST(a_source_that_lies_elsewhere_is_another),
	    TEST(each_output_is_looked_at),
	    TEST(what_is_told_again_counts),
	    TEST(many_pictures_find_room),
	    TEST(sources_are_counted_by_their_directory),
	    TEST(reading_can_be_stopped),
	    TEST(what_a_killed_run_has_told_counts),
	    TEST(a_run_without_an_end_is_put_in_order_meanwhile),
	    TEST(a_killed_run_with_other_options_casts_doubt),
	    TEST(rows_are_believed_no_further_than_they_make_sense),
	    TEST(after_a_fault_nothing_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
