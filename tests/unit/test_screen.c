/* The bar on a terminal: a pseudo-terminal, of which every byte is looked at. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/screen.h"

struct stage {
	int master, slave;
	struct screen screen;
	struct br_batch_progress progress;
};

static void set_columns(const struct stage *stage, unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};

	assert_int_equal(ioctl(stage->slave, TIOCSWINSZ, &size), 0);
}

static void begin(struct stage *stage, const char *term, enum report_bar bar)
{
	struct termios raw;

	memset(stage, 0, sizeof(*stage));
	assert_int_equal(openpty(&stage->master, &stage->slave, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(stage->slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(stage->slave, TCSANOW, &raw), 0);
	assert_int_equal(setenv("TERM", term, 1), 0);
	assert_int_equal(setenv("LC_ALL", "C", 1), 0);
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	set_columns(stage, 40);
	stage->screen = screen_new(stage->slave, bar, false);
	stage->progress.total = 10;
}

static void pass(struct stage *stage, double seconds, unsigned images)
{
	stage->progress.elapsed += seconds;
	stage->progress.done += images;
	screen_update(&stage->screen, &stage->progress);
}

/* What the terminal was sent since the last look. A mark of our own says where it ends, since bytes
 * take a moment to come through. */
static void assert_sent(const struct stage *stage, const char *expected)
{
	char sent[2048];
	size_t size = 0;

	assert_int_equal(write(stage->slave, "$", 1), 1);
	do {
		assert_true(size < sizeof(sent));
		assert_int_equal(read(stage->master, sent + size, 1), 1);
	} while (sent[size++] != '$');
	sent[size - 1] = '\0';
	assert_string_equal(sent, expected);
}

static void end(struct stage *stage)
{
	screen_release(&stage->screen);
	assert_int_equal(close(stage->master), 0);
	assert_int_equal(close(stage->slave), 0);
}

static void say(struct stage *stage, const char *message)
{
	text_add(screen_begin(&stage->screen), message);
	screen_message(&stage->screen);
}

static void test_bar_comes_and_goes(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "xterm", REPORT_BAR_AUTO);
	pass(&stage, 0.2, 1);
	assert_sent(&stage, ""); /* a short run needs none */
	pass(&stage, 0.2, 1);
	assert_sent(&stage, "\r 20%  [###------------]   2/10    5.0/s\033[J\r");
	pass(&stage, 0.05, 1);
	assert_sent(&stage, ""); /* not more often than ten times a second */
	pass(&stage, 0.06, 1);
	assert_sent(&stage, "\r 40%  [######---------]   4/10    7.9/s\033[J\r");
	screen_end(&stage.screen);
	assert_sent(&stage, "\r\033[J");
	pass(&stage, 1, 1);
	say(&stage, "summary\n");
	assert_sent(&stage, "summary\n");
	end(&stage);
}

static void test_messages_stand_above(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "xterm", REPORT_BAR_AUTO);
	say(&stage, "early\n");
	assert_sent(&stage, "early\n");
	pass(&stage, 0.5, 5);
	assert_sent(&stage, "\r 50%  [#######--------]   5/10   10.0/s\033[J\r");
	say(&stage, "late\n");
	assert_sent(&stage, "\r\033[Jlate\n\r 50%  [#######--------]   5/10   10.0/s\033[J\r");
	screen_erase(&stage.screen);
	assert_sent(&stage, "\r\033[J");
	screen_redraw(&stage.screen);
	assert_sent(&stage, "\r 50%  [#######--------]   5/10   10.0/s\033[J\r");
	end(&stage);
}

static void test_window_changes(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "xterm", REPORT_BAR_AUTO);
	set_columns(&stage, 26);
	pass(&stage, 0.35, 5);
	/* One column stays free, so that nothing wraps. */
	assert_sent(&stage, "\r 50%  [#####-----]   5/10\033[J\r");
	set_columns(&stage, 25);
	pass(&stage, 0.35, 0);
	assert_sent(&stage, "\r 50%   5/10\033[J\r");
	set_columns(&stage, 1);
	pass(&stage, 0.35, 0);
	assert_sent(&stage, "\r\033[J\r");
	set_columns(&stage, 30);
	pass(&stage, 0.35, 0);
	assert_sent(&stage, "\r 50%  [#######-------]   5/10\033[J\r");
	end(&stage);
}

static void test_colour_and_utf8_by_the_environment(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "xterm", REPORT_BAR_AUTO);
	stage.progress.failed = 1;
	set_columns(&stage, 24);
	pass(&stage, 0.5, 5);
	assert_sent(&stage, "\r 50%   5/10  \033[31m1 failed\033[0m\033[J\r");
	end(&stage);

	begin(&stage, "xterm", REPORT_BAR_AUTO);
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	stage.screen = screen_new(stage.slave, REPORT_BAR_AUTO, false);
	stage.progress.failed = 1;
	set_columns(&stage, 36);
	pass(&stage, 0.5, 5);
	assert_sent(&stage, "\r 50%  \u2595\u2588\u2588\u2588\u2588\u2588     \u258F   5/10  1 "
	                    "failed\033[J\r");
	end(&stage);
}

static void test_no_bar(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "xterm", REPORT_BAR_NEVER);
	pass(&stage, 5, 5);
	assert_sent(&stage, "");
	end(&stage);
	begin(&stage, "dumb", REPORT_BAR_AUTO);
	pass(&stage, 5, 5);
	assert_sent(&stage, "");
	end(&stage);
	begin(&stage, "dumb", REPORT_BAR_ALWAYS);
	pass(&stage, 1, 5);
	assert_sent(&stage, " 50%   5/10    5.0/s      0 B/s\n");
	end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bar_comes_and_goes),
	    cmocka_unit_test(test_messages_stand_above),
	    cmocka_unit_test(test_window_changes),
	    cmocka_unit_test(test_colour_and_utf8_by_the_environment),
	    cmocka_unit_test(test_no_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
