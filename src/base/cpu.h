/* cpu.h - which version of a room's inner loops this processor runs.
 *
 * All code in vectors is chosen by this one idiom. A room has its loops as a table of functions,
 * whose first member is a struct cpu_code; a generic file defines the portable table and lists all
 * that the build has, the fastest first. Code for one architecture stands in the folders x86/ and
 * arm/ beside the generic file, between #if of the macros below. All versions give the same bytes.
 *
 * Thread-safe, fork-safe, no state.
 */
#ifndef CPU_H
#define CPU_H

#include <stdbool.h>
#include <stddef.h>

/* What the build has vectors for; with CPU_PORTABLE, as on every other processor, nothing. x86-64
 * always has SSE2, and 64-bit ARM always has NEON. */
#if defined(CPU_PORTABLE)
#elif defined(__x86_64__)
#define CPU_X86 1
#elif defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN)
#define CPU_ARM 1
#endif

/* What a processor may have beyond that. */
enum cpu_feature {
	CPU_SSE41 = 1,
	CPU_AVX2 = 2,
	/* BMI1 and BMI2 with LZCNT and POPCNT, if they are quick: before its third generation
	 * Zen takes 18 cycles and more for a pdep (Agner Fog, "Instruction tables"). */
	CPU_BITS = 4,
	/* AVX-512 F, BW, VL and VNNI where it does not slow down what runs beside it: processors
	 * with VBMI2, which came with Ice Lake and Zen 4. */
	CPU_VNNI = 8
};

/* The first member of each table of functions. */
struct cpu_code {
	const char *name;
	unsigned needs; /* features, or 0 */
};

/* Whether this processor has all of them. */
bool cpu_has(unsigned features);

/* The version number `before`, from 0, of those that this processor can run in a list that ends
 * with NULL; NULL when there are no more. */
const struct cpu_code *cpu_version(const struct cpu_code *const *list, unsigned before);

#endif
