/* cpu.c - see cpu.h. */
#include "base/cpu.h"

#if defined(CPU_X86)

static unsigned cpu_features(void)
{
	unsigned features = 0;

	if (__builtin_cpu_supports("sse4.1"))
		features |= CPU_SSE41;
	if (__builtin_cpu_supports("avx2"))
		features |= CPU_AVX2;
	/* every processor with BMI2 has the others: they came with Haswell and Excavator */
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
	    __builtin_cpu_supports("popcnt") && !__builtin_cpu_is("znver1") &&
	    !__builtin_cpu_is("znver2"))
		features |= CPU_BITS;
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi2"))
		features |= CPU_VNNI;
	return features;
}

#else

static unsigned cpu_features(void)
{
	return 0;
}

#endif

bool cpu_has(unsigned features)
{
	return (cpu_features() & features) == features;
}

const struct cpu_code *cpu_version(const struct cpu_code *const *list, unsigned before)
{
	for (; *list; list++)
		if (cpu_has((*list)->needs) && before-- == 0)
			return *list;
	return NULL;
}
