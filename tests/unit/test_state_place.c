/* test_state_place.c - the files that runs keep below their outputs: none is ever empty. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "state/database.h"
#include "state/lock.h"
#include "state/told.h"
#include "state_fixture.h"

#define PLACE "out/" PLACE_NAME

static int open_place(void)
{
	int place;

	make_place("out");
	place = place_open("out", false);
	assert_true(place >= 0);
	return place;
}

/* Files without names, of which a name is given to what is complete. */
static bool has_nameless(int place)
{
	const int file = openat(place, ".", O_TMPFILE | O_RDWR, 0600);

	if (file >= 0)
		(void)close(file);
	return file >= 0;
}

static off_t size_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_size : -1;
}

/* In a child that is killed when it writes more than so many bytes to a file. */
static void be_killed_writing(rlim_t bytes, void (*act)(int place), int place)
{
	const struct rlimit most = {bytes, bytes};
	const pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGXFSZ, SIG_DFL);
		if (setrlimit(RLIMIT_FSIZE, &most) == 0)
			act(place);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

static void take_lock(int place)
{
	struct lock_holder holder;
	struct lock lock;

	(void)lock_take(&lock, place, false, &holder);
}

static int tell_one(struct state *state)
{
	char options[] = "";
	const struct state_picture picture = {
	    .directory = "", .name = "a.jpg", .source = "", .setup = {.options = options}};

	return told_add(state, &picture);
}

static void tell(int place)
{
	char output[] = "out";
	struct state state = {.output = output, .told = -1};

	(void)place;
	(void)tell_one(&state);
}

static void make_database(int place)
{
	struct br_error error;
	sqlite3 *database;

	(void)place;
	(void)database_open("out", DATABASE_WRITE, &database, &error);
}

static void who_is_killed_leaves_no_empty_file(void **state)
{
	const int place = open_place();

	(void)state;
	if (!has_nameless(place)) {
		(void)close(place);
		skip();
	}
	be_killed_writing(0, take_lock, place);
	assert_int_equal(size_of(PLACE "/lock"), -1);
	be_killed_writing(0, tell, place);
	assert_int_equal(size_of(PLACE "/told"), -1);
	be_killed_writing(0, make_database, place);
	assert_int_equal(size_of(PLACE "/state.db"), -1);
	(void)close(place);
}

/* As it is before SQLite has written to it. */
static void a_database_without_tables_is_one(void **state)
{
	struct br_error error;
	sqlite3 *database;
	const int place = open_place();

	(void)state;
	be_killed_writing(4096, make_database, place);
	assert_int_equal(size_of(PLACE "/state.db"), 4096);
	assert_int_equal(database_open("out", DATABASE_READ, &database, &error), -ENOENT);
	assert_int_equal(database_open("out", DATABASE_WRITE, &database, &error), 0);
	assert_true(database_version(database) > 0);
	database_close(database);
	(void)close(place);
}

static void who_is_killed_leaves_the_lock_of_another_run(void **state)
{
	const int place = open_place();
	struct lock_holder holder;
	struct lock lock;

	(void)state;
	assert_int_equal(lock_take(&lock, place, false, &holder), 0);
	lock_release(&lock);
	be_killed_writing(0, take_lock, place);
	assert_true(size_of(PLACE "/lock") > 0);
	/* for whoever believed that there is none, too */
	assert_int_equal(lock_take(&lock, place, true, &holder), 0);
	lock_release(&lock);
	(void)close(place);
}

static void *let_go_soon(void *arg)
{
	struct lock *lock = arg;

	(void)poll(NULL, 0, 50);
	lock_release(lock);
	return NULL;
}

/* It is let go while it is asked who has it: nobody alive. */
static void who_has_gone_meanwhile_leaves_the_lock(void **state)
{
	const int place = open_place();
	struct lock_holder holder;
	struct lock lock, own;
	pthread_t thread;
	char text[320], host[65];
	const pid_t gone = fork();

	(void)state;
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_int_equal(lock_take(&lock, place, false, &holder), 0);
	(void)snprintf(text, sizeof(text), "%d %s %d\n", (int)gone, host, 1);
	assert_int_equal(ftruncate(lock.file, 0), 0);
	assert_int_equal(pwrite(lock.file, text, strlen(text), 0), strlen(text));
	assert_int_equal(pthread_create(&thread, NULL, let_go_soon, &lock), 0);
	assert_int_equal(lock_take(&own, place, false, &holder), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	lock_release(&own);
	(void)close(place);
}

/* As one has that serves files over a network: to open it says EAGAIN, as a lock does. */
static void a_lease_is_no_lock_of_a_run(void **state)
{
	const int place = open_place();
	struct lock_holder holder;
	struct lock lock;
	int file;

	(void)state;
	assert_int_equal(lock_take(&lock, place, false, &holder), 0);
	lock_release(&lock);
	file = open(PLACE "/lock", O_RDWR);
	assert_true(file >= 0);
	(void)signal(SIGIO, SIG_IGN); /* who has a lease is told that another wants the file */
	if (fcntl(file, F_SETLEASE, F_WRLCK) != 0)
		skip();
	assert_int_equal(lock_take(&lock, place, false, &holder), -EBUSY);
	(void)close(file);
	assert_int_equal(lock_take(&lock, place, false, &holder), 0);
	lock_release(&lock);
	(void)close(place);
}

static void a_file_is_made_once(void **state)
{
	const int place = open_place();
	const int file = place_make_file(place, "new", 0, "ab", 2);
	char bytes[4];

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(write(file, "c", 1), 1);
	assert_int_equal(pread(file, bytes, sizeof(bytes), 0), 3);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(size_of(PLACE "/new"), 3);
	assert_int_equal(place_make_file(place, "new", 0, "x", 1), -EEXIST);
	assert_int_equal(size_of(PLACE "/new"), 3);
	(void)close(file);
	(void)close(place);
}

static ino_t number_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_ino;
}

static void what_is_told_between_transactions_is_in_one_file(void **unused)
{
	char output[] = "out";
	struct state state = {.output = output, .told = -1};
	const int place = open_place();
	off_t size;
	ino_t number;

	(void)unused;
	assert_false(told_exists(&state));
	assert_int_equal(tell_one(&state), 0);
	size = size_of(PLACE "/told");
	number = number_of(PLACE "/told");
	assert_true(size > 0 && told_exists(&state));
	told_clear(&state);
	assert_int_equal(size_of(PLACE "/told"), 0);
	assert_false(told_exists(&state));
	assert_int_equal(tell_one(&state), 0);
	assert_int_equal(size_of(PLACE "/told"), size);
	assert_true(number_of(PLACE "/told") == number);
	told_clear(&state);
	told_close(&state);
	assert_int_equal(size_of(PLACE "/told"), -1);
	(void)close(place);
}

static void what_no_transaction_has_is_kept(void **unused)
{
	char output[] = "out";
	struct state state = {.output = output, .told = -1};
	const int place = open_place();

	(void)unused;
	assert_int_equal(tell_one(&state), 0);
	told_close(&state);
	assert_true(told_exists(&state));
	(void)close(place);
}

static void a_file_that_another_run_has_removed_is_made_again(void **unused)
{
	char output[] = "out";
	struct state state = {.output = output, .told = -1};
	const int place = open_place();

	(void)unused;
	assert_int_equal(tell_one(&state), 0);
	assert_int_equal(unlink(PLACE "/told"), 0);
	told_clear(&state);
	assert_int_equal(tell_one(&state), 0);
	assert_true(told_exists(&state));
	told_close(&state);
	(void)close(place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(who_is_killed_leaves_no_empty_file),
	    TEST(a_database_without_tables_is_one),
	    TEST(who_is_killed_leaves_the_lock_of_another_run),
	    TEST(who_has_gone_meanwhile_leaves_the_lock),
	    TEST(a_lease_is_no_lock_of_a_run),
	    TEST(a_file_is_made_once),
	    TEST(what_is_told_between_transactions_is_in_one_file),
	    TEST(what_no_transaction_has_is_kept),
	    TEST(a_file_that_another_run_has_removed_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
