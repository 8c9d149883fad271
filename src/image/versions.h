/* versions.h - see br_image_versions(). */
#ifndef IMAGE_VERSIONS_H
#define IMAGE_VERSIONS_H

/* Looks for what the program is linked with, while the process may look at files: it is asked for
 * when it may not any more. Thread-safe. */
void versions_find(void);

#endif
