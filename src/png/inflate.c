/* inflate.c - see inflate.h.
 *
 * Codes are looked up by as many bits as most have (the first table), and in a further one for the
 * rest. An entry of either is what a symbol stands for, so that a literal or a length takes one
 * look at memory. Bits are read by the word.
 */
#include "png/inflate.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "png/inflate_code.h"

enum stage { STAGE_BLOCK, STAGE_STORED, STAGE_CODED, STAGE_OVER };

struct inflate {
	const uint8_t *in, *in_end;
	uint64_t bits;  /* read and not used, the next one lowest */
	unsigned count; /* of them */
	unsigned over;  /* bytes of them that were not there, and are zeros */
	enum stage stage;
	bool quick;    /* by CPU_BITS */
	bool last;     /* this block is */
	size_t stored; /* bytes of it that are still to come */
	uint32_t literal[LITERAL_TABLE], distance[DISTANCE_TABLE];
};

/* --- bits ---------------------------------------------------------------------------- */

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline void store64(uint8_t *p, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	memcpy(p, &word, sizeof word);
}

/* The bits that are being read, apart so that they are in registers. */
struct reading {
	const uint8_t *in, *in_end;
	uint64_t bits;
	unsigned count; /* in its lowest byte: see held() */
	unsigned over;
};

/* How many bits there are. What is subtracted from the count is whole entries, of which only the
 * lowest byte is a number of bits: what is above that byte means nothing. */
static inline unsigned held(const struct reading *r)
{
	return r->count & 0xff;
}

static struct reading reading_begin(const struct inflate *inflate)
{
	return (struct reading){inflate->in, inflate->in_end, inflate->bits, inflate->count,
	                        inflate->over};
}

static void reading_end(struct inflate *inflate, const struct reading *reading)
{
	inflate->in = reading->in;
	inflate->bits = reading->bits;
	inflate->count = held(reading);
	inflate->over = reading->over;
}

/* At least 56 bits from here on, of 8 bytes that are there. */
static inline __attribute__((always_inline)) void refill_far(struct reading *r)
{
	r->bits |= load64(r->in) << (r->count & 63);
	r->in += 7 - (r->count >> 3 & 7);
	r->count |= 56;
}

/* The same, of what there is. */
static inline __attribute__((always_inline)) void refill(struct reading *r)
{
	if (r->in_end - r->in >= 8) {
		refill_far(r);
		return;
	}
	for (; held(r) <= 56; r->count += 8) {
		if (r->in < r->in_end)
			r->bits |= (uint64_t)*r->in++ << held(r);
		else
			r->over++;
	}
}

static inline uint64_t low(uint64_t bits, unsigned count)
{
	return bits & ((UINT64_C(1) << count) - 1);
}

static inline unsigned take(struct reading *r, unsigned count)
{
	const unsigned value = (unsigned)low(r->bits, count);

	r->bits >>= count;
	r->count -= count;
	return value;
}

/* As many bits as the lowest byte of an entry says. */
static inline void drop(struct reading *r, uint32_t entry)
{
	r->bits >>= entry & 63;
	r->count -= entry;
}

/* Whether bits have been used that were not there. */
static inline bool is_exhausted(const struct reading *r)
{
	return r->over * 8 > held(r);
}

/* --- a block's head ------------------------------------------------------------------ */

static struct inflate_code literal_code(struct inflate *inflate)
{
	return (struct inflate_code){inflate->literal, LITERAL_BITS, inflate_literal, false};
}

static struct inflate_code distance_code(struct inflate *inflate)
{
	return (struct inflate_code){inflate->distance, DISTANCE_BITS, inflate_distance, true};
}

static bool read_fixed(struct inflate *inflate)
{
	const struct inflate_code literals = literal_code(inflate),
				  distances = distance_code(inflate);
	uint8_t lengths[LITERALS + 2];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	if (!inflate_tables(&literals, lengths, LITERALS + 2))
		return false;
	memset(lengths, 5, 32);
	return inflate_tables(&distances, lengths, 32);
}

/* The lengths of the words of both codes, one after another. */
static bool read_lengths(struct reading *r, const uint32_t *table, uint8_t *lengths, unsigned count)
{
	static const uint8_t extra[3] = {2, 3, 7}, least[3] = {3, 3, 11};

	for (unsigned i = 0; i < count;) {
		unsigned symbol, times;

		refill(r);
		const uint32_t entry = table[low(r->bits, LENGTH_BITS)];

		(void)take(r, entry & 0xff);
		symbol = entry >> 16;
		if (symbol < 16) {
			lengths[i++] = (uint8_t)symbol;
			continue;
		}
		times = least[symbol - 16] + take(r, extra[symbol - 16]);
		if ((symbol == 16 && i == 0) || times > count - i)
			return false;
		memset(lengths + i, symbol == 16 ? lengths[i - 1] : 0, times);
		i += times;
	}
	return true;
}

static bool read_codes(struct inflate *inflate, struct reading *r)
{
	static const uint8_t order[LENGTHS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
	                                       11, 4,  12, 3, 13, 2, 14, 1, 15};
	const struct inflate_code literals = literal_code(inflate),
				  distances = distance_code(inflate);
	uint32_t table[1 << LENGTH_BITS];
	const struct inflate_code code = {table, LENGTH_BITS, inflate_length, false};
	uint8_t lengths[LITERALS + DISTANCES] = {0};
	unsigned literal, distance, length;

	refill(r);
	literal = 257 + take(r, 5);
	distance = 1 + take(r, 5);
	length = 4 + take(r, 4);
	if (literal > LITERALS || distance > DISTANCES)
		return false;
	for (unsigned i = 0; i < length; i++) {
		refill(r);
		lengths[order[i]] = (uint8_t)take(r, 3);
	}
	if (!inflate_tables(&code, lengths, LENGTHS) ||
	    !read_lengths(r, table, lengths, literal + distance))
		return false;
	if (!lengths[END_OF_BLOCK] || !inflate_tables(&literals, lengths, literal) ||
	    !inflate_tables(&distances, lengths + literal, distance))
		return false;
	inflate_pair(inflate->literal);
	return true;
}

/* Gives back the bytes that were read ahead. */
static bool align(struct reading *r)
{
	(void)take(r, held(r) & 7);
	if (is_exhausted(r))
		return false;
	r->in -= held(r) / 8 - r->over;
	r->bits = 0;
	r->count = r->over = 0;
	return true;
}

static bool read_stored(struct inflate *inflate, struct reading *r)
{
	unsigned size;

	if (!align(r) || r->in_end - r->in < 4)
		return false;
	size = r->in[0] | (unsigned)r->in[1] << 8;
	if ((size ^ (r->in[2] | (unsigned)r->in[3] << 8)) != 0xffff)
		return false;
	r->in += 4;
	inflate->stored = size;
	return true;
}

static bool read_head(struct inflate *inflate)
{
	struct reading r = reading_begin(inflate);
	bool good = false;

	refill(&r);
	inflate->last = take(&r, 1);
	switch (take(&r, 2)) {
	case 0:
		good = read_stored(inflate, &r);
		inflate->stage = STAGE_STORED;
		break;
	case 1:
		good = read_fixed(inflate);
		inflate->stage = STAGE_CODED;
		break;
	case 2:
		good = read_codes(inflate, &r);
		inflate->stage = STAGE_CODED;
		break;
	default:
		break;
	}
	good = good && !is_exhausted(&r);
	reading_end(inflate, &r);
	return good;
}

/* --- a block's data ------------------------------------------------------------------ */

static inline void copy16(uint8_t *out, const uint8_t *from)
{
	memcpy(out, from, 16);
}

/* The `length` bytes before `out` by `distance` once more, and maybe some after them. Most matches
 * of pictures are no longer than 48 bytes, and of any length up to that: copied whole, they make no
 * branch that can't be foretold. */
static inline __attribute__((always_inline)) uint8_t *repeat(uint8_t *out, unsigned length,
                                                             unsigned distance)
{
	static const uint64_t times[8] = {0,
	                                  UINT64_C(0x0101010101010101),
	                                  UINT64_C(0x0001000100010001),
	                                  UINT64_C(0x0001000001000001),
	                                  UINT64_C(0x0000000100000001),
	                                  UINT64_C(0x0000010000000001),
	                                  UINT64_C(0x0001000000000001),
	                                  UINT64_C(0x0100000000000001)};
	static const uint8_t steps[8] = {0, 8, 8, 6, 8, 5, 6, 7};
	const uint8_t *from = out - distance;
	uint8_t *const end = out + length;
	uint64_t word;

	if (distance >= 16) {
		copy16(out, from);
		copy16(out + 16, from + 16);
		copy16(out + 32, from + 32);
		for (unsigned done = 48; done < length; done += 16)
			copy16(out + done, from + done);
		return end;
	}
	if (distance >= 8) {
		do {
			memcpy(out, from, 8);
			out += 8;
			from += 8;
		} while (out < end);
		return end;
	}
	word = low(load64(from), 8 * distance) * times[distance];
	const size_t step = steps[distance];

	do {
		store64(out, word);
		store64(out + step, word);
		store64(out + 2 * step, word);
		store64(out + 3 * step, word);
		out += 4 * step;
	} while (out < end);
	return end;
}

static inline uint32_t look(const uint32_t *table, const struct reading *r, unsigned bits)
{
	return table[low(r->bits, bits)];
}

/* The entry of a further table that an entry of the first leads to. */
static inline uint32_t look_further(const uint32_t *table, struct reading *r, uint32_t entry)
{
	drop(r, entry);
	return look(table + (entry >> 16), r, entry >> 8 & 0x0f);
}

/* A length or distance, with its extra bits. */
static inline unsigned take_number(struct reading *r, uint32_t entry)
{
	const uint64_t bits = low(r->bits, entry & 0xff);

	drop(r, entry);
	return (entry >> 16) + (unsigned)(bits >> (entry >> 8 & 63));
}

/* One literal or two: the second byte is written anyway. */
static inline uint8_t *put_literals(uint8_t *out, struct reading *r, uint32_t entry)
{
	const uint8_t both[2] = {(uint8_t)(entry >> 16), (uint8_t)(entry >> 24)};

	memcpy(out, both, sizeof both);
	drop(r, entry);
	return out + (entry >> 8 & 0x03);
}

/* Bits that a distance takes, at most: a word, and 13 more. */
#define DISTANCE_MOST (WORD_MAX + 13)

/* How far a match goes back; 0: there is no such. */
static inline __attribute__((always_inline)) unsigned take_distance(const struct inflate *inflate,
                                                                    struct reading *r)
{
	uint32_t entry = look(inflate->distance, r, DISTANCE_BITS);

	if (entry & ENTRY_OTHER) {
		if (!(entry & ENTRY_FURTHER))
			return 0;
		entry = look_further(inflate->distance, r, entry);
		if (entry & ENTRY_OTHER)
			return 0;
	}
	return take_number(r, entry);
}

/* A match: its length is that of the entry. NULL: there is no such. */
static inline __attribute__((always_inline)) uint8_t *run_match(const struct inflate *inflate,
                                                                struct reading *r,
                                                                const uint8_t *begin, uint8_t *out,
                                                                uint32_t entry)
{
	const unsigned length = take_number(r, entry);
	unsigned distance;

	refill(r);
	distance = take_distance(inflate, r);
	return distance && distance <= (size_t)(out - begin) ? repeat(out, length, distance) : NULL;
}

/* Bytes of the stream that a turn of the loop below may read. */
#define FAR 32

/* The entry that one of the first table, which is no symbol's, leads to. If it is a literal or a
 * length, the bits that led to its table are taken; otherwise none are. */
static inline uint32_t follow(const uint32_t *table, struct reading *r, uint32_t entry)
{
	uint32_t further;

	if (!(entry & ENTRY_FURTHER))
		return entry;
	further = table[(entry >> 16) + low(r->bits >> LITERAL_BITS, WORD_MAX - LITERAL_BITS)];
	if (!(further & ENTRY_OTHER))
		(void)take(r, LITERAL_BITS);
	return further;
}

/* The same as run_coded() while neither the stream's end nor the block's is near. What comes next
 * is looked up before a match is copied, so that both are under way at once. Most distances, and
 * the look at what follows, find their bits there without a refill, which they would wait for. */
static inline __attribute__((always_inline)) uint8_t *run_far(const struct inflate *inflate,
                                                              struct reading *r,
                                                              const uint8_t *begin, uint8_t *out,
                                                              const uint8_t *end)
{
	const uint32_t *table = inflate->literal;
	uint32_t entry;

	if (r->in_end - r->in < FAR)
		return out;
	refill(r);
	entry = look(table, r, LITERAL_BITS);
	while (out < end && r->in_end - r->in >= FAR) {
		unsigned length, distance;

		if (entry & ENTRY_LITERAL) {
			out = put_literals(out, r, entry);
			entry = look(table, r, LITERAL_BITS);
			if (entry & ENTRY_LITERAL) {
				out = put_literals(out, r, entry);
				entry = look(table, r, LITERAL_BITS);
			}
		}
		if (entry & ENTRY_OTHER)
			entry = follow(table, r, entry);
		if (entry & ENTRY_LITERAL) {
			out = put_literals(out, r, entry);
			entry = look(table, r, LITERAL_BITS);
			refill_far(r);
			continue;
		}
		if (entry & ENTRY_OTHER)
			break;
		length = take_number(r, entry);
		if (held(r) < DISTANCE_MOST + LITERAL_BITS)
			refill_far(r);
		distance = take_distance(inflate, r);
		if (!distance || distance > (size_t)(out - begin))
			return NULL;
		entry = look(table, r, LITERAL_BITS);
		refill_far(r);
		out = repeat(out, length, distance);
	}
	return out;
}

/* Up to the block's end, or that of the piece. Three entries of literals take 35 bits at most, and
 * two with a length 40: there are 56. */
static inline __attribute__((always_inline)) uint8_t *
run_coded(struct inflate *inflate, const uint8_t *begin, uint8_t *out, const uint8_t *end)
{
	struct reading r = reading_begin(inflate);
	const uint32_t *table = inflate->literal;

	while (out && out < end) {
		uint32_t entry;

		out = run_far(inflate, &r, begin, out, end);
		if (!out || out >= end)
			break;
		refill(&r);
		entry = look(table, &r, LITERAL_BITS);
		if (entry & ENTRY_LITERAL) {
			out = put_literals(out, &r, entry);
			entry = look(table, &r, LITERAL_BITS);
		}
		if (entry & ENTRY_LITERAL) {
			out = put_literals(out, &r, entry);
			entry = look(table, &r, LITERAL_BITS);
		}
		if (entry & ENTRY_FURTHER)
			entry = look_further(table, &r, entry);
		if (entry & ENTRY_LITERAL) {
			out = put_literals(out, &r, entry);
		} else if (!(entry & ENTRY_OTHER)) {
			out = run_match(inflate, &r, begin, out, entry);
		} else if (entry & ENTRY_END) {
			drop(&r, entry);
			inflate->stage = inflate->last ? STAGE_OVER : STAGE_BLOCK;
			break;
		} else {
			out = NULL;
		}
		if (r.over && is_exhausted(&r))
			out = NULL;
	}
	if (out && is_exhausted(&r))
		out = NULL;
	reading_end(inflate, &r);
	return out;
}

static uint8_t *run_coded_portable(struct inflate *inflate, const uint8_t *begin, uint8_t *out,
                                   const uint8_t *end)
{
	return run_coded(inflate, begin, out, end);
}

#if defined(CPU_X86)
/* The same with shifts that leave the flags alone. */
__attribute__((target("bmi,bmi2"))) static uint8_t *
run_coded_bits(struct inflate *inflate, const uint8_t *begin, uint8_t *out, const uint8_t *end)
{
	return run_coded(inflate, begin, out, end);
}
#else
#define run_coded_bits run_coded_portable
#endif

static uint8_t *run_stored(struct inflate *inflate, uint8_t *out, const uint8_t *end)
{
	const size_t room = (size_t)(end - out), there = (size_t)(inflate->in_end - inflate->in);
	const size_t size = inflate->stored < room ? inflate->stored : room;

	if (size > there)
		return NULL;
	memcpy(out, inflate->in, size);
	inflate->in += size;
	inflate->stored -= size;
	if (!inflate->stored)
		inflate->stage = inflate->last ? STAGE_OVER : STAGE_BLOCK;
	return out + size;
}

/* --- all ----------------------------------------------------------------------------- */

struct inflate *inflate_new(bool portable)
{
	struct inflate *inflate = malloc(sizeof *inflate);

	if (inflate)
		inflate->quick = !portable && cpu_has(CPU_BITS);
	return inflate;
}

void inflate_free(struct inflate *inflate)
{
	free(inflate);
}

/* Deflate, no dictionary, a window that the standard knows. */
static bool is_zlib(struct bytes stream)
{
	const uint8_t *head = stream.data;

	return stream.size >= 2 && (head[0] & 0x0f) == 8 && head[0] >> 4 <= 7 &&
	       !(head[1] & 0x20) && (head[0] << 8 | head[1]) % 31 == 0;
}

void inflate_begin(struct inflate *inflate, struct bytes stream)
{
	const bool good = is_zlib(stream);

	inflate->in = stream.data + (good ? 2 : 0);
	inflate->in_end = good ? stream.data + stream.size : inflate->in;
	inflate->bits = 0;
	inflate->count = inflate->over = 0;
	inflate->stage = STAGE_BLOCK;
	inflate->last = false;
}

uint8_t *inflate_run(struct inflate *inflate, const uint8_t *begin, uint8_t *out,
                     const uint8_t *end)
{
	while (out && out < end && inflate->stage != STAGE_OVER) {
		if (inflate->stage == STAGE_BLOCK)
			out = read_head(inflate) ? out : NULL;
		else if (inflate->stage == STAGE_STORED)
			out = run_stored(inflate, out, end);
		else if (inflate->quick)
			out = run_coded_bits(inflate, begin, out, end);
		else
			out = run_coded_portable(inflate, begin, out, end);
	}
	return out;
}

bool inflate_ended(struct inflate *inflate, uint32_t *adler)
{
	struct reading r = reading_begin(inflate);

	if (inflate->stage != STAGE_OVER || !align(&r) || r.in_end - r.in != 4)
		return false;
	*adler = be32(r.in);
	return true;
}
