/* jpeg_colours.c - jpeg_colours.h by AVX2. */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

/* Pixels that are converted at once, and bytes that are read for them. */
#define BLOCK       32U
#define BLOCK_BYTES (3 * BLOCK + 4)

/* Two weights, for pairs of samples that lie side by side. */
AVX2 static inline __m256i weights(int first, int second)
{
	return _mm256_set1_epi32((int)((unsigned)second << 16 | ((unsigned)first & 0xffff)));
}

/* The same of both halves. */
AVX2 static inline __m256i both(__m128i half)
{
	return _mm256_broadcastsi128_si256(half);
}

/* Eight pixels in 32 bits. */
struct eight {
	__m256i luma, blue, red;
};

/* A half is twice a quarter, which is within 16 bits, and 0.587 a quarter and 0.337. */
AVX2 static inline struct eight eight_of(const uint8_t *rgb)
{
	const __m256i pixels =
	    _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)rgb)),
	                            _mm_loadu_si128((const __m128i *)(rgb + 12)), 1);
	const __m256i red_green = _mm256_shuffle_epi8(
	    pixels, both(_mm_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1)));
	const __m256i blue_green = _mm256_shuffle_epi8(
	    pixels, both(_mm_setr_epi8(2, -1, 1, -1, 5, -1, 4, -1, 8, -1, 7, -1, 11, -1, 10, -1)));
	const __m256i blue = _mm256_shuffle_epi8(
	    pixels,
	    both(_mm_setr_epi8(-1, 2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1)));
	const __m256i red = _mm256_shuffle_epi8(
	    pixels,
	    both(_mm_setr_epi8(-1, 0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1)));
	const __m256i half = _mm256_set1_epi32(JPEG_COLOURS_HALF);
	const __m256i offset = _mm256_set1_epi32(JPEG_COLOURS_OFFSET);
	const __m256i luma = _mm256_add_epi32(
	    _mm256_madd_epi16(red_green,
	                      weights(JPEG_COLOURS_FIX(0.29900),
	                              JPEG_COLOURS_FIX(0.58700) - JPEG_COLOURS_FIX(0.25))),
	    _mm256_madd_epi16(blue_green,
	                      weights(JPEG_COLOURS_FIX(0.11400), JPEG_COLOURS_FIX(0.25))));
	const __m256i less_blue = _mm256_madd_epi16(
	    red_green, weights(-JPEG_COLOURS_FIX(0.16874), -JPEG_COLOURS_FIX(0.33126)));
	const __m256i less_red = _mm256_madd_epi16(
	    blue_green, weights(-JPEG_COLOURS_FIX(0.08131), -JPEG_COLOURS_FIX(0.41869)));

	return (struct eight){
	    .luma = _mm256_srli_epi32(_mm256_add_epi32(luma, half), JPEG_COLOURS_BITS),
	    .blue = _mm256_srli_epi32(
		_mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(blue, 7), less_blue), offset),
		JPEG_COLOURS_BITS),
	    .red = _mm256_srli_epi32(
		_mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(red, 7), less_red), offset),
		JPEG_COLOURS_BITS),
	};
}

/* Packs leave fours of pixels of each half one after another. */
AVX2 static inline void store_block(uint8_t *out, __m256i a, __m256i b, __m256i c, __m256i d)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256i bytes =
	    _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));

	_mm256_storeu_si256((__m256i *)out, _mm256_permutevar8x32_epi32(bytes, order));
}

AVX2 static inline void convert_block(const uint8_t *rgb, uint8_t *luma, uint8_t *blue,
                                      uint8_t *red)
{
	const struct eight a = eight_of(rgb), b = eight_of(rgb + 24);
	const struct eight c = eight_of(rgb + 48), d = eight_of(rgb + 72);

	store_block(luma, a.luma, b.luma, c.luma, d.luma);
	store_block(blue, a.blue, b.blue, c.blue, d.blue);
	store_block(red, a.red, b.red, c.red, d.red);
}

/* Less than a block, or one behind which nothing can be read. */
AVX2 static void convert_rest(const uint8_t *rgb, size_t pixels, uint8_t *luma, uint8_t *blue,
                              uint8_t *red)
{
	uint8_t from[BLOCK_BYTES] = {0}, to[3][BLOCK];

	memcpy(from, rgb, 3 * pixels);
	convert_block(from, to[0], to[1], to[2]);
	memcpy(luma, to[0], pixels);
	memcpy(blue, to[1], pixels);
	memcpy(red, to[2], pixels);
}

AVX2 void jpeg_colours_avx2(const uint8_t *rgb, size_t pixels, uint8_t *luma, uint8_t *blue,
                            uint8_t *red)
{
	size_t i = 0;

	for (; 3 * (pixels - i) >= BLOCK_BYTES; i += BLOCK)
		convert_block(rgb + 3 * i, luma + i, blue + i, red + i);
	for (size_t count; i < pixels; i += count) {
		count = pixels - i < BLOCK ? pixels - i : BLOCK;
		convert_rest(rgb + 3 * i, count, luma + i, blue + i, red + i);
	}
}

/* Sums of two samples of each line, rounded. */
AVX2 static inline __m256i means(const uint8_t *upper, const uint8_t *lower)
{
	const __m256i ones = _mm256_set1_epi8(1), round = _mm256_set1_epi32(2 << 16 | 1);
	const __m256i sum = _mm256_add_epi16(
	    _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)upper), ones),
	    _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)lower), ones));

	return _mm256_srli_epi16(_mm256_add_epi16(sum, round), 2);
}

AVX2 void jpeg_halve_avx2(const uint8_t *upper, const uint8_t *lower, size_t samples, uint8_t *out)
{
	for (size_t i = 0; i < samples; i += JPEG_COLOURS_STEP) {
		const __m256i bytes = _mm256_packus_epi16(means(upper + i, lower + i),
		                                          means(upper + i + 32, lower + i + 32));

		_mm256_storeu_si256((__m256i *)(out + i / 2),
		                    _mm256_permute4x64_epi64(bytes, 0xd8));
	}
}

#endif
