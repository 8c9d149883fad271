/* api.h - what every public header puts around its declarations: C linkage for C++, and visibility
 * outside the shared libraries, which show nothing else.
 *
 * Every name of the public headers begins with br_ or BR_, or with BATCHRESIZE_ if it guards a
 * header. Headers are plain C11 and compile as C++11.
 */
#ifndef BATCHRESIZE_API_H
#define BATCHRESIZE_API_H

#ifdef __cplusplus
#define BR_API_BEGIN                                       \
	_Pragma("GCC visibility push(default)") extern "C" \
	{
#define BR_API_END \
	}          \
	_Pragma("GCC visibility pop")
#else
#define BR_API_BEGIN _Pragma("GCC visibility push(default)")
#define BR_API_END   _Pragma("GCC visibility pop")
#endif

#endif
