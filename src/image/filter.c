/* filter.c - the inner loops: plain C that is always there, and AVX2 where the processor has it. */
#include "image/filter.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#else
#define HAVE_AVX2 0
#endif

/* Bits of fraction between the passes, and what is shifted out by each. */
#define FRACTION_BITS 6
#define ACROSS_SHIFT  (KERNEL_ONE_BITS - FRACTION_BITS)
#define ALONG_SHIFT   (KERNEL_ONE_BITS + FRACTION_BITS)

static void across_bytes_plain(int16_t *out, const uint8_t *const *lines, const int16_t *weights,
                               uint32_t count, size_t begin, size_t n)
{
	for (size_t i = begin; i < n; i++) {
		int32_t sum = 1 << (ACROSS_SHIFT - 1);

		for (uint32_t k = 0; k < count; k++)
			sum += weights[k] * lines[k][i];
		out[i] = (int16_t)(sum >> ACROSS_SHIFT);
	}
}

static uint8_t to_byte(int32_t sum)
{
	const int32_t value = (sum + (1 << (ALONG_SHIFT - 1))) >> ALONG_SHIFT;

	return (uint8_t)(value < 0 ? 0 : value > UINT8_MAX ? UINT8_MAX : value);
}

static void along_bytes_plain(uint8_t *out, const int16_t *line, const struct kernel *kernel,
                              unsigned bands)
{
	for (uint32_t x = 0; x < kernel->out; x++) {
		const int16_t *weights = kernel->fixed + (size_t)x * kernel->stride;
		const int16_t *first = line + (size_t)kernel->start[x] * bands;

		for (unsigned b = 0; b < bands; b++) {
			int32_t sum = 0;

			for (uint32_t k = 0; k < kernel->count[x]; k++)
				sum += weights[k] * first[k * bands + b];
			*out++ = to_byte(sum);
		}
	}
}

#if HAVE_AVX2
#define AVX2 __attribute__((target("avx2")))

/* 32 bits of both weights of a pair of taps, in every place; the last tap of an odd number has 0
 * for a partner. */
AVX2 static __m256i weight_pair(const int16_t *weights, uint32_t k, uint32_t count)
{
	const uint32_t low = (uint16_t)weights[k];
	const uint32_t high = k + 1 < count ? (uint16_t)weights[k + 1] : 0;

	return _mm256_set1_epi32((int32_t)(low | high << 16));
}

/* The sums of sixteen samples, as they are added up. */
struct sums16 {
	__m256i low, high;
};

/* Two lines at a time: their bytes side by side are multiplied by both weights and added up in one
 * instruction. */
AVX2 static inline void add_pair(struct sums16 *sums, const uint8_t *first, const uint8_t *second,
                                 __m256i pair)
{
	const __m128i a = _mm_loadu_si128((const __m128i *)first);
	const __m128i b = _mm_loadu_si128((const __m128i *)second);
	const __m256i ab_low = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
	const __m256i ab_high = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));

	sums->low = _mm256_add_epi32(sums->low, _mm256_madd_epi16(ab_low, pair));
	sums->high = _mm256_add_epi32(sums->high, _mm256_madd_epi16(ab_high, pair));
}

AVX2 static inline void store_sums(int16_t *out, struct sums16 sums)
{
	const __m256i low = _mm256_srai_epi32(sums.low, ACROSS_SHIFT);
	const __m256i high = _mm256_srai_epi32(sums.high, ACROSS_SHIFT);

	/* packing works within halves: put the quarters back in order */
	_mm256_storeu_si256((__m256i *)out,
	                    _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8));
}

/* A block of samples, blocks of 16 at a time. Called with constants, so that all stays in
 * registers. */
AVX2 static inline __attribute__((always_inline)) void
across_block(int16_t *out, const uint8_t *const *lines, const int16_t *weights, uint32_t count,
             size_t i, const size_t blocks)
{
	const __m256i half = _mm256_set1_epi32(1 << (ACROSS_SHIFT - 1));
	struct sums16 sums[4] = {{half, half}, {half, half}, {half, half}, {half, half}};

	for (uint32_t k = 0; k < count; k += 2) {
		const uint8_t *first = lines[k] + i, *second = lines[k + 1 < count ? k + 1 : k] + i;
		const __m256i pair = weight_pair(weights, k, count);

		for (size_t j = 0; j < blocks; j++)
			add_pair(&sums[j], first + 16 * j, second + 16 * j, pair);
	}
	for (size_t j = 0; j < blocks; j++)
		store_sums(out + i + 16 * j, sums[j]);
}

/* 64 samples of a line, a line of the cache, are used each time it is touched. */
AVX2 static void across_bytes_avx2(int16_t *out, const uint8_t *const *lines,
                                   const int16_t *weights, uint32_t count, size_t n)
{
	size_t i = 0;

	for (; i + 64 <= n; i += 64)
		across_block(out, lines, weights, count, i, 4);
	for (; i + 16 <= n; i += 16)
		across_block(out, lines, weights, count, i, 1);
	across_bytes_plain(out, lines, weights, count, i, n);
}

/* The two halves added up, shifted and cut to bytes: four bands in the low 32 bits. */
AVX2 static uint32_t four_bytes(__m256i sums)
{
	__m128i sum =
	    _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));

	sum = _mm_add_epi32(sum, _mm_set1_epi32(1 << (ALONG_SHIFT - 1)));
	sum = _mm_srai_epi32(sum, ALONG_SHIFT);
	sum = _mm_packs_epi32(sum, sum);
	return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
}

/* Pixels of three or four bands, four taps at a time, two in each half: the samples of both taps
 * of a band are put side by side. */
AVX2 static void along_pixels_avx2(uint8_t *out, const int16_t *line, const struct kernel *kernel,
                                   unsigned bands)
{
	const __m128i order3 = _mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
	const __m128i order4 = _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
	const __m256i order = _mm256_broadcastsi128_si256(bands == 3 ? order3 : order4);
	const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);

	for (uint32_t x = 0; x < kernel->out; x++) {
		const int16_t *weights = kernel->fixed + (size_t)x * kernel->stride;
		const int16_t *p = line + (size_t)kernel->start[x] * bands;
		__m256i sums = _mm256_setzero_si256();
		uint32_t bytes;

		for (uint32_t k = 0; k < kernel->count[x]; k += 4) {
			const __m128i a = _mm_loadu_si128((const __m128i *)(p + (size_t)k * bands));
			const __m128i b =
			    _mm_loadu_si128((const __m128i *)(p + (size_t)(k + 2) * bands));
			const __m256i w = _mm256_permutevar8x32_epi32(
			    _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)(weights + k))),
			    spread);

			sums = _mm256_add_epi32(
			    sums, _mm256_madd_epi16(
				      _mm256_shuffle_epi8(_mm256_set_m128i(b, a), order), w));
		}
		bytes = four_bytes(sums);
		memcpy(out + (size_t)x * bands, &bytes, bands);
	}
}

/* Pixels of one band, sixteen taps at a time. */
AVX2 static void along_gray_avx2(uint8_t *out, const int16_t *line, const struct kernel *kernel)
{
	for (uint32_t x = 0; x < kernel->out; x++) {
		const int16_t *weights = kernel->fixed + (size_t)x * kernel->stride;
		const int16_t *p = line + kernel->start[x];
		__m256i sums = _mm256_setzero_si256();
		__m128i sum;

		for (uint32_t k = 0; k < kernel->count[x]; k += 16)
			sums = _mm256_add_epi32(
			    sums,
			    _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(p + k)),
			                      _mm256_loadu_si256((const __m256i *)(weights + k))));
		sum =
		    _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
		sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
		sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
		out[x] = to_byte(_mm_cvtsi128_si32(sum));
	}
}
#endif

static bool have_avx2(void)
{
#if HAVE_AVX2
	return __builtin_cpu_supports("avx2") != 0;
#else
	return false;
#endif
}

void filter_across_bytes(int16_t *out, const uint8_t *const *lines, const int16_t *weights,
                         uint32_t count, size_t n)
{
#if HAVE_AVX2
	if (have_avx2()) {
		across_bytes_avx2(out, lines, weights, count, n);
		return;
	}
#endif
	across_bytes_plain(out, lines, weights, count, 0, n);
}

void filter_along_bytes(uint8_t *out, const int16_t *line, const struct kernel *kernel,
                        unsigned bands)
{
#if HAVE_AVX2
	if (have_avx2() && (bands == 3 || bands == 4)) {
		along_pixels_avx2(out, line, kernel, bands);
		return;
	}
	if (have_avx2() && bands == 1) {
		along_gray_avx2(out, line, kernel);
		return;
	}
#endif
	along_bytes_plain(out, line, kernel, bands);
}

/* Four floats that a compiler adds up in one instruction, on any processor and wherever they lie.
 */
typedef float floats4 __attribute__((vector_size(16), aligned(4), may_alias));

/* Vectors whose sums stay in registers while all lines are added to them: a line of the cache. */
#define FLOAT_VECTORS ((size_t)4)

static void across_vectors(float *out, const float *const *lines, const float *weights,
                           uint32_t count, size_t i)
{
	floats4 sums[FLOAT_VECTORS] = {{0}};

	for (uint32_t k = 0; k < count; k++) {
		const floats4 *line = (const floats4 *)(lines[k] + i);

		for (size_t j = 0; j < FLOAT_VECTORS; j++)
			sums[j] += weights[k] * line[j];
	}
	memcpy(out + i, sums, sizeof sums);
}

void filter_across_floats(float *out, const float *const *lines, const float *weights,
                          uint32_t count, size_t n)
{
	const size_t step = 4 * FLOAT_VECTORS;
	size_t i = 0;

	for (; i + step <= n; i += step)
		across_vectors(out, lines, weights, count, i);
	for (; i < n; i++) {
		out[i] = 0;
		for (uint32_t k = 0; k < count; k++)
			out[i] += weights[k] * lines[k][i];
	}
}

/* Bytes are turned into floats this many at a time, which a compiler does in few instructions. */
#define CONVERT 16

void filter_bytes_to_floats(float *restrict out, const uint8_t *restrict in, size_t n)
{
	size_t i = 0;

	for (; i + CONVERT <= n; i += CONVERT)
		for (size_t j = 0; j < CONVERT; j++)
			out[i + j] = in[i + j];
	for (; i < n; i++)
		out[i] = in[i];
}

void filter_words_to_floats(float *restrict out, const uint16_t *restrict in, size_t n)
{
	size_t i = 0;

	for (; i + CONVERT <= n; i += CONVERT)
		for (size_t j = 0; j < CONVERT; j++)
			out[i + j] = in[i + j];
	for (; i < n; i++)
		out[i] = in[i];
}

/* Pixels of four bands as one vector, which is most of those with alpha. */
static void along_vectors(float *out, const float *line, const struct kernel *kernel)
{
	for (uint32_t x = 0; x < kernel->out; x++) {
		const float *weights = kernel->real + (size_t)x * kernel->stride;
		const floats4 *first = (const floats4 *)(line + (size_t)kernel->start[x] * 4);
		floats4 sums = {0};

		for (uint32_t k = 0; k < kernel->count[x]; k++)
			sums += weights[k] * first[k];
		memcpy(out + (size_t)x * 4, &sums, sizeof sums);
	}
}

void filter_along_floats(float *out, const float *line, const struct kernel *kernel, unsigned bands)
{
	if (bands == 4) {
		along_vectors(out, line, kernel);
		return;
	}
	for (uint32_t x = 0; x < kernel->out; x++) {
		const float *weights = kernel->real + (size_t)x * kernel->stride;
		const float *first = line + (size_t)kernel->start[x] * bands;

		for (unsigned b = 0; b < bands; b++)
			out[b] = 0;
		for (uint32_t k = 0; k < kernel->count[x]; k++, first += bands)
			for (unsigned b = 0; b < bands; b++)
				out[b] += weights[k] * first[b];
		out += bands;
	}
}
