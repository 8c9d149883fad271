/* hash.h - 64 bits that stand for any number of bytes: XXH3, some ten gigabytes a second.
 *
 * Not against those who want two files to have the same. The values go into files and must stay.
 * Thread-safe, no state.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);

/* Of all bytes of a file, with seed 0. The file's own offset is not used. `stop` is looked at now
 * and then: not 0 ends it with -ECANCELED; may be NULL. Returns 0 or a negative errno. */
int hash_file(int fd, const int *stop, uint64_t *hash);

#endif
