/* plugin.h - tasks of one's own: what a file that --plugin names gives to batchresize.
 *
 * A plugin is a shared object with one public name, br_plugin_entry: a table of functions. It needs
 * this header, no library, and is built by
 *
 *     cc -shared -fPIC -o plugin.so plugin.c $(pkg-config --cflags batchresize)
 *
 * and used by `batchresize --plugin plugin.so,ARGUMENTS photos/`. tests/examples/ of the sources
 * has a watermark, a detector of faces, and a moderator that takes eight pictures at a time.
 *
 * Life: init() is called once in each worker, before its first picture: the place to load a model.
 * pixels() is called for each picture that has been made, in each of the sizes asked for and each
 * frame of an animation that is kept, finished and before it is encoded; more than once if a
 * picture is made again on another way or in another worker (--retries), of which the last call
 * counts. free() is called at the end of a worker that is a thread; a process ends without it.
 *
 * Several at a time: a plugin that is at its best with many pictures at once, as most models are,
 * has batch() in place of pixels(), and says in `together` how many it wants at most. A worker then
 * makes so many pictures and keeps them, calls batch() once for all, and encodes each afterwards.
 * It never waits for a picture that is not there: batch() gets what is ready, which is fewer at the
 * end of a run, behind a slow source, and where more pictures than these would need more memory
 * than a worker has (--max-memory); one in the mode serial, and of an animation always one frame.
 * Each picture has its own fields and its own answer.
 *
 * Threads: in the modes process, hybrid and serial only one function runs at a time. In the mode
 * thread several states are used at the same time, each by one thread: what is shared between them
 * (globals, a library's) must bear that. pixels() is called by the thread that called init().
 * batch() is for frames of an animation called by another, with a stack of 2 MiB.
 *
 * Safety: in the modes auto, process and hybrid a plugin runs in the workers, under their limits of
 * time and memory, and in their sandbox. Before init() returns it may do as it likes: open files,
 * start threads. From then on nothing can be opened, started or connected to (see --sandbox): load
 * all that is needed in init(). A crash in pixels(), or a call that takes longer than --timeout,
 * costs that picture; one in init() ends the run. batch() has --timeout, or ten times as long for
 * each of its pictures as any took before, if that is more, and never more than --timeout for each.
 * When it crashes or is late, all of them are made again and shown to it in two halves, and so on,
 * each with the time of one picture (in the mode thread, one by one). That finds out the one that
 * it can't bear, which is alone in the end, and costs no other picture. In the modes thread and
 * serial a crash ends the program.
 *
 * Stability: the first member of the table is the version of this interface. Another one than the
 * program's is refused before anything is done. Later programs of the same version may add members
 * at the end of struct br_plugin_picture, which struct_size tells.
 */
#ifndef BATCHRESIZE_PLUGIN_H
#define BATCHRESIZE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include <batchresize/api.h>

BR_API_BEGIN

/* Changed whenever plugins must be compiled again. */
#define BR_PLUGIN_ABI 2

/* What becomes of a picture; any other value counts as FAIL. */
enum br_plugin_answer {
	BR_PLUGIN_FAIL = -1, /* the picture fails, with the code plugin */
	BR_PLUGIN_KEEP = 0,  /* it is encoded, with what was changed */
	BR_PLUGIN_DROP = 1   /* nothing is made of its source, in no size: skipped, code dropped */
};

/* Pictures that batch() can have at a time. */
#define BR_PLUGIN_TOGETHER_MAX 64

/* Fields of one source's report line. */
#define BR_PLUGIN_FIELDS_MAX 16
/* Bytes of a field's name, and of a text, and of the reason of a failure; final NULs included. */
#define BR_PLUGIN_NAME_MAX 33
#define BR_PLUGIN_TEXT_MAX 257
#define BR_PLUGIN_WHY_MAX  160

/* A picture, for one call of pixels() or batch(). All that it points to is the program's, and gone
 * when the call returns. Members may be read, not written: a picture whose sides have been changed
 * fails. */
struct br_plugin_picture {
	size_t struct_size; /* bytes of this struct, as the program has it */
	/* The source's path as the report has it, any bytes but NUL; of a long one the end. */
	const char *source;
	const char *size;       /* the size asked for, as it was typed: "800x600", "50%" */
	const char *format;     /* of the output: "jpeg", "png", ... */
	uint32_t number, sizes; /* which of the sizes it is, from 0, and of how many */
	uint32_t frame, frames; /* of an animation that is kept, from 0; 0 of 1 otherwise */
	uint32_t width, height; /* pixels, upright */
	/* Samples of a pixel, each of 8 bits and side by side: 1 gray, 2 gray and alpha, 3 RGB, 4
	 * RGBA (alpha not multiplied in). The colours are sRGB, unless --profile=keep left them as
	 * the source's profile has them. Of 16 bits a copy of 8 is shown; samples that are not
	 * changed keep all of theirs. */
	uint32_t bands;
	uint32_t stride; /* bytes from one line to the next: width * bands */

	/* The pixels, stride * height bytes aligned to 16, to be read. They are made at the first
	 * call of look() or change(), so that a plugin that needs none costs nothing. NULL: no
	 * memory; then return BR_PLUGIN_FAIL. */
	const uint8_t *(*look)(struct br_plugin_picture *picture);
	/* The same memory, to be written to as well: what stands there when the answer is KEEP
	 * is encoded. Of a JPEG that stays one, pixels that are as they were keep their samples. */
	uint8_t *(*change)(struct br_plugin_picture *picture);

	/* Each adds a field to the source's report line, where it stands in the object "plugin", or
	 * gives one of that name another value. The name is of letters, digits, '_', '-' and '.'; a
	 * text is UTF-8; a number is finite. All fields of one source together have some 1,000
	 * bytes. Returns 0, or -EINVAL or -ENOSPC, which changes nothing. */
	int (*tell_text)(struct br_plugin_picture *picture, const char *name, const char *text);
	int (*tell_number)(struct br_plugin_picture *picture, const char *name, double number);
	/* Why the picture will fail or be dropped, in one line: the report's error. */
	void (*explain)(struct br_plugin_picture *picture, const char *why);

	void *own; /* the program's */
};

/* The table that a plugin has under the name br_plugin_entry. */
struct br_plugin {
	uint32_t abi;     /* BR_PLUGIN_ABI */
	const char *name; /* for messages: "watermark" */
	/* Makes a worker's state. args is what stands behind the first comma of --plugin, "" for
	 * nothing. Returns 0; any other value ends the run, with what is in why, BR_PLUGIN_WHY_MAX
	 * bytes and "" at first. NULL: there is nothing to be made. */
	int (*init)(const char *args, void **state, char *why);
	/* Deals with one picture: one of enum br_plugin_answer. NULL with batch(). */
	int (*pixels)(void *state, struct br_plugin_picture *picture);
	/* NULL: there is nothing to be freed. */
	void (*free)(void *state);
	/* Deals with `count` pictures, 1 to `together`: answers[i], KEEP at first, is what becomes
	 * of pictures[i]. Both arrays are the program's, and gone when it returns. NULL with
	 * pixels().
	 */
	void (*batch)(void *state, struct br_plugin_picture *const *pictures, uint32_t count,
	              int *answers);
	uint32_t together; /* 1 to BR_PLUGIN_TOGETHER_MAX; 0 without batch() */
};

/* A plugin defines it. */
extern const struct br_plugin br_plugin_entry;

BR_API_END

#endif
