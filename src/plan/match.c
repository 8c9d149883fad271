/* match.c - see match.h. Every way is tried, from the first piece to the last. */
#include "plan/match.h"

#include <stdlib.h>
#include <string.h>

#include <batchresize/image.h>

/* Pieces that are tried at places, after which a text is given up: a template of many fields that
 * touch has more ways than anybody means. */
#define STEPS_MAX 20000

struct walk {
	const struct template *template;
	const char *prefix, *text;
	bool (*accept)(void *ctx, const struct match *match);
	void *ctx;
	unsigned steps;
	struct match match;
};

static bool walk_on(struct walk *walk, unsigned piece, const char *at);

/* --- fields ------------------------------------------------------------------------------------
 */

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

static bool is_same(const char *a, size_t a_length, const char *b, size_t b_length)
{
	return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static bool walk_text(struct walk *walk, unsigned piece, const char *at)
{
	const struct template_piece *text = &walk->template->piece[piece];

	return strncmp(at, walk->template->text + text->begin, text->length) == 0 &&
	       walk_on(walk, piece + 1, at + text->length);
}

static bool walk_stem(struct walk *walk, unsigned piece, const char *at)
{
	const struct match before = walk->match;
	const size_t prefix = strlen(walk->prefix), longest = strcspn(at, "/");

	if (strncmp(at, walk->prefix, prefix) != 0)
		return false;
	for (size_t length = longest; length > prefix; length--) {
		const char *stem = at + prefix;

		if (before.stem && !is_same(before.stem, before.stem_length, stem, length - prefix))
			continue;
		walk->match.stem = stem;
		walk->match.stem_length = length - prefix;
		if (walk_on(walk, piece + 1, at + length))
			return true;
	}
	walk->match = before;
	return false;
}

static bool walk_extension(struct walk *walk, unsigned piece, const char *at)
{
	const struct match before = walk->match;
	const size_t longest = strcspn(at, "./");

	for (size_t length = longest; length > 0; length--) {
		if (br_image_format_of_extension(at, length) == BR_IMAGE_FORMAT_UNKNOWN ||
		    (before.extension &&
		     !is_same(before.extension, before.extension_length, at, length)))
			continue;
		walk->match.extension = at;
		walk->match.extension_length = length;
		if (walk_on(walk, piece + 1, at + length))
			return true;
	}
	walk->match = before;
	return false;
}

static bool walk_side(struct walk *walk, unsigned piece, const char *at, uint32_t *side)
{
	const uint32_t before = *side;
	const size_t length = digits(at);
	const unsigned long value = length > 0 && length < 8 ? strtoul(at, NULL, 10) : 0;

	if (value == 0 || (before && before != value))
		return false;
	*side = (uint32_t)value;
	if (walk_on(walk, piece + 1, at + length))
		return true;
	*side = before;
	return false;
}

/* Reads what template_size() writes from `length` bytes. */
static bool read_size(const char *at, size_t length, struct br_image_size *size)
{
	char text[TEMPLATE_SIZE_MAX], again[TEMPLATE_SIZE_MAX];
	char *end;

	*size = (struct br_image_size){0};
	if (length >= sizeof(text))
		return false;
	memcpy(text, at, length);
	text[length] = '\0';
	if (text[length - 1] == '%') {
		size->percent = (uint32_t)(strtod(text, NULL) * 1000 + 0.5); /* of 31 bytes */
	} else {
		size->width = *text == 'x' ? 0 : (uint32_t)strtoul(text, &end, 10);
		end = strchr(text, 'x');
		size->height = end ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
	}
	return template_size(size, again) == length && strcmp(text, again) == 0;
}

static bool walk_size(struct walk *walk, unsigned piece, const char *at)
{
	const struct match before = walk->match;

	for (size_t length = strspn(at, "0123456789x.%"); length > 0; length--) {
		if (length >= TEMPLATE_SIZE_MAX || !read_size(at, length, &walk->match.size) ||
		    (before.sized &&
		     memcmp(&before.size, &walk->match.size, sizeof(before.size)) != 0))
			continue;
		walk->match.sized = true;
		if (walk_on(walk, piece + 1, at + length))
			return true;
	}
	walk->match = before;
	return false;
}

/* --- the walk over pieces and text -------------------------------------------------------------
 */

static bool finish(struct walk *walk)
{
	struct match match = walk->match;
	const size_t length = strlen(walk->text);
	const char *dot = strrchr(walk->text, '.');

	/* the template may name one itself */
	if (!match.extension && dot &&
	    br_image_format_of_extension(dot + 1, strlen(dot + 1)) != BR_IMAGE_FORMAT_UNKNOWN) {
		match.extension = dot + 1;
		match.extension_length = strlen(dot + 1);
	}
	if (!match.stem || !match.extension)
		return false;
	match.plain =
	    *walk->prefix == '\0' && length == match.stem_length + 1 + match.extension_length;
	return walk->accept(walk->ctx, &match);
}

/* The rest of the text against the rest of the pieces. */
static bool walk_on(struct walk *walk, unsigned piece, const char *at)
{
	if (walk->steps++ >= STEPS_MAX)
		return false;
	if (piece == walk->template->pieces)
		return *at == '\0' && finish(walk);
	switch (walk->template->piece[piece].kind) {
	case TEMPLATE_TEXT:
		return walk_text(walk, piece, at);
	case TEMPLATE_SLASH:
		return *at == '/' && walk_on(walk, piece + 1, at + 1);
	case TEMPLATE_STEM:
		return walk_stem(walk, piece, at);
	case TEMPLATE_EXT:
		return walk_extension(walk, piece, at);
	case TEMPLATE_WIDTH:
		return walk_side(walk, piece, at, &walk->match.width);
	case TEMPLATE_HEIGHT:
		return walk_side(walk, piece, at, &walk->match.height);
	case TEMPLATE_SIZE:
		return walk_size(walk, piece, at);
	case TEMPLATE_DIR:
		break;
	}
	return false;
}

bool match_template(const struct template *template, const char *prefix, const char *text,
                    bool (*accept)(void *ctx, const struct match *match), void *ctx)
{
	struct walk walk = {
	    .template = template, .prefix = prefix, .text = text, .accept = accept, .ctx = ctx};

	return walk_on(&walk, 0, text);
}
