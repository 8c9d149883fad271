/* test_template.c - names of outputs by a template: what is read, what is refused, what is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/name.h"
#include "plan/template.h"

/* The whole name for a source, of size 320. */
static const char *name(const char *text, const char *source, const struct br_image_output *made)
{
	static const struct br_image_size size = {.width = 320};
	static char buffer[256];
	struct name parts = name_parts(source, false, "");
	struct template_values values = {
	    .prefix = parts.prefix,
	    .stem = parts.stem,
	    .stem_length = parts.stem_length,
	    .extension = parts.extension,
	    .size = &size,
	    .made = made,
	};
	struct template template;
	struct br_error error;
	size_t length;

	if (template_parse(&template, text, 1, &error) != 0)
		fail_msg("%s: %s", text, error.msg);
	length = template_write(&template, 0, template.pieces, &values, buffer, sizeof(buffer));
	assert_int_equal(length, strlen(buffer));
	return buffer;
}

static void fields_are_filled_in(void **state)
{
	static const struct br_image_output made = {.width = 300, .height = 200};

	(void)state;
	assert_string_equal(name("{stem}-{size}.{ext}", "a.b.jpg", NULL), "a.b-320.jpg");
	assert_string_equal(name("{dir}/{stem}-{size}.{ext}", "a.JPEG", NULL), "a-320.JPEG");
	assert_string_equal(name("{size}/x{stem}/{stem}.{ext}", "a.jpg", NULL), "320/xa/a.jpg");
	assert_string_equal(name("{{{stem}}}{{.{ext}", "a.png", NULL), "{a}{.png");
	assert_string_equal(name("{stem}_{width}x{height}.{ext}", "a.jpg", &made), "a_300x200.jpg");
	assert_string_equal(name("{stem}_{width}x{height}.{ext}", "a.jpg", NULL),
	                    "a_{width}x{height}.jpg");
	assert_string_equal(name("{width}", "a.jpg", &made), "300");
	assert_string_equal(name("\xff \n'\"{stem}", "\xfe.jpg", NULL), "\xff \n'\"\xfe");
}

static void an_extension_that_is_not_there_takes_its_dot_along(void **state)
{
	(void)state;
	assert_string_equal(name("{stem}-{size}.{ext}", "IMG001", NULL), "IMG001-320");
	assert_string_equal(name("{stem}-{size}.{ext}", "v1.2", NULL), "v1.2-320");
	assert_string_equal(name("{ext}.{stem}", "IMG001", NULL), ".IMG001");
	assert_string_equal(name("{stem}.{ext}~", "IMG001", NULL), "IMG001.~");
	assert_string_equal(name("{stem}", ".jpg", NULL), ".jpg");
}

static void a_stem_never_leads_elsewhere(void **state)
{
	(void)state;
	assert_string_equal(name("{stem}/{size}.{ext}", "..jpg", NULL), "..jpg/320");
	assert_string_equal(name("{stem}/{size}.{ext}", "...jpg", NULL), "...jpg/320");
	assert_string_equal(name("{stem}/{size}.{ext}", "....jpg", NULL), "....jpg/320");
	assert_string_equal(name("{stem}/{size}.{ext}", "..a.jpg", NULL), "..a/320.jpg");
}

static void a_name_is_cut_where_there_is_no_room(void **state)
{
	static const struct br_image_size size = {.percent = 50000};
	struct template_values values = {
	    .prefix = "resized_", .stem = "abc", .stem_length = 2, .extension = "x", .size = &size};
	struct template template;
	char buffer[8] = "#######";

	(void)state;
	assert_int_equal(template_parse(&template, TEMPLATE_STANDARD, 2, NULL), 0);
	assert_int_equal(template_write(&template, 0, template.pieces, &values, buffer, 5), 16);
	assert_string_equal(buffer, "resi");
	assert_int_equal(buffer[5], '#');
	assert_int_equal(template_write(&template, 0, template.pieces, &values, NULL, 0), 16);
}

static void sizes_are_written_as_they_are_typed(void **state)
{
	static const struct {
		struct br_image_size size;
		const char *text;
	} rows[] = {
	    {{320, 0, 0}, "320"},
	    {{0, 600, 0}, "x600"},
	    {{800, 600, 0}, "800x600"},
	    {{0, 0, 50000}, "50%"},
	    {{0, 0, 12500}, "12.5%"},
	    {{0, 0, 1}, "0.001%"},
	    {{0, 0, 100}, "0.1%"},
	    {{0, 0, 100000}, "100%"},
	    {{1048560, 1048560, 0}, "1048560x1048560"},
	};
	char text[TEMPLATE_SIZE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(template_size(&rows[i].size, text), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
}

static void assert_refused(const char *text, unsigned sizes, const char *says)
{
	struct template template;
	struct br_error error;

	if (template_parse(&template, text, sizes, &error) != BR_ERROR_USAGE)
		fail_msg("%s was taken", text);
	if (!strstr(error.msg, says))
		fail_msg("%s: %s", text, error.msg);
}

static void what_makes_no_sense_is_refused(void **state)
{
	char text[TEMPLATE_MAX + 1];

	(void)state;
	assert_refused("", 1, "empty");
	assert_refused("{stem", 1, "a '{' without its '}'");
	assert_refused("stem}", 1, "a '}' without its '{'");
	assert_refused("{widht}", 1, "'{widht}': did you mean '{width}'?");
	assert_refused("{}", 1, "unknown field '{}'");
	assert_refused("{ stem }", 1, "did you mean '{stem}'?");
	assert_refused("{a name far longer than any field could ever be}", 1, "unknown field");
	assert_refused("{stem}.{ext}", 2, "same name");
	assert_refused("{size}/{dir}/{stem}", 2, "{dir} can only stand at the beginning");
	assert_refused("{dir}{stem}", 1, "{dir} can only stand at the beginning");
	(void)memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_refused(text, 1, "longer");
	text[0] = '\0';
	while (strlen(text) < 500)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "{stem}-");
	assert_refused(text, 1, "64 parts");
}

static void nothing_leads_out_of_the_directory(void **state)
{
	static const char *const texts[] = {
	    "..",
	    "../{stem}",
	    "{dir}/../{stem}",
	    "{stem}/../../{size}",
	    "./{stem}",
	    "{stem}/.",
	    "{ext}/{stem}",
	    ".{ext}/{stem}",
	    "..{ext}",
	    "{ext}{ext}",
	    "/{stem}",
	    "{dir}//{stem}",
	    "a//{stem}",
	    "{stem}/",
	    "{dir}/",
	    "{dir}",
	    "/etc/passwd",
	    ".{ext}.{ext}/x",
	    "...",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(texts[i], 1, "--name");
}

static void digits_of_two_never_meet(void **state)
{
	static const char *const bad[] = {
	    "{stem}{width}",  "{width}{height}",  "{width}{stem}",
	    "{size}{width}",  "{width}{ext}",     "{stem}0{width}",
	    "{width}9.{ext}", "{height}0-{stem}", "{stem}-1{width}",
	};
	static const char *const good[] = {
	    "{stem}-{width}.{ext}",
	    "{width}x{height}-{stem}",
	    "{size}/{width}",
	    "{stem}1-{width}-1",
	};
	struct template template;
	struct br_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], 2, "no digit between them");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(template_parse(&template, good[i], 2, &error), 0);
		assert_true(template.sides);
	}
	assert_refused("{width}/{stem}", 2, "too late for a directory's name");
}

#define STEMS 340 /* of 1 to 4 letters */

/* Stem number `number` of those that are hardest to tell from what a number and its neighbours are.
 */
static const char *stem_of(unsigned number, char stem[8])
{
	unsigned length = 1;

	for (unsigned count = 4; number >= count; count *= 4, length++)
		number -= count;
	for (unsigned i = 0; i < length; i++, number /= 4)
		stem[i] = "1-a."[number % 4];
	stem[length] = '\0';
	return stem;
}

static int compare_strings(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* What the plan relies on, which knows no numbers: sources whose names differ while {width} stands
 * for itself never come to one name, whatever their widths. */
static void numbers_bring_no_two_names_together(void **state)
{
	static const char *const texts[] = {
	    "{stem}-{width}",          "{width}-{stem}",           "{stem}-{width}-{stem}",
	    "{width}-{stem}-{height}", "{stem}.{width}.{stem}-1",  "1-{width}-{stem}",
	    "{stem}-{width}-1",        "{width}-{height}-{stem}",  "{stem}-{width}.{ext}",
	    "{stem}a{width}a{stem}",   "{width}-1{stem}-{height}", "{stem}{stem}-{width}",
	};
	static const struct br_image_output made[] = {{.width = 1, .height = 1},
	                                              {.width = 11, .height = 1},
	                                              {.width = 1, .height = 11},
	                                              {.width = 111, .height = 1},
	                                              {.width = 2, .height = 1}};
	enum { MADE = sizeof(made) / sizeof(made[0]) };
	static char names[STEMS * MADE][64];

	(void)state;
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		unsigned count = 0;

		for (unsigned s = 0; s < STEMS; s++) {
			unsigned first = count;
			char stem[8];

			for (unsigned m = 0; m < MADE; m++) {
				bool known = false;

				(void)snprintf(names[count], sizeof(names[0]), "%s",
				               name(texts[t], stem_of(s, stem), &made[m]));
				/* one source may come to a name twice */
				for (unsigned i = first; i < count; i++)
					known |= strcmp(names[i], names[count]) == 0;
				count += !known;
			}
		}
		qsort(names, count, sizeof(names[0]), compare_strings);
		for (unsigned i = 1; i < count; i++)
			if (strcmp(names[i - 1], names[i]) == 0)
				fail_msg("%s: %s", texts[t], names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_filled_in),
	    cmocka_unit_test(an_extension_that_is_not_there_takes_its_dot_along),
	    cmocka_unit_test(a_stem_never_leads_elsewhere),
	    cmocka_unit_test(a_name_is_cut_where_there_is_no_room),
	    cmocka_unit_test(sizes_are_written_as_they_are_typed),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(nothing_leads_out_of_the_directory),
	    cmocka_unit_test(digits_of_two_never_meet),
	    cmocka_unit_test(numbers_bring_no_two_names_together),
	};

	return cmocka_run_group_tests_name("plan: templates", tests, NULL, NULL);
}
