/* test_match.c - templates read backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan/match.h"

/* Every way, one after another: "stem|extension|size|widthxheight;", '=' in front of a plain one.
 */
static bool write_down(void *ctx, const struct match *match)
{
	char *ways = ctx, size[TEMPLATE_SIZE_MAX] = "";

	if (match->sized)
		(void)template_size(&match->size, size);
	(void)snprintf(ways + strlen(ways), 400 - strlen(ways), "%s%.*s|%.*s|%s|%ux%u;",
	               match->plain ? "=" : "", (int)match->stem_length, match->stem,
	               (int)match->extension_length, match->extension, size, match->width,
	               match->height);
	return false;
}

static const char *ways_of(const char *text, const char *prefix, const char *name)
{
	static char ways[400];
	struct template template;

	ways[0] = '\0';
	assert_int_equal(template_parse(&template, text, 1, NULL), 0);
	assert_false(match_template(&template, prefix, name, write_down, ways));
	return ways;
}

static void a_name_is_taken_apart(void **state)
{
	static const struct {
		const char *template, *prefix, *name, *ways;
	} rows[] = {
	    {"{stem}.{ext}", "", "a.jpg", "=a|jpg||0x0;"},
	    {"{stem}.{ext}", "resized_", "resized_a.jpg", "a|jpg||0x0;"},
	    {"{stem}.{ext}", "resized_", "a.jpg", ""},
	    {"{stem}.{ext}", "resized_", "resized_.jpg", ""},
	    {"{stem}.{ext}", "", "a.txt", ""},
	    {"{stem}.{ext}", "", "a", ""},
	    {"{stem}-{size}.{ext}", "", "a-100.JPG", "a|JPG|100|0x0;"},
	    {"{stem}-{size}.{ext}", "", "a-1-100.jpg", "a-1|jpg|100|0x0;"},
	    {"{stem}-{size}.{ext}", "", "a-x100.webp", "a|webp|x100|0x0;"},
	    {"{stem}-{size}.{ext}", "", "a-800x600.webp", "a|webp|800x600|0x0;"},
	    {"{stem}-{size}.{ext}", "", "a-12.5%.webp", "a|webp|12.5%|0x0;"},
	    {"{stem}-{size}.{ext}", "", "a-012.webp", ""},
	    {"{stem}-{size}.{ext}", "", "a-800x.webp", ""},
	    {"{stem}-{size}.{ext}", "", "a-.webp", ""},
	    {"{stem}-{size}.jpg", "", "a-7.jpg", "a|jpg|7|0x0;"},
	    {"{stem}{size}.{ext}", "", "a12.jpg", "a1|jpg|2|0x0;a|jpg|12|0x0;"},
	    {"{stem}-{width}x{height}.{ext}", "", "a-4-300x225.jpg", "a-4|jpg||300x225;"},
	    {"{stem}-{width}-{width}.{ext}", "", "a-4-5.jpg", ""},
	    {"{stem}-{width}-{width}.{ext}", "", "a-4-4.jpg", "a|jpg||4x0;"},
	    {"{stem}-{width}.{ext}", "", "a-99999999999.jpg", ""},
	    {"{stem}-{width}.{ext}", "", "a-0.jpg", ""},
	    {"{size}/{stem}.{ext}", "", "50%/a.b.jpg", "a.b|jpg|50%|0x0;"},
	    {"{dir}/{stem}/{stem}_t.{ext}", "", "ab/ab_t.png", "ab|png||0x0;"},
	    {"{dir}/{stem}/{stem}_t.{ext}", "", "ab/a_t.png", ""},
	    {"same.{ext}", "", "same.jpg", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(ways_of(rows[i].template, rows[i].prefix, rows[i].name),
		                    rows[i].ways);
}

static bool accept_stem(void *ctx, const struct match *match)
{
	return match->stem_length == strlen(ctx) &&
	       memcmp(match->stem, ctx, match->stem_length) == 0;
}

static void the_first_way_that_is_accepted_ends_it(void **state)
{
	struct template template;
	char stem[] = "a1";

	(void)state;
	assert_int_equal(template_parse(&template, "{stem}{size}.{ext}", 1, NULL), 0);
	assert_true(match_template(&template, "", "a123.jpg", accept_stem, stem));
	assert_false(match_template(&template, "", "b123.jpg", accept_stem, stem));
}

/* Of a template with very many ways an end is found. */
static void too_many_ways_are_none(void **state)
{
	struct template template;
	char name[200], stem[] = "";

	(void)state;
	memset(name, '1', sizeof(name));
	memcpy(name + sizeof(name) - 5, ".jpg", 5);
	assert_int_equal(template_parse(&template,
	                                "{size}{size}{size}{size}{stem}{size}{size}{size}{size}"
	                                "{size}{size}{size}.{ext}",
	                                1, NULL),
	                 0);
	assert_false(match_template(&template, "", name, accept_stem, stem));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_taken_apart),
	    cmocka_unit_test(the_first_way_that_is_accepted_ends_it),
	    cmocka_unit_test(too_many_ways_are_none),
	};

	return cmocka_run_group_tests_name("plan: match", tests, NULL, NULL);
}
