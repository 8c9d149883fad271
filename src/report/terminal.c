/* terminal.c - see terminal.h. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/terminal.h"

/* Asks in a separate locale: the program as a whole stays in "C", where numbers have a point. */
static bool locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	if (locale == (locale_t)0)
		return false;
	bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	freelocale(locale);
	return utf8;
}

struct terminal terminal_probe(int fd)
{
	struct terminal terminal = {.fd = fd, .present = isatty(fd) == 1};
	const char *kind = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	terminal.moves = terminal.present && kind && *kind && strcmp(kind, "dumb") != 0;
	terminal.colour = terminal.moves && !(no_colour && *no_colour);
	terminal.utf8 = terminal.moves && locale_is_utf8();
	return terminal;
}

unsigned terminal_columns(const struct terminal *terminal)
{
	struct winsize size;

	if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

bool terminal_is_ours(const struct terminal *terminal)
{
	pid_t group = tcgetpgrp(terminal->fd);

	/* -1: this is not our controlling terminal, and nobody types shell commands there. */
	return group == -1 || group == getpgrp();
}
