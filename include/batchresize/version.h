/* version.h - which version a program is compiled against, and which it runs with.
 *
 * While the major number is 0, a minor one may change the interface, and with it the shared
 * libraries' soname.
 */
#ifndef BATCHRESIZE_VERSION_H
#define BATCHRESIZE_VERSION_H

#include <batchresize/api.h>

#define BR_VERSION       "0.1.0"
#define BR_VERSION_MAJOR 0
#define BR_VERSION_MINOR 1
#define BR_VERSION_PATCH 0

/* For comparisons: 1002003 stands for 1.2.3. */
#define BR_VERSION_NUMBER (BR_VERSION_MAJOR * 1000000 + BR_VERSION_MINOR * 1000 + BR_VERSION_PATCH)

BR_API_BEGIN

/* BR_VERSION of the library that the program runs with. Callable from anywhere. */
const char *br_version(void);

BR_API_END

#endif
