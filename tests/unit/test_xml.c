/* test_xml.c - XML by its places: what is read, what is refused, what is changed and what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <batchresize/error.h>

#include "xmp/xml.h"

static struct bytes text(const char *string)
{
	return (struct bytes){(const unsigned char *)string, strlen(string)};
}

/* In memory of exactly its size, so that a sanitizer sees a read beyond it. */
static int read_status(const char *string)
{
	const size_t size = strlen(string);
	unsigned char *copy = malloc(size ? size : 1);
	struct xml xml;
	int status;

	assert_non_null(copy);
	memcpy(copy, string, size);
	status = xml_read(&xml, (struct bytes){copy, size});
	xml_release(&xml);
	free(copy);
	return status;
}

static void refuses_what_is_not_well_formed(void **state)
{
	static const char *const good[] = {
	    "",           "words",
	    "<a/>",       "<a></a>",
	    "<a b='<'/>", "<?p?><a><!-- <b> --><![CDATA[<c>]]></a>",
	    "<a/><a/>",   "<n:a xmlns:n='u'><n:b n:c = \"d\"></n:b ></n:a>",
	    "<a/><?p",
	};
	static const char *const bad[] = {
	    "<",
	    "<a",
	    "<a>",
	    "</a>",
	    "<a></b>",
	    "<a b/>",
	    "<a b=c/>",
	    "<a b='c/>",
	    "<a b='c'",
	    "<a/",
	    "<a><!-- </a>",
	    "<a><![CDATA[</a>",
	    "<a><?p</a>",
	    "<!DOCTYPE a><a/>",
	    "<:a/>",
	    "<n:/>",
	    "< a/>",
	    "<a></a",
	    "<?p",
	    "<a><b></a></b>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(read_status(good[i]), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_status(bad[i]), BR_ERROR_CORRUPT);
}

static void resolves_names(void **state)
{
	static const char document[] = "<a xmlns='one' xmlns:p='two' b='' p:c=''>"
				       "<p:d xmlns:p='three'/><p:e/><q:f/></a>";
	/* a, xmlns, xmlns:p, b, p:c, p:d, xmlns:p, p:e, q:f */
	static const char *const uris[] = {"one",   NULL, NULL,  NULL, "two",
	                                   "three", NULL, "two", NULL};
	struct xml xml;

	(void)state;
	assert_int_equal(xml_read(&xml, text(document)), 0);
	assert_int_equal(xml.nodes, 9);
	for (uint32_t i = 0; i < 9; i++) {
		const struct bytes uri = xml.node[i].uri;

		if (!uris[i])
			assert_null(uri.data);
		else
			assert_true(uri.size == strlen(uris[i]) &&
			            !memcmp(uri.data, uris[i], uri.size));
	}
	assert_true(xml_has_name(&xml, 5, "d") && !xml_has_name(&xml, 5, "dd"));
	assert_int_equal(xml_first(&xml, 0), 1);
	assert_int_equal(xml_next(&xml, 4), 5);
	assert_int_equal(xml_next(&xml, 5), 7);
	assert_int_equal(xml_next(&xml, 8), XML_NONE);
	assert_int_equal(xml_first(&xml, 7), XML_NONE);
	xml_release(&xml);
}

static void decodes_values(void **state)
{
	static const char document[] = "<a b=' 1&#50;&#x33;&amp;&lt;&quot; '> x &gt; <!-- "
				       "--></a><c> y </c><d>&e;</d><e><f/></e>";
	struct xml xml;
	char value[16];

	(void)state;
	assert_int_equal(xml_read(&xml, text(document)), 0);
	assert_true(xml_value(&xml, 1, value, sizeof value));
	assert_string_equal(value, "123&<\"");
	assert_false(xml_value(&xml, 1, value, 6));
	assert_false(xml_value(&xml, 0, value, sizeof value));
	assert_true(xml_value(&xml, 2, value, sizeof value));
	assert_string_equal(value, "y");
	assert_false(xml_value(&xml, 3, value, sizeof value));
	assert_false(xml_value(&xml, 4, value, sizeof value));
	xml_release(&xml);
}

/* Nodes of all kinds. */
static void changes_single_nodes(void **state)
{
	static const char document[] = "<a b=\"1\" c='2'>\n <d>3</d>\n <e><f/></e><g/></a>";
	static const struct {
		uint32_t node;
		const char *value; /* NULL: it is removed */
		const char *result;
	} cases[] = {
	    {0, NULL, ""},
	    {0, "x", "<a b=\"1\" c='2'>x</a>"},
	    {1, NULL, "<a c='2'>\n <d>3</d>\n <e><f/></e><g/></a>"},
	    {2, "x", "<a b=\"1\" c='x'>\n <d>3</d>\n <e><f/></e><g/></a>"},
	    {3, NULL, "<a b=\"1\" c='2'>\n <e><f/></e><g/></a>"},
	    {3, "x", "<a b=\"1\" c='2'>\n <d>x</d>\n <e><f/></e><g/></a>"},
	    {4, "x", "<a b=\"1\" c='2'>\n <d>3</d>\n <e>x</e><g/></a>"},
	    {6, "x", "<a b=\"1\" c='2'>\n <d>3</d>\n <e><f/></e></a>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct br_buffer out = BR_BUFFER_HEAP;
		struct xml xml;

		assert_int_equal(xml_read(&xml, text(document)), 0);
		if (cases[i].value)
			assert_int_equal(xml_set(&xml, cases[i].node, cases[i].value), 0);
		else
			xml_remove(&xml, cases[i].node);
		assert_int_equal(xml_write(&xml, &out), 0);
		assert_int_equal(out.size, strlen(cases[i].result));
		if (out.size)
			assert_memory_equal(out.data, cases[i].result, out.size);
		xml_release(&xml);
		br_buffer_release(&out);
	}
}

static void changes_an_element_and_its_attribute(void **state)
{
	struct br_buffer out = BR_BUFFER_HEAP;
	struct xml xml;

	(void)state;
	assert_int_equal(xml_read(&xml, text("<a b='1' c='2'>3</a>")), 0);
	assert_int_equal(xml_set(&xml, 0, "6"), 0);
	xml_remove(&xml, 1);
	assert_int_equal(xml_set(&xml, 2, "5"), 0);
	assert_int_equal(xml_write(&xml, &out), 0);
	assert_int_equal(out.size, 14);
	assert_memory_equal(out.data, "<a c='5'>6</a>", 14);
	xml_release(&xml);
	br_buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_what_is_not_well_formed),
	    cmocka_unit_test(resolves_names),
	    cmocka_unit_test(decodes_values),
	    cmocka_unit_test(changes_single_nodes),
	    cmocka_unit_test(changes_an_element_and_its_attribute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
