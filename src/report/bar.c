/* bar.c - see bar.h.
 *
 * Figures are padded so that they do not jump to and fro, and with them the bar.
 */
#include <stdio.h>
#include <string.h>

#include "report/bar.h"

/* Cells between the bar's ends. */
#define GRAPH_MIN  10
#define GRAPH_MAX  40
#define GRAPH_ENDS 2

enum field { PERCENT, GRAPH, COUNT, IMAGES, BYTES, FAILED, LEFT, FIELDS };

/* Columns between two fields. */
#define GAP 2

struct layout {
	struct text text[FIELDS]; /* ASCII; GRAPH's is not used */
	size_t width[FIELDS];     /* 0: left out */
};

/* Puts blanks before what was appended since `start` to make it `width` wide. */
static void pad(struct text *text, size_t width)
{
	size_t size = text->bytes.size;

	for (size_t i = size; i < width; i++)
		text_add(text, " ");
	if (size < width && text->status == 0) {
		memmove(text->bytes.data + width - size, text->bytes.data, size);
		memset(text->bytes.data, ' ', width - size);
	}
}

static void put_count(struct text *text, const struct br_batch_progress *progress)
{
	struct text total = TEXT_EMPTY;

	/* of a list that goes on nobody knows how long it is */
	if (progress->more) {
		text_add_count(text, progress->done);
		text_add(text, progress->done == 1 ? " image" : " images");
		return;
	}
	text_add_count(&total, progress->total);
	text_add_count(text, progress->done);
	pad(text, total.bytes.size);
	text_add(text, "/");
	text_add_bytes(text, total.bytes.data, total.bytes.size);
	text_release(&total);
}

/* 12s, 3m05s, 1h05m: short, and always moving. */
static void put_left(struct text *text, double seconds)
{
	unsigned long whole = (unsigned long)((seconds < 3.6e6 ? seconds : 3.6e6) + 0.5);

	if (whole < 60)
		text_addf(text, "%lus left", whole);
	else if (whole < 3600)
		text_addf(text, "%lum%02lus left", whole / 60, whole % 60);
	else
		text_addf(text, "%luh%02lum left", whole / 3600, whole % 3600 / 60);
	pad(text, strlen("59m59s left"));
}

static void fill(struct layout *layout, const struct bar *bar)
{
	const struct br_batch_progress *progress = bar->progress;
	struct text *text = layout->text;

	/* Not rounded: 100 % is when all is done. */
	if (!progress->more)
		text_addf(&text[PERCENT], "%3u%%", (unsigned)(rate_share(progress) * 100));
	put_count(&text[COUNT], progress);
	if (rate_images(bar->rate) > 0) {
		text_add_rate(&text[IMAGES], rate_images(bar->rate));
		text_add(&text[IMAGES], "/s");
		pad(&text[IMAGES], strlen("100.0/s"));
		text_add_size(&text[BYTES], rate_bytes(bar->rate));
		text_add(&text[BYTES], "/s");
		pad(&text[BYTES], strlen("99.9 MB/s"));
	}
	if (progress->failed > 0) {
		text_add_count(&text[FAILED], progress->failed);
		text_add(&text[FAILED], " failed");
	}
	if (bar->rate->left >= 0 && !progress->more)
		put_left(&text[LEFT], bar->rate->left);
	for (unsigned i = 0; i < FIELDS; i++)
		layout->width[i] = text[i].bytes.size;
	layout->width[GRAPH] = bar->graph && !progress->more ? GRAPH_ENDS + GRAPH_MAX : 0;
}

static size_t total_width(const struct layout *layout)
{
	size_t width = 0;

	for (unsigned i = 0; i < FIELDS; i++) {
		if (layout->width[i] > 0)
			width += layout->width[i] + (width > 0 ? GAP : 0);
	}
	return width;
}

/* Takes away until it fits. */
static void fit(struct layout *layout, size_t columns)
{
	static const enum field order[] = {BYTES, IMAGES, GRAPH, LEFT, FAILED, COUNT, PERCENT};
	size_t width;

	for (size_t i = 0; (width = total_width(layout)) > columns; i++) {
		size_t excess = width - columns;

		if (layout->width[GRAPH] >= excess + GRAPH_ENDS + GRAPH_MIN) {
			layout->width[GRAPH] -= excess;
			return;
		}
		layout->width[order[i]] = 0;
	}
}

static void put_graph(struct text *text, size_t cells, double share, bool utf8)
{
	size_t eighths = (size_t)((double)cells * 8 * share);

	text_add(text, utf8 ? "\u2595" : "[");
	for (size_t i = 0; i < cells; i++) {
		size_t part = eighths > i * 8 ? eighths - i * 8 : 0;

		if (!utf8)
			text_add(text, part >= 8 ? "#" : "-");
		else if (part == 0)
			text_add(text, " ");
		else /* U+2588 is the full block, U+258F an eighth of it */
			text_addf(text, "\xE2\x96%c", (char)(part >= 8 ? 0x88 : 0x90 - part));
	}
	text_add(text, utf8 ? "\u258F" : "]");
}

static void put_field(struct text *text, const struct layout *layout, enum field field,
                      const struct bar *bar)
{
	const struct br_buffer *bytes = &layout->text[field].bytes;
	bool red = field == FAILED && bar->colour;

	if (field == GRAPH) {
		put_graph(text, layout->width[GRAPH] - GRAPH_ENDS, rate_share(bar->progress),
		          bar->utf8);
		return;
	}
	text_add(text, red ? "\033[31m" : "");
	text_add_bytes(text, bytes->data, bytes->size);
	text_add(text, red ? "\033[0m" : "");
}

void bar_add(struct text *text, const struct bar *bar)
{
	struct layout layout = {0};
	bool first = true;

	for (unsigned i = 0; i < FIELDS; i++)
		layout.text[i] = TEXT_EMPTY;
	fill(&layout, bar);
	fit(&layout, bar->columns);
	for (enum field field = 0; field < FIELDS; field++) {
		if (layout.width[field] > 0) {
			text_addf(text, "%*s", first ? 0 : GAP, "");
			put_field(text, &layout, field, bar);
			first = false;
		}
		text_release(&layout.text[field]);
	}
}
