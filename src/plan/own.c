/* own.c - see own.h. */
#include "plan/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/transfer.h"
#include "plan/match.h"

/* A source, by its header. */
struct sides {
	uint32_t width, height; /* 0: it has none that can be read */
	enum br_image_mark mark;
	bool known;
};

struct own {
	const struct plan *plan;
	const struct places *places;
	uint32_t (*hit)(const void *ctx, uint32_t item, unsigned output); /* see own.h */
	const void *ctx;
	struct template template; /* as the plan's, also if that needs none */
	bool sized;               /* it has {size} */
	unsigned slashes;
	struct table stems;  /* sources by their directory's place and their stem */
	bool collected;      /* into stems */
	struct sides *sides; /* by item; NULL: none was looked at yet */
};

/* --- pictures ----------------------------------------------------------------------------------
 */

static ssize_t read_bytes(void *ctx, void *buffer, size_t size, uint64_t offset)
{
	return transfer_read_at(*(const int *)ctx, buffer, size, (off_t)offset);
}

static struct sides measure_path(const char *path)
{
	struct sides sides = {.known = true};
	struct br_image_info info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const struct br_image_bytes bytes = {read_bytes, &fd};

	if (fd < 0)
		return sides;
	if (br_image_measure(&bytes, &info)) {
		sides.width = info.width;
		sides.height = info.height;
		sides.mark = br_image_find_mark(&bytes);
	}
	(void)close(fd); /* nothing was written */
	return sides;
}

static struct sides measure_item(struct own *own, uint32_t item)
{
	char path[PATH_MAX];

	if (!own->sides)
		own->sides = calloc(own->plan->count, sizeof(*own->sides));
	if (own->sides && own->sides[item].known)
		return own->sides[item];
	if (plan_source(own->plan, item, path, sizeof(path)) < 0)
		return (struct sides){0};
	if (!own->sides)
		return measure_path(path);
	own->sides[item] = measure_path(path);
	return own->sides[item];
}

static struct sides turned(struct sides sides)
{
	return (struct sides){.width = sides.height, .height = sides.width};
}

static bool is_near(uint64_t a, uint64_t b)
{
	return a > b ? a - b <= 1 : b - a <= 1;
}

static bool is_geometry(struct sides out, struct sides in, const struct br_image_size *size,
                        enum br_image_fit fit, bool enlarge)
{
	struct br_image_geometry geometry;

	return br_image_geometry_plan(in.width, in.height, size, fit, BR_IMAGE_GRAVITY_CENTRE,
	                              enlarge, &geometry) == 0 &&
	       is_near(geometry.canvas_width, out.width) &&
	       is_near(geometry.canvas_height, out.height);
}

/* Whether a run, however it was asked to fit, makes that of a picture for the size. The picture may
 * be stored turned. */
static bool is_result(struct sides out, struct sides in, const struct br_image_size *size)
{
	for (int i = 0; i < 4; i++) {
		const struct sides seen = i & 1 ? turned(in) : in;

		for (int fit = BR_IMAGE_FIT_CONTAIN; fit <= BR_IMAGE_FIT_PAD; fit++)
			if (is_geometry(out, seen, size, (enum br_image_fit)fit, i & 2))
				return true;
	}
	return false;
}

static bool is_in_box(struct sides out, const struct br_image_size *size)
{
	return size->percent == 0 && (size->width == 0 || out.width <= size->width) &&
	       (size->height == 0 || out.height <= size->height);
}

/* Whether it lies in the box, and reaches from side to side of it. */
static bool fills(struct sides out, const struct br_image_size *size)
{
	return is_in_box(out, size) && (out.width == size->width || out.height == size->height);
}

/* Whether it lies in a box that this run is asked for; in that one, unless it is NULL. */
static bool is_in_asked_box(const struct own *own, struct sides out,
                            const struct br_image_size *one)
{
	for (unsigned i = 0; i < own->plan->outputs; i++) {
		const struct br_image_size *size = &own->plan->size[i];

		if ((!one || memcmp(one, size, sizeof(*one)) == 0) && is_in_box(out, size))
			return true;
	}
	return false;
}

static bool is_any_result(const struct own *own, struct sides out, struct sides in)
{
	for (unsigned i = 0; i < own->plan->outputs; i++)
		if (is_result(out, in, &own->plan->size[i]))
			return true;
	return false;
}

static struct sides seen_as(struct sides in, struct sides out)
{
	return (in.width > in.height) == (out.width > out.height) ? in : turned(in);
}

static bool is_within(struct sides out, struct sides in)
{
	const struct sides seen = seen_as(in, out);

	return out.width <= seen.width && out.height <= seen.height;
}

static bool is_smaller(struct sides out, struct sides in)
{
	const struct sides seen = seen_as(in, out);

	return is_within(out, in) && (out.width < seen.width || out.height < seen.height);
}

/* Whether it was made for the size, of the picture as it is now or as it was before. */
static bool is_of_size(struct sides out, struct sides in, const struct br_image_size *size)
{
	return fills(out, size) || (in.width > 0 && (is_result(out, in, size) ||
	                                             (size->percent > 0 && is_smaller(out, in))));
}

/* The same for one of those that this run is asked for. */
static bool is_of_any_size(const struct own *own, struct sides out, struct sides in)
{
	for (unsigned i = 0; i < own->plan->outputs; i++)
		if (is_of_size(out, in, &own->plan->size[i]))
			return true;
	return false;
}

/* Whether it is the whole of the other, made smaller: by what was once asked for. */
static bool is_reduced(struct sides out, struct sides in)
{
	const struct br_image_size width = {.width = out.width}, height = {.height = out.height};

	for (int i = 0; i < 2; i++) {
		const struct sides seen = i ? turned(in) : in;

		if (is_smaller(out, in) &&
		    (is_geometry(out, seen, &width, BR_IMAGE_FIT_CONTAIN, false) ||
		     is_geometry(out, seen, &height, BR_IMAGE_FIT_CONTAIN, false)))
			return true;
	}
	return false;
}

/* How much an output's name says of what it is. */
enum name_tells {
	TELLS_NOTHING, /* another extension only, that is not asked for now */
	TELLS_OUTPUT,  /* what the template makes */
	TELLS_PREFIX   /* what the program alone writes */
};

/* Whether the sides that a name tells are the picture's. */
static bool has_sides(struct sides out, const struct match *match)
{
	return out.width > 0 && (match->width == 0 || match->width == out.width) &&
	       (match->height == 0 || match->height == out.height);
}

/* Whether a picture that carries the mark is what its name says, whatever it was made of: a
 * photograph may have been resized elsewhere, and be called photo-2024. */
static bool is_as_named(const struct own *own, struct sides out, const struct match *match)
{
	if (out.mark != BR_IMAGE_MARK_FOUND || match->plain || !has_sides(out, match))
		return false;
	return !match->sized || match->size.percent > 0 || fills(out, &match->size) ||
	       is_in_asked_box(own, out, &match->size);
}

/* Whether the sizes of a picture and of the one that it is named as an output of say that it is. */
static bool fits(const struct own *own, struct sides out, struct sides in,
                 const struct match *match, enum name_tells tells)
{
	if (!has_sides(out, match))
		return false;
	if (match->sized)
		return is_of_size(out, in, &match->size);
	if (tells == TELLS_NOTHING)
		return is_smaller(out, in) && is_any_result(own, out, in);
	if (is_of_any_size(own, out, in))
		return true;
	if (match->width || match->height) /* it may have kept its size */
		return is_within(out, in);
	if (tells == TELLS_PREFIX)
		return is_smaller(out, in);
	return is_reduced(out, in);
}

/* Whether a picture named as an output of another is one. One that has no mark is none, if its
 * format has one; that of a name which could be anything's says too little. */
static bool is_made(const struct own *own, struct sides out, struct sides in,
                    const struct match *match, enum name_tells tells)
{
	return out.mark != BR_IMAGE_MARK_MISSING &&
	       (is_as_named(own, out, match) || fits(own, out, in, match, tells));
}

/* --- names that outputs may have ---------------------------------------------------------------
 */

static struct own *own_new(const struct plan *plan, const struct places *places,
                           uint32_t (*hit)(const void *ctx, uint32_t item, unsigned output),
                           const void *ctx)
{
	struct own *own = calloc(1, sizeof(*own));

	if (!own)
		return NULL;
	own->plan = plan;
	own->places = places;
	own->hit = hit;
	own->ctx = ctx;
	own->template = plan->template;
	if (plan->plain)
		(void)template_parse(&own->template, "{stem}.{ext}", 1, NULL); /* it is right */
	for (unsigned i = 0; i < own->template.pieces; i++) {
		own->sized |= own->template.piece[i].kind == TEMPLATE_SIZE;
		own->slashes += own->template.piece[i].kind == TEMPLATE_SLASH;
	}
	return own;
}

static void own_free(struct own *own)
{
	if (!own)
		return;
	table_release(&own->stems);
	free(own->sides);
	free(own);
}

static uint32_t place_of(const struct plan *plan, uint32_t directory)
{
	return plan->paths.directory[directory].place;
}

static bool is_prefixed(const struct own *own, uint32_t item)
{
	return own->plan->prefixed && own->plan->item[item].flags & ITEM_PREFIXED;
}

/* A stem as it counts in a place. */
static uint32_t stem_key(const struct own *own, uint32_t place, const char *stem, size_t length,
                         char key[FOLD_MAX])
{
	char name[NAME_MAX + 1];

	(void)snprintf(name, sizeof(name), "%.*s", (int)length, stem);
	return table_hash(place, key, places_key(own->places, place, name, key, FOLD_MAX));
}

/* Whether the item's name is a stem and an image's extension. */
static bool has_stem(const struct own *own, uint32_t item, struct name *name)
{
	*name = name_parts(item_name(own->plan, &own->plan->item[item]), false, "");
	return *name->extension != '\0';
}

/* Whether two names are the same except for the extension. */
static bool has_stem_of(const struct own *own, uint32_t item, uint32_t of)
{
	struct name name, other;

	return has_stem(own, item, &name) && has_stem(own, of, &other) &&
	       name.stem_length == other.stem_length &&
	       memcmp(name.stem, other.stem, name.stem_length) == 0;
}

static bool is_output(struct own *own, uint32_t item, uint32_t of, unsigned output)
{
	const struct match match = {.sized = own->sized,
	                            .size = own->plan->size[output],
	                            .plain = has_stem_of(own, item, of)};

	if (own->plan->item[item].size == 0)
		return true;
	return is_made(own, measure_item(own, item), measure_item(own, of), &match,
	               is_prefixed(own, of) ? TELLS_PREFIX : TELLS_OUTPUT);
}

/* What outputs may have been made of. One that was refused before the plan has none that were
 * looked up. */
static bool may_be_original(const struct own *own, uint32_t number)
{
	const struct plan_item *item = &own->plan->item[number];

	if (item->flags & ITEM_URL)
		return false; /* it lies nowhere */
	return item->refusal == BR_ERROR_NONE ||
	       (item->refusal == BR_ERROR_OWN_OUTPUT && !(item->flags & ITEM_BEFORE));
}

static void collect_stems(struct own *own)
{
	char key[FOLD_MAX];
	struct name name;

	own->collected = true;
	for (uint32_t i = 0; i < own->plan->count; i++) {
		const uint32_t place = place_of(own->plan, own->plan->item[i].directory);

		if (!may_be_original(own, i) || !has_stem(own, i, &name) ||
		    (own->slashes == 0 && !own->places->place[place].output))
			continue;
		/* without memory for it, one is not recognised */
		(void)table_add(&own->stems, stem_key(own, place, name.stem, name.stem_length, key),
		                i);
	}
}

/* --- what has such a name ----------------------------------------------------------------------
 */

/* An item that is being looked at. */
struct look {
	struct own *own;
	uint32_t item, of;
	uint32_t place;       /* of the directory that its original would lie in, or PATHS_NONE */
	const char *path;     /* its own */
	size_t directory;     /* bytes of that directory in it */
	bool prefixed, named; /* by the program's prefix, by the user */
};

static enum name_tells tells(const struct look *look, const struct match *match)
{
	if (look->prefixed)
		return TELLS_PREFIX;
	return match->plain ? TELLS_NOTHING : TELLS_OUTPUT;
}

static bool find_in_plan(struct look *look, const struct match *match)
{
	struct own *own = look->own;
	char key[FOLD_MAX], other[FOLD_MAX];
	size_t cursor = 0;
	uint32_t hash, found;

	if (!own->collected)
		collect_stems(own);
	hash = stem_key(own, look->place, match->stem, match->stem_length, key);
	while ((found = table_next(&own->stems, hash, &cursor)) != TABLE_NONE) {
		struct name name;

		if (found == look->item || !has_stem(own, found, &name) ||
		    place_of(own->plan, own->plan->item[found].directory) != look->place ||
		    stem_key(own, look->place, name.stem, name.stem_length, other) != hash ||
		    strcmp(key, other) != 0)
			continue;
		look->of = found;
		if (own->plan->item[look->item].size == 0 ||
		    is_made(own, measure_item(own, look->item), measure_item(own, found), match,
		            tells(look, match)))
			return true;
	}
	return false;
}

/* The original, with that extension, on the disk. */
static bool is_on_disk(struct look *look, const struct match *match, const char *extension,
                       size_t length)
{
	struct own *own = look->own;
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%.*s%.*s.%.*s", (int)look->directory, look->path,
	               (int)match->stem_length, match->stem, (int)length, extension);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	look->of = TABLE_NONE;
	return own->plan->item[look->item].size == 0 ||
	       is_made(own, measure_item(own, look->item), measure_path(path), match,
	               tells(look, match));
}

/* A list may hold new files without those that they were made of. */
static bool find_on_disk(struct look *look, const struct match *match)
{
	static const char *const usual[] = {"jpg", "JPG", "jpeg", "png", "heic", "HEIC", "tif"};

	if (!look->named || match->plain)
		return false;
	if (is_on_disk(look, match, match->extension, match->extension_length))
		return true;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (is_on_disk(look, match, usual[i], strlen(usual[i])))
			return true;
	return false;
}

static bool would_replace_itself(const struct own *own, uint32_t item)
{
	for (unsigned output = 0; output < own->plan->outputs; output++)
		if (own->hit(own->ctx, item, output) == item)
			return true;
	return false;
}

/* By its mark, without an original. Of a plain name there is only this to say: what is in the box
 * already, and would be made in its own place. */
static bool is_left_over(struct look *look, const struct match *match)
{
	struct own *own = look->own;
	const struct sides out = measure_item(own, look->item);

	look->of = TABLE_NONE;
	if (!match->plain)
		return is_as_named(own, out, match);
	return out.mark == BR_IMAGE_MARK_FOUND && is_in_asked_box(own, out, NULL) &&
	       would_replace_itself(own, look->item);
}

static bool is_own(void *ctx, const struct match *match)
{
	struct look *look = ctx;

	return (look->place != PATHS_NONE && find_in_plan(look, match)) ||
	       find_on_disk(look, match) || is_left_over(look, match);
}

/* The place that lies `levels` above a directory; PATHS_NONE if it is not known. */
static uint32_t place_above(const struct plan *plan, uint32_t directory, unsigned levels)
{
	for (; levels > 0 && directory != PATHS_NONE; levels--)
		directory = plan->paths.directory[directory].parent;
	return directory == PATHS_NONE ? PATHS_NONE : place_of(plan, directory);
}

/* Where the last parts of a path begin, one more than there are slashes between them. */
static const char *last_parts(const char *path, unsigned slashes)
{
	const char *at = path + strlen(path);

	for (;;) {
		while (at > path && at[-1] != '/')
			at--;
		if (slashes-- == 0)
			return at;
		if (at == path)
			return NULL;
		at--;
	}
}

/* The names that a run of one size gives beside its sources are none that a run of several gives,
 * and the other way round. */
static bool match_usual(const char *text, struct look *look)
{
	static const char *const usual[] = {"{stem}.{ext}", "{stem}-{size}.{ext}"};

	for (unsigned i = 0; i < 2; i++) {
		struct template template;

		if (template_parse(&template, usual[i], i + 1, NULL) == 0 &&
		    match_template(&template, NAME_PREFIX, text, is_own, look))
			return true;
	}
	return false;
}

static bool find_original(struct own *own, uint32_t number, uint32_t *of)
{
	const struct plan_item *item = &own->plan->item[number];
	char path[PATH_MAX];
	struct look look = {.own = own, .item = number, .of = TABLE_NONE, .path = path};
	const char *text;

	if (place_of(own->plan, item->directory) != place_of(own->plan, item->output_directory) ||
	    plan_source(own->plan, number, path, sizeof(path)) < 0)
		return false;
	text = last_parts(path, own->slashes);
	if (!text)
		return false;
	look.directory = (size_t)(text - path);
	look.place = place_above(own->plan, item->directory, own->slashes);
	look.prefixed = is_prefixed(own, number);
	look.named = item->flags & ITEM_EXPLICIT;
	if (!match_template(&own->template, look.prefixed ? NAME_PREFIX : "", text, is_own,
	                    &look) &&
	    !(look.prefixed && own->slashes == 0 && match_usual(text, &look)))
		return false;
	*of = look.of;
	return true;
}

/* --- passing over what is found ----------------------------------------------------------------
 */

static void pass_over(struct plan_item *item, uint32_t of)
{
	item->refusal = BR_ERROR_OWN_OUTPUT;
	item->other = of;
}

int own_pass_over(struct plan *plan, const struct places *places,
                  uint32_t (*hit)(const void *ctx, uint32_t item, unsigned output), const void *ctx)
{
	struct own *own = own_new(plan, places, hit, ctx);
	uint32_t other;
	int status = 0;

	if (!own)
		return -ENOMEM;
	/* Those that have exactly the names, wherever they lie: an output of an output as well. */
	for (uint32_t i = 0; i < plan->count && !plan->template.sides; i++)
		for (unsigned output = 0; output < plan->outputs && may_be_original(own, i);
		     output++) {
			other = hit(ctx, i, output);
			if (other != TABLE_NONE && other != i &&
			    plan->item[other].refusal == BR_ERROR_NONE &&
			    is_output(own, other, i, output))
				pass_over(&plan->item[other], i);
		}
	/* Those of other sizes and formats. */
	for (uint32_t i = 0; i < plan->count && status == 0; i++) {
		if (plan->item[i].refusal == BR_ERROR_NONE && find_original(own, i, &other))
			pass_over(&plan->item[i], other);
		status = plan_look(plan);
	}
	own_free(own);
	return status;
}
