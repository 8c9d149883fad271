/* page.c - what a page is put together from: escaping, sections, facts, tables, bars. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "html/html.h"
#include "html/style.h"

/* Bytes of a path that are shown; of a longer one its beginning and its end. */
#define PATH_SHOWN_MAX  200
#define PATH_SHOWN_HEAD 60

/* --- pieces ------------------------------------------------------------------------------------
 */

static const char *entity(char character)
{
	switch (character) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* What is harmless to a terminal already. */
static void add_markup(struct text *page, const char *bytes, size_t size)
{
	size_t plain = 0;

	for (size_t i = 0; i < size; i++) {
		const char *name = entity(bytes[i]);

		if (!name)
			continue;
		text_add_bytes(page, bytes + plain, i - plain);
		text_add(page, name);
		plain = i + 1;
	}
	text_add_bytes(page, bytes + plain, size - plain);
}

void html_add(struct text *page, const char *string)
{
	struct text clean = TEXT_EMPTY;

	text_add_escaped(&clean, string);
	add_markup(page, (const char *)clean.bytes.data, clean.bytes.size);
	if (clean.status)
		page->status = clean.status;
	text_release(&clean);
}

static bool continues(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

void html_add_path(struct text *page, const char *path)
{
	const size_t length = strlen(path);
	size_t head = PATH_SHOWN_HEAD, tail = length - (PATH_SHOWN_MAX - PATH_SHOWN_HEAD);
	char piece[PATH_SHOWN_MAX + 1];

	if (length <= PATH_SHOWN_MAX) {
		html_add(page, path);
		return;
	}
	/* no character is cut: at most three bytes of each follow its first */
	for (int i = 0; i < 3 && continues(path[head]); i++)
		head--;
	for (int i = 0; i < 3 && continues(path[tail]); i++)
		tail++;
	memcpy(piece, path, head);
	piece[head] = '\0';
	html_add(page, piece);
	text_add(page, "\xE2\x80\xA6"); /* an ellipsis */
	html_add(page, path + tail);
}

void html_add_number(struct text *page, double number)
{
	const double cents = round(number * 100);
	char digits[32];
	size_t length;

	(void)snprintf(digits, sizeof(digits), "%.2f", cents == 0 ? 0.0 : cents / 100);
	length = strlen(digits);
	while (digits[length - 1] == '0')
		length--;
	text_add_bytes(page, digits, digits[length - 1] == '.' ? length - 1 : length);
}

/* --- a page ------------------------------------------------------------------------------------
 */

void html_begin(struct text *page, const char *kind, const char *title, const char *below)
{
	text_add(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	               "<meta name=\"generator\" content=\"batchresize " BATCHRESIZE_VERSION "\">\n"
	               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	               "style-src 'unsafe-inline'; img-src data:\">\n"
	               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	               "<meta name=\"color-scheme\" content=\"light dark\">\n"
	               "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	html_add(page, title);
	text_add(page, " \xC2\xB7 batchresize</title>\n<style>\n");
	text_add(page, html_style);
	text_add(page,
	         "</style>\n</head>\n<body>\n<header>\n<p class=\"brand\">batchresize <span>");
	html_add(page, kind);
	text_add(page, "</span></p>\n<h1>");
	html_add(page, title);
	text_add(page, "</h1>\n");
	if (below) {
		text_add(page, "<p class=\"below\">");
		html_add(page, below);
		text_add(page, "</p>\n");
	}
	text_add(page, "</header>\n<main>\n");
}

void html_end(struct text *page)
{
	text_add(page, "</main>\n<footer><p>Made by batchresize " BATCHRESIZE_VERSION
	               ". This page loads nothing and runs nothing.</p></footer>\n"
	               "</body>\n</html>\n");
}

static void add_element(struct text *page, const char *name, const char *words)
{
	text_addf(page, "<%s>", name);
	html_add(page, words);
	text_addf(page, "</%s>\n", name);
}

void html_section(struct text *page, const char *id, const char *title, const char *intro)
{
	text_addf(page, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">",
	          id, id, id);
	html_add(page, title);
	text_add(page, "</h2>\n");
	if (intro)
		html_paragraph(page, intro);
}

void html_section_end(struct text *page)
{
	text_add(page, "</section>\n");
}

void html_heading(struct text *page, const char *title)
{
	add_element(page, "h3", title);
}

void html_paragraph(struct text *page, const char *words)
{
	add_element(page, "p", words);
}

void html_details(struct text *page, const char *summary)
{
	text_add(page, "<details>\n");
	add_element(page, "summary", summary);
}

void html_details_end(struct text *page)
{
	text_add(page, "</details>\n");
}

static void add_definitions(struct text *page, const char *class, const struct html_fact *facts,
                            size_t count)
{
	text_addf(page, "<dl class=\"%s\">\n", class);
	for (size_t i = 0; i < count; i++) {
		text_add(page, "<div><dt>");
		html_add(page, facts[i].label);
		text_add(page, "</dt><dd>");
		html_add(page, facts[i].value);
		if (facts[i].note) {
			text_add(page, " <small>");
			html_add(page, facts[i].note);
			text_add(page, "</small>");
		}
		text_add(page, "</dd></div>\n");
	}
	text_add(page, "</dl>\n");
}

void html_facts(struct text *page, const struct html_fact *facts, size_t count)
{
	add_definitions(page, "facts", facts, count);
}

void html_list(struct text *page, const struct html_fact *facts, size_t count)
{
	add_definitions(page, "list", facts, count);
}

/* --- tables ------------------------------------------------------------------------------------
 */

void html_table_begin(struct text *page, const char *id, const char *caption,
                      const struct html_column *column, size_t columns)
{
	/* what can be scrolled can be reached by the keyboard */
	text_addf(page,
	          "<div class=\"table\" tabindex=\"0\" role=\"region\" "
	          "aria-labelledby=\"%s-caption\">\n<table id=\"%s\">\n<caption id=\"%s-caption\">",
	          id, id, id);
	html_add(page, caption);
	text_add(page, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < columns; i++) {
		text_addf(page, "<th scope=\"col\"%s>", column[i].number ? " class=\"n\"" : "");
		html_add(page, column[i].title);
		text_add(page, "</th>");
	}
	text_add(page, "</tr></thead>\n<tbody>\n");
}

void html_row(struct text *page)
{
	text_add(page, "<tr>");
}

void html_cell(struct text *page, const struct html_column *column, bool heads,
               const struct html_cell *cell)
{
	const char *name = heads ? "th" : "td";

	text_addf(page, "<%s%s%s>", name, heads ? " scope=\"row\"" : "",
	          column->number ? " class=\"n\"" : "");
	if (cell->text && isfinite(cell->value)) {
		text_addf(page, "<data value=\"%.15g\">", cell->value);
		html_add(page, cell->text);
		text_add(page, "</data>");
	} else if (cell->text) {
		html_add_path(page, cell->text);
	}
	text_addf(page, "</%s>", name);
}

void html_row_end(struct text *page)
{
	text_add(page, "</tr>\n");
}

void html_table_end(struct text *page)
{
	text_add(page, "</tbody>\n</table>\n</div>\n");
}

static void add_mark(struct text *page, const char *mark)
{
	text_add(page, " <strong class=\"mark\">\xE2\x9C\x93 "); /* a check mark */
	html_add(page, mark);
	text_add(page, "</strong>");
}

/* The row that is set off: its first cell says so in words. */
static void add_marked_row(struct text *page, const struct html_table *table,
                           const struct html_cell *cell)
{
	text_addf(page, "<tr class=\"marked\"><th scope=\"row\"%s>",
	          table->column[0].number ? " class=\"n\"" : "");
	html_add_path(page, cell->text ? cell->text : "");
	add_mark(page, table->mark);
	text_add(page, "</th>");
	for (size_t i = 1; i < table->columns; i++)
		html_cell(page, &table->column[i], false, &cell[i]);
	html_row_end(page);
}

void html_table(struct text *page, const struct html_table *table)
{
	html_table_begin(page, table->id, table->caption, table->column, table->columns);
	for (size_t row = 0; row < table->rows; row++) {
		const struct html_cell *cell = table->cell + row * table->columns;

		if (row == table->marked && table->mark) {
			add_marked_row(page, table, cell);
			continue;
		}
		html_row(page);
		for (size_t i = 0; i < table->columns; i++)
			html_cell(page, &table->column[i], i == 0, &cell[i]);
		html_row_end(page);
	}
	html_table_end(page);
}

/* --- bars --------------------------------------------------------------------------------------
 */

static void add_bar(struct text *page, const struct html_bars *bars, const struct html_bar *bar,
                    double most)
{
	text_addf(page, "<li%s><span class=\"label\">", bar->marked ? " class=\"marked\"" : "");
	html_add_path(page, bar->label);
	if (bar->marked && bars->mark)
		add_mark(page, bars->mark);
	text_addf(page, "</span><data value=\"%.15g\">", bar->value);
	html_add(page, bar->text);
	text_add(page, "</data><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
	               "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"10\"/>"
	               "<rect class=\"bar\" width=\"");
	html_add_number(page, most > 0 ? 100 * bar->value / most : 0);
	text_add(page, "\" height=\"10\"/></svg></li>\n");
}

void html_bars(struct text *page, const struct html_bars *bars)
{
	double most = 0;

	for (size_t i = 0; i < bars->count; i++)
		most = fmax(most, bars->bar[i].value);
	text_addf(page,
	          "<figure class=\"bars\" id=\"%s\" aria-labelledby=\"%s-title\">\n"
	          "<figcaption id=\"%s-title\">",
	          bars->id, bars->id, bars->id);
	html_add(page, bars->title);
	text_add(page, "</figcaption>\n<ul>\n");
	for (size_t i = 0; i < bars->count; i++)
		add_bar(page, bars, &bars->bar[i], most);
	text_add(page, "</ul>\n</figure>\n");
}
