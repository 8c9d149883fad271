/* bytes.h - integers in a file's bytes: read, never beyond its end, and written. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const unsigned char *data;
	size_t size;
};

static inline bool bytes_have(struct bytes bytes, uint64_t at, uint64_t length)
{
	return at <= bytes.size && length <= bytes.size - at;
}

/* The caller has made sure that the bytes are there. */
static inline uint32_t be16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t be32(const unsigned char *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static inline uint64_t be64(const unsigned char *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static inline uint32_t le16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t le24(const unsigned char *p)
{
	return (uint32_t)p[2] << 16 | le16(p);
}

static inline uint32_t le32(const unsigned char *p)
{
	return le16(p + 2) << 16 | le16(p);
}

static inline uint64_t le64(const unsigned char *p)
{
	return (uint64_t)le32(p + 4) << 32 | le32(p);
}

/* An integer of up to eight bytes whose length and order only the file tells. */
static inline uint64_t bytes_get(const unsigned char *p, unsigned size, bool big_endian)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | p[big_endian ? i : size - 1 - i];
	return value;
}

static inline void bytes_put(unsigned char *p, uint64_t value, unsigned size, bool big_endian)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (unsigned char)(value >> 8 * (big_endian ? size - 1 - i : i));
}

static inline void put_be16(unsigned char *p, uint32_t value)
{
	p[0] = (unsigned char)(value >> 8);
	p[1] = (unsigned char)value;
}

static inline void put_be32(unsigned char *p, uint32_t value)
{
	put_be16(p, value >> 16);
	put_be16(p + 2, value);
}

static inline void put_le24(unsigned char *p, uint32_t value)
{
	p[0] = (unsigned char)value;
	p[1] = (unsigned char)(value >> 8);
	p[2] = (unsigned char)(value >> 16);
}

static inline void put_le32(unsigned char *p, uint32_t value)
{
	put_le24(p, value);
	p[3] = (unsigned char)(value >> 24);
}

#endif
