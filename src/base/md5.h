/* md5.h - the MD5 of bytes in memory (RFC 1321), for names that others give by it; it keeps nothing
 * safe.
 *
 * Pure; thread-safe.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>

#define MD5_SIZE 16

void md5(const void *data, size_t size, unsigned char digest[MD5_SIZE]);

#endif
