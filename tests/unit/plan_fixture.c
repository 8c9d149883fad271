/* plan_fixture.c - see plan_fixture.h. */
#include "plan_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/items.h"

static const uid_t nobody = 65534;

static char folder[PATH_MAX];

int plan_fixture_setup(void **state)
{
	const char *temporary = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%s/batchresize-test-XXXXXX",
	               temporary ? temporary : "/tmp");
	struct plan_fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	if (fixture)
		fixture->options.image = br_image_options_default();
	return fixture && mkdtemp(folder) && chmod(folder, 0777) == 0 && chdir(folder) == 0 ? 0
	                                                                                    : -1;
}

static int remove_folder(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

int plan_fixture_teardown(void **state)
{
	struct plan_fixture *fixture = *state;

	plan_free(fixture->plan);
	free(fixture->text);
	free(fixture);
	return chdir("/") == 0 ? remove_folder() : -1;
}

static void make_parents(const char *path)
{
	char above[PATH_MAX];

	(void)snprintf(above, sizeof(above), "%s", path);
	for (char *at = strchr(above + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		assert_true(mkdir(above, 0777) == 0 || errno == EEXIST);
		*at = '/';
	}
}

void make_file_with(const char *path, const void *bytes, size_t size)
{
	int fd;

	make_parents(path);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(close(fd), 0);
}

void make_file(const char *path, size_t size)
{
	make_file_with(path, "", 0);
	assert_int_equal(truncate(path, (off_t)size), 0);
}

static void count_notice(void *context, bool serious, const char *path, const char *text)
{
	struct plan_fixture *fixture = context;

	fixture->serious += serious;
	fixture->minor += !serious;
	if (serious)
		(void)snprintf(fixture->notice, sizeof(fixture->notice), "%.3000s: %s", path, text);
}

static void print_item(FILE *stream, const struct plan *plan, size_t index)
{
	const struct plan_item *item = plan_item(plan, index);
	size_t size = plan->path_max;
	char *path = malloc(size);

	assert_non_null(path);
	assert_true(plan_source(plan, index, path, size) >= 0);
	(void)fprintf(stream, "%s > ", path);
	for (unsigned output = 0; output < plan_outputs(plan); output++) {
		assert_true(plan_output(plan, index, output, NULL, path, size) >= 0);
		(void)fprintf(stream, "%s%s", output > 0 ? ", " : "", path);
	}
	if (item->refusal != BR_ERROR_NONE)
		(void)fprintf(stream, " !%s",
		              br_error_code_name((enum br_error_code)item->refusal));
	(void)fputc('\n', stream);
	free(path);
}

static void print_plan(struct plan_fixture *fixture)
{
	size_t size;
	FILE *stream = open_memstream(&fixture->text, &size);

	assert_non_null(stream);
	for (size_t i = 0; fixture->plan && i < plan_count(fixture->plan); i++)
		print_item(stream, fixture->plan, i);
	assert_int_equal(fclose(stream), 0);
}

const char *plan_text(struct plan_fixture *fixture, ...)
{
	struct plan_observer observer = {.ctx = fixture, .notice = count_notice};
	const char *paths[16];
	size_t count = 0;
	va_list arguments;

	va_start(arguments, fixture);
	while ((paths[count] = va_arg(arguments, const char *)) != NULL)
		assert_true(++count < sizeof(paths) / sizeof(*paths));
	va_end(arguments);
	fixture->options.paths = paths;
	fixture->options.path_count = count;
	fixture->serious = 0;
	fixture->minor = 0;
	plan_free(fixture->plan);
	free(fixture->text);
	fixture->text = NULL;
	fixture->status =
	    fixture->folds
		? plan_make_folding(&fixture->options, &observer, fixture->folds, &fixture->plan,
	                            &fixture->error)
		: plan_make(&fixture->options, &observer, &fixture->plan, &fixture->error);
	print_plan(fixture);
	return fixture->text;
}

const char *refusal_text(struct plan_fixture *fixture, const char *source)
{
	static struct br_error error;
	size_t size = fixture->plan->path_max;
	char *path = malloc(size);
	bool found = false;

	assert_non_null(path);
	for (size_t i = 0; i < plan_count(fixture->plan) && !found; i++) {
		assert_true(plan_source(fixture->plan, i, path, size) >= 0);
		found = strcmp(path, source) == 0;
		if (found)
			assert_int_not_equal(plan_refusal(fixture->plan, i, &error), 0);
	}
	free(path);
	assert_true(found);
	fixture->error = error;
	return error.msg;
}

bool source_is_named(const struct plan_fixture *fixture, size_t index)
{
	return fixture->plan->item[index].flags & ITEM_EXPLICIT;
}

unsigned entries(const char *path)
{
	DIR *directory = opendir(path);
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	assert_int_equal(closedir(directory), 0);
	return count - 2;
}

void become_nobody(void)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(nobody), 0);
}

void become_root(void)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}
