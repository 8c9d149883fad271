/* template.h - the pattern that outputs are named by: "{stem}-{size}.{ext}".
 *
 * A template is a path below the directory where the output would lie without one, so that a tree
 * stays mirrored. It may begin with "{dir}/", which is that directory and changes nothing. Its
 * parts between slashes can't be empty, "." or "..", and no field holds a slash: an output never
 * leaves that directory.
 *
 * {width} and {height} are those of the finished picture. Until it is made they stand for
 * themselves, and a name with them stands for every name that it may become. They are allowed in a
 * file's name only, and only if no other digits can adjoin theirs: so two different fillings
 * never give the same name.
 *
 * Thread-safe; a template that was parsed is only read.
 */
#ifndef PLAN_TEMPLATE_H
#define PLAN_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <batchresize/error.h>
#include <batchresize/image.h>

/* Of several sizes, when no template is given. */
#define TEMPLATE_STANDARD "{dir}/{stem}-{size}.{ext}"

/* Bytes of a template, NUL included, and pieces that it may have. */
#define TEMPLATE_MAX        1024
#define TEMPLATE_PIECES_MAX 64

enum template_kind {
	TEMPLATE_TEXT,
	TEMPLATE_SLASH,
	TEMPLATE_STEM,
	TEMPLATE_EXT,
	TEMPLATE_WIDTH,
	TEMPLATE_HEIGHT,
	TEMPLATE_SIZE,
	TEMPLATE_DIR /* only while it is parsed */
};

struct template_piece {
	enum template_kind kind;
	size_t begin, length; /* TEXT: in template.text */
};

struct template
{
	char text[TEMPLATE_MAX]; /* what is not a field, braces no longer doubled */
	struct template_piece piece[TEMPLATE_PIECES_MAX];
	unsigned pieces;
	unsigned name; /* the first piece of the file's name; 0: no directory is named */
	bool sides;    /* it has {width} or {height} */
};

/* What fields stand for. */
struct template_values {
	const char *prefix; /* before the stem */
	const char *stem;   /* not ended by NUL */
	size_t stem_length;
	const char *extension; /* without a dot; "": a dot before {ext} at the end goes as well */
	const struct br_image_size *size;
	const struct br_image_output *made; /* NULL: nothing is known of the picture yet */
};

/* Reads a template for that many sizes. Returns 0, or BR_ERROR_USAGE with an *error that says what
 * is wrong and what to do. */
int template_parse(struct template *template, const char *text, unsigned sizes,
                   struct br_error *error);

/* A template that is a file's name as it stands, braces and all; `name` is shorter than
 * TEMPLATE_MAX. */
void template_literal(struct template *template, const char *name);

/* The format that a name is sure to promise by an extension that is written out; UNKNOWN if it
 * ends otherwise. */
enum br_image_format template_promised(const struct template *template);

/* Writes pieces `first` to before `end` with a NUL, cut when `size` is too small, and returns their
 * length. */
size_t template_write(const struct template *template, unsigned first, unsigned end,
                      const struct template_values *values, char *buffer, size_t size);

/* The end of the part that begins with piece `first`: a slash's number, or template->pieces. */
unsigned template_part_end(const struct template *template, unsigned first);

/* A size as it would be typed: "320", "x600", "800x600", "12.5%". Bytes that it can need, NUL
 * included; returns its length. */
#define TEMPLATE_SIZE_MAX 32
size_t template_size(const struct br_image_size *size, char text[TEMPLATE_SIZE_MAX]);

#endif
