/* man.c - the man page: the option table and what a person should know besides.
 *
 * Written in man(7) macros. A text is roff-escaped on its way out: backslash, hyphen, a leading
 * point or quote.
 */
#include <stdbool.h>
#include <string.h>

#include <batchresize/image.h>

#include "cli/document.h"
#include "cli/table.h"
#include "report/ndjson.h"

/* Columns of the source, so that it stays readable. */
#define SOURCE_WIDTH 78

/* Of the last change to what the page says. */
#define MAN_DATE "2026-11-29"

/* Roff's words for a character that it would take for something else, NULL for others: - is to be
 * the minus that options are typed with, which a plain - need not be. */
static const char *roff_of(char character)
{
	static const struct {
		char character;
		const char *roff;
	} names[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
	             {'~', "\\(ti"}, {'^', "\\(ha"}, {'`', "\\(ga"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].character == character)
			return names[i].roff;
	return NULL;
}

/* Writes text so that roff shows every character as it is. */
static void put_characters(FILE *stream, const char *text, size_t length)
{
	/* A request, were it at the beginning of a line. */
	if (length > 0 && *text == '.')
		(void)fputs("\\&", stream);
	for (size_t i = 0; i < length; i++) {
		const char *roff = roff_of(text[i]);

		if (roff)
			(void)fputs(roff, stream);
		else
			(void)fputc(text[i], stream);
	}
}

static void put_text(FILE *stream, const char *text)
{
	put_characters(stream, text, strlen(text));
}

/* Columns of the source that the text takes. */
static size_t source_width(const char *text, size_t length)
{
	size_t width = length;

	for (size_t i = 0; i < length; i++) {
		const char *roff = roff_of(text[i]);

		width += roff ? strlen(roff) - 1 : 0;
	}
	return width;
}

static bool ends_sentence(const char *word, size_t length)
{
	return length > 1 && word[length - 1] == '.' && word[length - 2] != '.';
}

/* Fills lines, and begins a new one after each sentence: roff spaces sentences by that. */
static void put_sentences(FILE *stream, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");
		size_t width = source_width(text, length);

		if (column > 0 && column + width >= SOURCE_WIDTH) {
			(void)fputc('\n', stream);
			column = 0;
		}
		if (column > 0)
			(void)fputc(' ', stream);
		put_characters(stream, text, length);
		column = ends_sentence(text, length) ? SOURCE_WIDTH : column + width + 1;
		text += length + strspn(text + length, " ");
	}
	(void)fputc('\n', stream);
}

static void put_section(FILE *stream, const char *title)
{
	(void)fprintf(stream, ".SH %s\n", title);
}

static void put_paragraph(FILE *stream, const char *text)
{
	(void)fputs(".PP\n", stream);
	put_sentences(stream, text);
}

/* A term in bold and what it means. */
static void put_term(FILE *stream, const char *term, const char *text)
{
	(void)fputs(".TP\n.B ", stream);
	put_text(stream, term);
	(void)fputc('\n', stream);
	put_sentences(stream, text);
}

static void put_synopsis(FILE *stream)
{
	static const char *const forms[] = {
	    "[\\fIOPTION\\fR]...\\&\n\\fIPATH\\fR...\\&",
	    "[\\fIOPTION\\fR]...\\&\n\\fB\\-\\-files\\-from=\\fILIST",
	    "[\\fIOPTION\\fR]...\\&\n\\fB\\-",
	    "\\fBlab\\fR [\\fIOPTION\\fR]...\\&\n[\\fIPATH\\fR]...\\&"};

	put_section(stream, "SYNOPSIS");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		(void)fprintf(stream, "%s.B batchresize\n%s\\fR\n", i ? ".br\n" : "", forms[i]);
}

static void put_sections(FILE *stream, const struct man_section *section)
{
	for (; section->title; section++) {
		put_section(stream, section->title);
		for (const struct man_part *part = section->parts; part->text; part++) {
			if (part->term)
				put_term(stream, part->term, part->text);
			else if (part == section->parts)
				put_sentences(stream, part->text);
			else
				put_paragraph(stream, part->text);
		}
	}
}

static void put_option(FILE *stream, const struct cli_option *option)
{
	const char *standard = option->standard ? option->standard : option->automatic;
	char sentence[200];

	(void)fputs(".TP\n", stream);
	if (option->letter)
		(void)fprintf(stream, "\\fB\\-%c\\fR, ", option->letter);
	(void)fputs("\\fB\\-\\-", stream);
	put_text(stream, option->name);
	if (option->argument)
		(void)fprintf(stream, "\\fR=\\fI%s", option->argument);
	(void)fputs("\\fR\n", stream);
	/* The help is a fragment that begins small; here it is a sentence. */
	(void)snprintf(sentence, sizeof(sentence), "%s%s", option->help, option->words ? ":" : ".");
	if (sentence[0] >= 'a' && sentence[0] <= 'z')
		sentence[0] = (char)(sentence[0] - 'a' + 'A');
	put_sentences(stream, sentence);
	if (option->words) {
		(void)fputs(".RS\n", stream);
		for (const struct cli_word *word = option->words; word->name; word++)
			put_term(stream, word->name, word->help);
		(void)fputs(".RE\n", stream);
		if (option->text || standard)
			(void)fputs(".IP\n", stream);
	}
	if (option->text)
		put_sentences(stream, option->text);
	if (standard) {
		(void)fputs("Default: ", stream);
		put_text(stream, standard);
		(void)fputs(".\n", stream);
	}
}

static void put_options(FILE *stream)
{

	put_section(stream, "OPTIONS");
	for (enum cli_group group = 0; group < GROUPS; group++) {
		(void)fprintf(stream, ".SS %s\n", cli_group_title(group));
		for (enum cli_option_id id = 0; id < OPTIONS; id++) {
			const struct cli_option *option = cli_option(id);

			if (option->group == group)
				put_option(stream, option);
		}
	}
}

static const char *code_name(unsigned i)
{
	return br_error_code_name((enum br_error_code)i);
}

static const char *reason_name(unsigned i)
{
	return br_batch_reason_name((enum br_batch_reason)i);
}

/* Those of a picture, and behind them those of a run. */
static const char *note_name(unsigned i)
{
	return i < BR_IMAGE_NOTES ? br_image_note_name(1U << i)
	                          : br_batch_note_name(1U << (i - BR_IMAGE_NOTES));
}

static const char *detour_note(unsigned i)
{
	return br_image_detour_note((enum br_image_detour)i);
}

/* Names number first to count - 1, as words of a sentence. */
static void put_names(FILE *stream, const char *beginning, const char *(*name)(unsigned),
                      unsigned first, unsigned count)
{
	char text[1000];
	size_t length = (size_t)snprintf(text, sizeof(text), "%s", beginning);

	for (unsigned i = first; i < count && length < sizeof(text); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " %s%s", name(i),
		                           i + 1 < count ? "," : ".");
	put_paragraph(stream, text);
}

static void put_report(FILE *stream)
{
	size_t count;
	const struct report_field *fields = report_fields(&count);

	put_section(stream, "REPORT");
	put_sentences(stream,
	              "With --report one JSON object is written for every image as it is finished, "
	              "each on a line of its own. Every field is always there, null if nothing "
	              "is known:");
	for (size_t i = 0; i < count; i++)
		put_term(stream, fields[i].name, fields[i].help);
	put_names(stream, "Values of code:", code_name, BR_ERROR_NONE + 1, BR_ERROR_CODES);
	put_names(stream, "Words of notes:", note_name, 0, BR_IMAGE_NOTES + BR_BATCH_NOTES);
	put_names(
	    stream,
	    "Further words of notes say why a JPEG or PNG was made by libvips though what it "
	    "became has a way past it, which is several times as fast; --verbose says the same "
	    "in other words:",
	    detour_note, BR_IMAGE_DETOUR_NONE + 1, BR_IMAGE_DETOURS);
	put_paragraph(stream,
	              "If several sizes were asked for there is also outputs: a list of objects "
	              "with output, width, height and bytes, one for each file that was published "
	              "(with --dry-run: that would be, the rest null), in the order of the sizes.");
	put_names(
	    stream,
	    "With --explain there are also explanation, in words that may change, and reason, "
	    "unless error tells why it was not made. Of an image that failed they say why it "
	    "was tried. Values of reason:",
	    reason_name, BR_BATCH_REASON_NONE + 1, BR_BATCH_REASONS);
	put_paragraph(
	    stream,
	    "Of a worker that died or was late, and with the code poison of the one that did "
	    "in an earlier run, there are stage, what it was at (read, header, decode, "
	    "resize, plugin, encode or write; a picture that is resized while it is decoded is "
	    "being "
	    "decoded), and worker_bytes, the most memory that it ever had, as far as these "
	    "are known.");
	put_paragraph(stream, "What a --plugin tells of an image stands in an object plugin: its "
	                      "names, and strings or numbers. It is there if anything was told.");
	put_paragraph(stream, "A name that is not valid UTF-8 is shown with U+FFFD in place of the "
	                      "bytes in question, and its bytes stand in the additional fields "
	                      "source_bytes and output_bytes, in base64.");
}

void document_man(FILE *stream)
{
	(void)fputs(".TH BATCHRESIZE 1 " MAN_DATE " \"batchresize " BATCHRESIZE_VERSION
	            "\" \"User Commands\"\n.nh\n",
	            stream);
	put_section(stream, "NAME");
	(void)fputs("batchresize \\- resize many images at once\n", stream);
	put_synopsis(stream);
	put_sections(stream, man_introduction);
	put_options(stream);
	put_sections(stream, man_reference);
	put_section(stream, "EXIT STATUS");
	for (const struct cli_exit *row = cli_exits(); row->status; row++)
		put_term(stream, row->status, row->help);
	put_report(stream);
	put_sections(stream, man_surroundings);
	put_section(stream, "EXAMPLES");
	for (const struct cli_example *example = cli_examples(); example->command; example++)
		put_term(stream, example->command, example->help);
	put_section(stream, "SEE ALSO");
	(void)fputs(".BR vipsthumbnail (1),\n.BR find (1),\n.BR jq (1)\n", stream);
}
