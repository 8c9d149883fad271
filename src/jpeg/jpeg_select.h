/* jpeg_select.h - sets of coefficients as the bits of a word, the first coefficient the highest
 * bit: the order in which bits are read.
 *
 * Each function exists twice, by the instructions that processors since about 2013 have (BMI2,
 * POPCNT) and in plain C. The assembler's words are written out since intrinsics would want whole
 * functions compiled for such a processor, and these are to become part of one that is written
 * once.
 */
#ifndef JPEG_JPEG_SELECT_H
#define JPEG_JPEG_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu.h"

/* Coefficients `from` up to and without `to`, which is at most 64. */
static inline uint64_t select_between(unsigned from, unsigned to)
{
	const uint64_t all = ~UINT64_C(0), after = to > 63 ? 0 : all >> to;

	return from > 63 ? 0 : (all >> from) & ~after;
}

static inline uint64_t select_one(unsigned k)
{
	return UINT64_C(1) << (~k & 63);
}

/* The first of them; there must be one. */
static inline unsigned select_first(uint64_t set)
{
	return (unsigned)__builtin_clzll(set);
}

static inline unsigned select_count_portable(uint64_t set)
{
	unsigned count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

/* The lowest bits of `bits` moved to where the mask has bits, from its lowest on. */
static inline uint64_t select_deposit_portable(uint64_t bits, uint64_t mask)
{
	uint64_t result = 0;

	for (; mask; mask &= mask - 1, bits >>= 1)
		if (bits & 1)
			result |= mask & -mask;
	return result;
}

#if defined(CPU_X86)

/* The target that functions of the quick ways are compiled for, taken if the processor has
 * CPU_BITS. */
#define SELECT_QUICK __attribute__((target("bmi,bmi2,lzcnt,popcnt")))

static inline unsigned select_count_quick(uint64_t set)
{
	uint64_t count;

	__asm__("popcntq %1, %0" : "=r"(count) : "r"(set) : "cc");
	return (unsigned)count;
}

static inline uint64_t select_deposit_quick(uint64_t bits, uint64_t mask)
{
	uint64_t result;

	__asm__("pdepq %2, %1, %0" : "=r"(result) : "r"(bits), "r"(mask));
	return result;
}

#else

#define SELECT_QUICK

static inline unsigned select_count_quick(uint64_t set)
{
	return select_count_portable(set);
}

static inline uint64_t select_deposit_quick(uint64_t bits, uint64_t mask)
{
	return select_deposit_portable(bits, mask);
}

#endif

static inline unsigned select_count(uint64_t set, bool quick)
{
	return quick ? select_count_quick(set) : select_count_portable(set);
}

static inline uint64_t select_deposit(uint64_t bits, uint64_t mask, bool quick)
{
	return quick ? select_deposit_quick(bits, mask) : select_deposit_portable(bits, mask);
}

/* The one after `before` (at most 15) others of the set; 64 if there is none. */
static inline unsigned select_place(uint64_t set, unsigned before, bool quick)
{
	if (quick) {
		const unsigned count = select_count_quick(set);

		if (before >= count)
			return 64;
		return select_first(select_deposit_quick(UINT64_C(1) << (count - 1 - before), set));
	}
	for (; before && set; before--)
		set &= ~select_one(select_first(set));
	return set ? select_first(set) : 64;
}

#endif
