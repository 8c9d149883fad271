/* url.h - the text of a URL: what of it may be shown, and what an output of it is called.
 *
 * Pure: nothing is resolved or fetched. Thread-safe.
 */
#ifndef FETCH_URL_H
#define FETCH_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a URL, the final NUL included: as long as a path may be. */
#define URL_MAX 4096

/* Bytes of the path of its output, NUL included: "index" and the hash of a query may take the place
 * of nothing and of a single byte. */
#define URL_PATH_MAX (URL_MAX + 16)

/* Whether a source is fetched: the text begins with http://, https:// or redis://, in any case. Of
 * the last, which names a key, more is told in redis/address.h: no '?' or '#' ends it. */
bool url_is(const char *text);

/* What is wrong with such a text as a URL, in words, or NULL: no host, a blank or a control
 * character in it, too long. */
const char *url_problem(const char *url);

/* Writes the URL without user, password and fragment, which are nobody's business and not the
 * server's (of a key's: in one way for all that there are to write it), cut at `size`, with a NUL.
 * Returns its whole length. */
size_t url_public(const char *url, char *buffer, size_t size);

/* How many bytes of what url_public() writes come before the last part of the path: at least up to
 * the slash behind the host, which need not be there. */
size_t url_directory_length(const char *public);

/* Writes the path of a file that stands for the URL, relative and without "." and "..", with a NUL:
 * its path with %XX decoded. What a name of a file can't have (a slash that was decoded, control
 * characters) and a dot at the beginning of a name become '_'; a name of over 200 bytes is cut, and
 * tells itself by a hash of all of it; an empty last part is "index". The query counts only if the
 * last part does not end as a picture's name does: then a hash of it is appended. Returns its
 * length. Of a URL in which url_problem() sees none. */
size_t url_path(const char *url, char buffer[URL_PATH_MAX]);

#endif
