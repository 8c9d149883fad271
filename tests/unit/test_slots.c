/* test_slots.c - the budget of a hybrid's slots: what counts, who is refused, what is given back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "exec/internal.h"
#include "exec/slots.h"

#define STEP MEMORY_STEP

static void test_budget_is_of_all_slots(void **state)
{
	struct slot_table *table;
	struct br_slot *a, *b;

	(void)state;
	assert_int_equal(slots_new(&table, 2, 4 * STEP), 0);
	a = slots_take(table);
	b = slots_take(table);
	assert_null(slots_take(table));
	assert_int_equal(br_buffer_reserve(&a->in, 3 * STEP), 0);
	assert_int_equal(br_buffer_reserve(&b->in, 2 * STEP), -EFBIG);
	assert_true(slots_refused(b));
	/* more than all: no use to wait */
	assert_int_equal(br_buffer_reserve(&b->in, 5 * STEP), -EFBIG);
	assert_false(slots_refused(b));
	/* what a free slot has kept goes to who needs it */
	slots_give(table, a);
	assert_int_equal(br_buffer_reserve(&b->in, 4 * STEP), 0);
	slots_give(table, b);
	slots_free(table);
}

static void test_growing_keeps_bytes(void **state)
{
	struct slot_table *table;
	struct br_slot *slot;

	(void)state;
	assert_int_equal(slots_new(&table, 1, 64 * STEP), 0);
	slot = slots_take(table);
	assert_int_equal(br_buffer_append(&slot->in, "bytes", 5), 0);
	assert_int_equal(br_buffer_reserve(&slot->in, 40 * STEP), 0);
	assert_memory_equal(slot->in.data, "bytes", 5);
	memset(slot->in.data, 'x', slot->in.capacity);
	slots_give(table, slot);
	slots_free(table);
}

/* What a worker has made is there, whatever others hold; and a copy of an input counts as well. */
static void test_copies_count(void **state)
{
	struct slot_table *table;
	struct br_slot *a, *b, *c;

	(void)state;
	assert_int_equal(slots_new(&table, 3, 4 * STEP), 0);
	a = slots_take(table);
	b = slots_take(table);
	c = slots_take(table);
	assert_int_equal(br_buffer_reserve(&a->in, 2 * STEP), 0);
	slots_note_copy(a, 2 * STEP);
	assert_int_equal(br_buffer_reserve(&b->in, STEP), -EFBIG);
	assert_true(slots_refused(b));
	assert_int_equal(slots_reserve_output(c, 3 * STEP), 0);
	slots_give(table, c);
	slots_note_copy(a, 0);
	assert_int_equal(br_buffer_reserve(&b->in, STEP), 0);
	slots_note_copy(a, 2 * STEP);
	slots_give(table, a); /* and with it the copy */
	assert_int_equal(br_buffer_reserve(&b->in, 4 * STEP), 0);
	slots_give(table, b);
	slots_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_budget_is_of_all_slots),
	    cmocka_unit_test(test_growing_keeps_bytes),
	    cmocka_unit_test(test_copies_count),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
