/* flow.c - the flow chart of how to choose a pool, with the path taken. */
#include "html/html.h"

/* Units of the drawing, which are pixels unless the page is narrower. From top to bottom: the task,
 * the first question, the second, the third end; the other ends to the right of their question. */
#define FLOW_WIDTH  388
#define FLOW_HEIGHT 420
#define COLUMN      106 /* middle of what stands on the left */
#define END_COLUMN  310
#define END_WIDTH   148
#define END_HEIGHT  64

static void add_text(struct text *page, int x, int y, const char *class, const char *words)
{
	if (!words)
		return;
	text_addf(page, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	html_add(page, words);
	text_add(page, "</text>");
}

static void group(struct text *page, bool taken)
{
	text_add(page, taken ? "<g class=\"taken\">" : "<g>");
}

static void group_end(struct text *page)
{
	text_add(page, "</g>\n");
}

static void add_question(struct text *page, int y, bool taken, const char *question,
                         const char *figures)
{
	group(page, taken);
	text_addf(page, "<path class=\"box\" d=\"M%d %dl102 50l-102 50l-102-50z\"/>", COLUMN, y);
	add_text(page, COLUMN, y + (figures ? 48 : 55), "q", question);
	add_text(page, COLUMN, y + 66, "f", figures);
	group_end(page);
}

static void add_end(struct text *page, int x, int y, bool taken, const char *name, const char *how)
{
	group(page, taken);
	text_addf(page,
	          "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>",
	          x - END_WIDTH / 2, y, END_WIDTH, END_HEIGHT);
	text_addf(page, "<text x=\"%d\" y=\"%d\" class=\"q\">%s%s</text>", x, y + 28,
	          taken ? "\xE2\x9C\x93 " : "", name);
	add_text(page, x, y + 48, "f", how);
	group_end(page);
}

/* Down from (COLUMN, y), or to the right from the question's corner at y. */
static void add_way(struct text *page, int y, bool right, bool taken, const char *answer)
{
	group(page, taken);
	if (right)
		text_addf(page,
		          "<path class=\"way\" d=\"M208 %dH226\"/><path class=\"tip\" "
		          "d=\"M235 %dl-10-5v10z\"/>",
		          y, y);
	else
		text_addf(page,
		          "<path class=\"way\" d=\"M%d %dv24\"/><path class=\"tip\" "
		          "d=\"M%d %dl-5-10h10z\"/>",
		          COLUMN, y, COLUMN, y + 32);
	add_text(page, right ? 220 : COLUMN + 18, right ? y - 8 : y + 18, "f", answer);
	group_end(page);
}

static const char *description(enum html_way way)
{
	switch (way) {
	case HTML_WAY_PROCESSES:
		return "Classify the task. Much computing: yes, so processes.";
	case HTML_WAY_THREADS:
		return "Classify the task. Much computing: no. Mostly waiting: yes, so threads.";
	case HTML_WAY_NO_POOL:
		return "Classify the task. Much computing: no. Mostly waiting: no, so no pool.";
	default:
		return "Classify the task. Much computing: processes. Mostly waiting: threads. "
		       "Neither: no pool.";
	}
}

void html_flow(struct text *page, const struct html_flow *flow)
{
	const enum html_way way = flow->way;
	const bool known = way != HTML_WAY_UNKNOWN;
	const bool second = known && way != HTML_WAY_PROCESSES;

	text_addf(page,
	          "<figure class=\"flow\" id=\"%s\"><svg viewBox=\"0 0 %d %d\" role=\"img\" "
	          "aria-labelledby=\"%s-title\"><title id=\"%s-title\">",
	          flow->id, FLOW_WIDTH, FLOW_HEIGHT, flow->id, flow->id);
	html_add(page, description(way));
	text_add(page, "</title>\n");
	group(page, known);
	text_add(page, "<rect class=\"box\" x=\"26\" y=\"4\" width=\"160\" height=\"44\" "
	               "rx=\"22\"/>");
	add_text(page, COLUMN, 31, "q", "Classify the task");
	group_end(page);
	add_way(page, 48, false, known, NULL);
	add_question(page, 82, known, "Much computing?", flow->computing);
	add_way(page, 132, true, way == HTML_WAY_PROCESSES, "yes");
	add_end(page, END_COLUMN, 100, way == HTML_WAY_PROCESSES, "Processes",
	        flow->processes ? flow->processes : "--mode=process");
	add_way(page, 182, false, second, "no");
	add_question(page, 216, second, "Mostly waiting?", flow->waiting);
	add_way(page, 266, true, way == HTML_WAY_THREADS, "yes");
	add_end(page, END_COLUMN, 234, way == HTML_WAY_THREADS, "Threads",
	        flow->threads ? flow->threads : "--mode=hybrid");
	add_way(page, 316, false, way == HTML_WAY_NO_POOL, "no");
	add_end(page, COLUMN, 350, way == HTML_WAY_NO_POOL, "No pool",
	        flow->no_pool ? flow->no_pool : "--mode=serial");
	text_add(page, "</svg></figure>\n");
}
