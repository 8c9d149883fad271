/* warm.h - what the libraries behind libvips read and load by themselves, done while a process may
 * still open files: afterwards pictures of every format can be made without one.
 */
#ifndef LIBVIPS_WARM_H
#define LIBVIPS_WARM_H

/* While the process has one thread, once libvips is loaded. Starts none. */
void libvips_warm(void);

#endif
