/* words.h - whose the image library's words for its last failure are.
 *
 * Thread-safe.
 */
#ifndef PICTURE_WORDS_H
#define PICTURE_WORDS_H

#include <stdbool.h>

/* The image library keeps one text for the whole process: only a picture that has it alone can
 * trust what it says. Threads that work beside each other take their share for as long as a picture
 * takes, and let it go while they wait for anything except the processor. */
void words_share(void);
void words_unshare(void);

/* Waits until no thread has a share, with none of its own, and has the library alone until
 * words_release(). False if that takes longer than WORDS_WAIT_S, after which nobody waits
 * until it can be had again: nothing is held then. */
#define WORDS_WAIT_S 10
bool words_take(void);
void words_release(void);

#endif
