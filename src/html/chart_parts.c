/* chart_parts.c - see chart_parts.h. */
#include "html/chart_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- figures in words --------------------------------------------------------------------------
 */

/* Takes the text over; without memory there are no words. */
static struct chart_words take(struct text *text)
{
	struct chart_words words = {""};
	const size_t size =
	    text->bytes.size < sizeof(words.text) ? text->bytes.size : sizeof(words.text) - 1;

	if (size > 0)
		memcpy(words.text, text->bytes.data, size);
	words.text[size] = '\0';
	text_release(text);
	return words;
}

struct chart_words say_count(uint64_t count)
{
	struct text text = TEXT_EMPTY;

	text_add_count(&text, count);
	return take(&text);
}

/* A value, as `add` writes it. */
static struct chart_words say(void (*add)(struct text *, double), double value)
{
	struct text text = TEXT_EMPTY;

	add(&text, value);
	return take(&text);
}

struct chart_words say_seconds(double seconds)
{
	return say(text_add_seconds, seconds);
}

struct chart_words say_ms(double ms)
{
	struct text text = TEXT_EMPTY;

	if (ms < 0.0995)
		text_addf(&text, "%.*f \xC2\xB5s", ms < 0.00995 ? 1 : 0, ms * 1e3); /* micro */
	else if (ms < 1000)
		text_addf(&text, "%.*f ms", ms < 9.95 ? 2 : ms < 99.5 ? 1 : 0, ms);
	else
		text_add_seconds(&text, ms / 1e3);
	return take(&text);
}

struct chart_words say_size(double bytes)
{
	struct text text = TEXT_EMPTY;

	text_add(&text, bytes < 0 ? "\xE2\x88\x92" : ""); /* a minus sign */
	text_add_size(&text, bytes < 0 ? -bytes : bytes);
	return take(&text);
}

struct chart_words say_rate(double rate)
{
	return say(text_add_rate, rate);
}

struct chart_words say_share(double part)
{
	const double some = fabs(part) < 0.0005 ? 0 : part;
	struct chart_words words;

	(void)snprintf(words.text, sizeof(words.text), "%.*f %%", fabs(some) < 0.0995 ? 1 : 0,
	               100 * some);
	return words;
}

struct chart_words say_mark(double value)
{
	struct text text = TEXT_EMPTY;

	if (value >= 1000)
		text_add_count(&text, (uint64_t)(value + 0.5));
	else
		html_add_number(&text, value);
	return take(&text);
}

/* --- parts of charts ---------------------------------------------------------------------------
 */

void chart_row(struct text *page, const struct html_column *column, const struct html_cell *cell,
               size_t columns)
{
	html_row(page);
	for (size_t i = 0; i < columns; i++)
		html_cell(page, &column[i], i == 0, &cell[i]);
	html_row_end(page);
}

/* A moment of a run that lasts so long, as exact as the others beside it. */
static struct chart_words say_moment(double moment, double seconds)
{
	struct chart_words words;

	if (seconds >= 60)
		return say_seconds(moment);
	if (seconds < 1)
		(void)snprintf(words.text, sizeof(words.text), "%.0f ms", moment * 1e3);
	else
		(void)snprintf(words.text, sizeof(words.text), "%.*f s", seconds < 10 ? 2 : 1,
		               moment);
	return words;
}

void chart_time_axis(struct text *page, double seconds)
{
	text_add(page, "<div class=\"x\" aria-hidden=\"true\">");
	for (int i = 0; i <= 4; i++) {
		const struct chart_words words = say_moment(seconds * i / 4, seconds);

		text_add(page, "<span>");
		html_add(page, i == 0 ? "0" : words.text);
		text_add(page, "</span>");
	}
	text_add(page, "</div>\n");
}

static void add_key(struct text *page, const char *class, const char *name)
{
	text_addf(page,
	          "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
	          "width=\"10\" height=\"10\"/></svg>%s</li>",
	          class, name);
}

void chart_legend(struct text *page, unsigned parts, bool waits)
{
	char class[] = "s0";

	text_add(page, "<ul class=\"legend\">");
	for (unsigned i = 0; i < FIGURES_PARTS; i++) {
		class[1] = (char)('0' + i);
		if (parts >> i & 1)
			add_key(page, class, figures_part_name(i));
	}
	if (waits)
		add_key(page, "track", "waiting");
	text_add(page, "</ul>\n");
}
