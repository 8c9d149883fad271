/* one_thread.h - has libwebp decode in the thread that it is called in.
 *
 * libvips asks it for a second thread, which takes the smoothing of edges and is waited for after
 * each row of blocks: some hundred times a picture. Where as many workers run as there are CPUs all
 * that comes of it is waiting: a run took 10 % longer with it, and one picture at a time 12 %.
 */
#ifndef WEBP_ONE_THREAD_H
#define WEBP_ONE_THREAD_H

#include <stdbool.h>

/* For the whole process, once libwebp is loaded and before it is used. Whether it could be done; if
 * not, decoding goes on with two threads. Pixels are the same. */
bool webp_one_thread(void);

#endif
