/* prune.h - removing what nothing asks for any more: --prune.
 *
 * After all pictures are made, what the states (see known.h) remember is gone through: of sources
 * below the directories that this run has walked, outputs of those that are gone, and those whose
 * picture has others in their place now. What a run with other sources or options made is left
 * alone, and so is what any picture that stays, or that is asked for, has as its output. An output
 * must be as it was left: a file of that size, modification time and inode.
 *
 * A source is gone when nothing has its name any more, and the directory that it was in still has
 * pictures, or is the same as it was and no file system's topmost one, or is gone as well and was
 * none. Otherwise a disk may not be mounted, which is told. All is looked at before anything is
 * removed, for --max-delete.
 *
 * The file goes first and is forgotten then: who is killed in between finds it gone the next time.
 * No link is followed below the output directory.
 *
 * For the thread of the pump.
 */
#ifndef BATCH_PRUNE_H
#define BATCH_PRUNE_H

#include "batch/pump.h"

/* Remembers what could not be read while sources were looked for; only with --prune. */
void prune_note_unread(struct pump *pump, const char *path);
void prune_free_unread(struct prune_unread *unread);

/* Removes, or with --dry-run tells of, all of that; tells each. A run that did not come to its end
 * removes nothing. What can't be removed is told. */
void prune(struct pump *pump);

#endif
