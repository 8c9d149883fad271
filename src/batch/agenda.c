/* agenda.c - see agenda.h. */
#include "batch/agenda.h"

#include <math.h>
#include <stdlib.h>

/* A picture's work is its bytes and a constant: see rate.c, where it was measured. */
#define IMAGE_WORK 70000.0

/* Measured with pictures of 1600 pixels that become 800x600, HEIC taken from AVIF, which is the
 * same library's: seconds that a unit of work takes to be read, */
static const double read_price[BR_IMAGE_FORMATS] = {
    [BR_IMAGE_FORMAT_PNG] = 16e-9,      [BR_IMAGE_FORMAT_JPEG] = 25e-9,
    [BR_IMAGE_FORMAT_GIF] = 40e-9,      [BR_IMAGE_FORMAT_TIFF] = 110e-9,
    [BR_IMAGE_FORMAT_UNKNOWN] = 110e-9, [BR_IMAGE_FORMAT_WEBP] = 130e-9,
    [BR_IMAGE_FORMAT_JXL] = 260e-9,     [BR_IMAGE_FORMAT_AVIF] = 350e-9,
    [BR_IMAGE_FORMAT_HEIC] = 350e-9,
};
/* ... and so much of a picture to be written as has these pixels: 800x600; */
#define WRITTEN_PIXELS 480000.0
static const double write_seconds[BR_IMAGE_FORMATS] = {
    [BR_IMAGE_FORMAT_JPEG] = 0.002,   [BR_IMAGE_FORMAT_TIFF] = 0.005, [BR_IMAGE_FORMAT_PNG] = 0.015,
    [BR_IMAGE_FORMAT_UNKNOWN] = 0.02, [BR_IMAGE_FORMAT_WEBP] = 0.04,  [BR_IMAGE_FORMAT_JXL] = 0.075,
    [BR_IMAGE_FORMAT_GIF] = 0.1,      [BR_IMAGE_FORMAT_AVIF] = 0.38,  [BR_IMAGE_FORMAT_HEIC] = 0.38,
};
/* a picture of theirs had so many bytes. */
#define TYPICAL_BYTES 80000

/* No picture is taken to be made larger than that. */
#define SIDE_MOST 4000.0

/* Pictures are taken before a worker has time for them only while that is so near. */
#define QUEUE_SECONDS 0.5

/* That a picture takes what these figures say counts as much as one typical picture, and its spread
 * as so many. */
#define FIRST_SPREAD 0.3
#define FIRST_COUNT  1.0

struct kind {
	size_t begin, end;  /* in agenda->order */
	double read, write; /* seconds: of a unit of work to be read, of a picture's outputs */
	double seconds, expected; /* measured, and by the figures above */
	double squares; /* of what each took more or less than expected, as a part of that */
	double count;
	bool seen; /* one has been finished, measured or not */
};

/* A picture under way. */
struct begun {
	uint64_t item;
	struct kind *kind;
	double expected; /* seconds, by the figures above */
	uint64_t began;  /* when a worker probably had time for it; 0: not yet */
};

struct agenda {
	const struct plan *plan;
	enum br_image_format made; /* of all outputs; UNKNOWN: each as its source */
	double written;            /* pixels of a picture's outputs, in WRITTEN_PIXELS */
	unsigned workers;
	uint32_t *order; /* items by kind, then as in the plan: largest first */
	uint32_t *next;  /* place in `order` -> one not before it, towards the first not taken */
	unsigned char *taken;     /* a bit for each item of the plan */
	struct kind *kind;        /* cheapest first */
	double seconds, expected; /* of all that was measured, and by the first prices */
	struct begun *begun;
	size_t begun_count, begun_capacity;
};

/* --- the order ------------------------------------------------------------------------------- */

static double known(const double table[BR_IMAGE_FORMATS], enum br_image_format format)
{
	return table[format] > 0 ? table[format] : table[BR_IMAGE_FORMAT_UNKNOWN];
}

static struct kind kind_of(const struct agenda *agenda, enum br_image_format format)
{
	const enum br_image_format made = agenda->made ? agenda->made : format;

	return (struct kind){.read = known(read_price, format),
	                     .write = agenda->written * known(write_seconds, made)};
}

/* Seconds that a source of so many bytes takes by the figures above. Outputs take the same whatever
 * its bytes: they are of the sizes that were asked for, if it is large enough. */
static double figure(const struct kind *kind, uint64_t bytes)
{
	return kind->read * ((double)bytes + IMAGE_WORK) + kind->write;
}

static double typical(const struct kind *kind)
{
	return figure(kind, TYPICAL_BYTES);
}

/* What a size comes to, if pictures are large enough: of 4:3 where it does not say. */
static double pixels_of(const struct br_image_size *size)
{
	const double width = fmin(size->width, SIDE_MOST), height = fmin(size->height, SIDE_MOST);

	if (width > 0 && height > 0)
		return width * height;
	if (width > 0 || height > 0)
		return width * width * 3 / 4 + height * height * 4 / 3;
	return WRITTEN_PIXELS; /* so many percent of what nobody has looked at */
}

static double written_of(const struct br_image_options *image)
{
	double pixels = 0;

	for (unsigned i = 0; i < image->sizes; i++)
		pixels += pixels_of(&image->size[i]);
	return pixels / WRITTEN_PIXELS;
}

/* The formats, cheapest first. */
static void sort_formats(const struct agenda *agenda, enum br_image_format format[BR_IMAGE_FORMATS])
{
	double seconds[BR_IMAGE_FORMATS];

	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		const struct kind kind = kind_of(agenda, (enum br_image_format)i);
		unsigned place = i;

		for (seconds[i] = typical(&kind);
		     place > 0 && seconds[format[place - 1]] > seconds[i]; place--)
			format[place] = format[place - 1];
		format[place] = (enum br_image_format)i;
	}
}

static bool is_wanted(const struct plan *plan, size_t item)
{
	return plan_item(plan, item)->refusal == BR_ERROR_NONE && !plan_stands(plan, item);
}

static void fill_order(struct agenda *agenda)
{
	enum br_image_format format[BR_IMAGE_FORMATS] = {BR_IMAGE_FORMAT_UNKNOWN};
	size_t at[BR_IMAGE_FORMATS] = {0}, place = 0;
	const size_t items = plan_count(agenda->plan);

	sort_formats(agenda, format);
	for (size_t i = 0; i < items; i++)
		if (is_wanted(agenda->plan, i))
			at[plan_promised(agenda->plan, i)]++;
	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		const size_t count = at[format[i]];

		agenda->kind[i] = kind_of(agenda, format[i]);
		agenda->kind[i].begin = place;
		agenda->kind[i].end = place + count;
		at[format[i]] = place;
		place += count;
	}
	for (size_t i = 0; i < items; i++)
		if (is_wanted(agenda->plan, i))
			agenda->order[at[plan_promised(agenda->plan, i)]++] = (uint32_t)i;
	for (size_t i = 0; i <= place; i++)
		agenda->next[i] = (uint32_t)i;
}

struct agenda *agenda_new(const struct plan *plan, const struct br_image_options *image,
                          unsigned workers)
{
	struct agenda *agenda = calloc(1, sizeof(*agenda));
	const size_t items = plan_count(plan);

	if (!agenda)
		return NULL;
	agenda->plan = plan;
	agenda->made = image->format;
	agenda->written = written_of(image);
	agenda->workers = workers > 0 ? workers : 1;
	agenda->order = calloc(items + 1, sizeof(*agenda->order));
	agenda->next = calloc(items + 1, sizeof(*agenda->next));
	agenda->taken = calloc(items / 8 + 1, 1);
	agenda->kind = calloc(BR_IMAGE_FORMATS, sizeof(*agenda->kind));
	if (!agenda->order || !agenda->next || !agenda->taken || !agenda->kind) {
		agenda_free(agenda);
		return NULL;
	}
	fill_order(agenda);
	return agenda;
}

void agenda_free(struct agenda *agenda)
{
	if (!agenda)
		return;
	free(agenda->order);
	free(agenda->next);
	free(agenda->taken);
	free(agenda->kind);
	free(agenda->begun);
	free(agenda);
}

/* The first place not before this one whose item is not taken. */
static size_t first_left(struct agenda *agenda, size_t place)
{
	uint32_t *next = agenda->next;

	while (next[place] != place) {
		next[place] = next[next[place]];
		place = next[place];
	}
	return place;
}

/* --- the cost -------------------------------------------------------------------------------- */

static double expected_of(const struct agenda *agenda, const struct kind *kind, size_t item)
{
	return figure(kind, plan_item(agenda->plan, item)->size);
}

/* How many times as long as the figures say such pictures take. */
static double factor(const struct agenda *agenda, const struct kind *kind)
{
	const double machine = agenda->expected > 0 ? agenda->seconds / agenda->expected : 1;

	return (kind->seconds + typical(kind) * machine) / (kind->expected + typical(kind));
}

/* A factor that few pictures exceed. */
static double safe_factor(const struct agenda *agenda, const struct kind *kind)
{
	const double variance = (kind->squares + FIRST_COUNT * FIRST_SPREAD * FIRST_SPREAD) /
	                        (kind->count + FIRST_COUNT);

	return factor(agenda, kind) * (1 + fmin(sqrt(variance), 1));
}

/* Seconds until a worker has time for one more. */
static double wait_for_worker(const struct agenda *agenda, uint64_t now)
{
	double sum = 0;

	if (agenda->begun_count < agenda->workers)
		return 0;
	for (size_t i = 0; i < agenda->begun_count; i++) {
		const struct begun *begun = &agenda->begun[i];
		const double spent = begun->began ? (double)(now - begun->began) / 1e9 : 0;

		sum += fmax(begun->expected * factor(agenda, begun->kind) - spent, 0);
	}
	return sum / agenda->workers;
}

/* Learns what a picture took. */
static void learn(struct agenda *agenda, struct kind *kind, double expected, double seconds)
{
	const double ratio = seconds / (expected * factor(agenda, kind)) - 1;

	/* of the very first nothing could be expected */
	if (agenda->expected > 0)
		kind->squares += fmin(ratio * ratio, 1);
	kind->count++;
	kind->seconds += seconds;
	kind->expected += expected;
	agenda->seconds += seconds;
	agenda->expected += expected;
}

double agenda_rest(struct agenda *agenda)
{
	double sum = 0;

	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		const struct kind *kind = &agenda->kind[i];
		double expected = 0;

		for (size_t place = first_left(agenda, kind->begin); place < kind->end;
		     place = first_left(agenda, place + 1))
			expected += expected_of(agenda, kind, agenda->order[place]);
		sum += expected * factor(agenda, kind);
	}
	return sum / agenda->workers;
}

/* --- which item is next ---------------------------------------------------------------------- */

/* The largest of a kind that is not taken and takes at most so many seconds by the figures. Returns
 * its place, or kind->end. */
static size_t find_fitting(struct agenda *agenda, const struct kind *kind, double seconds)
{
	size_t low = kind->begin, high = kind->end;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (expected_of(agenda, kind, agenda->order[middle]) > seconds)
			low = middle + 1;
		else
			high = middle;
	}
	low = first_left(agenda, low);
	return low < kind->end ? low : kind->end;
}

bool agenda_has_taken(const struct agenda *agenda, uint64_t item)
{
	return agenda->taken[item / 8] >> item % 8 & 1;
}

static bool begin(struct agenda *agenda, struct kind *kind, size_t place, uint64_t now)
{
	const uint32_t item = agenda->order[place];

	if (agenda->begun_count == agenda->begun_capacity) {
		const size_t capacity = agenda->begun_capacity * 2 + 64;
		struct begun *larger = realloc(agenda->begun, capacity * sizeof(*larger));

		if (!larger)
			return false;
		agenda->begun = larger;
		agenda->begun_capacity = capacity;
	}
	agenda->next[place] = (uint32_t)place + 1;
	agenda->taken[item / 8] |= (unsigned char)(1U << item % 8);
	agenda->begun[agenda->begun_count] = (struct begun){
	    .item = item,
	    .kind = kind,
	    .expected = expected_of(agenda, kind, item),
	    .began = agenda->begun_count < agenda->workers ? now : 0,
	};
	agenda->begun_count++;
	return true;
}

/* Whether a picture of that kind may be taken now, or only when a worker is free for it. */
static bool may_queue(const struct agenda *agenda, const struct kind *kind, double wait)
{
	return agenda->begun_count < agenda->workers || (kind->seen && wait <= QUEUE_SECONDS);
}

enum agenda_answer agenda_take(struct agenda *agenda, double left, uint64_t now, uint64_t *item)
{
	const double wait = wait_for_worker(agenda, now);
	bool any = false;

	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		struct kind *kind = &agenda->kind[i];
		const size_t place =
		    find_fitting(agenda, kind, (left - wait) / safe_factor(agenda, kind));

		any = any || first_left(agenda, kind->begin) < kind->end;
		if (place < kind->end && may_queue(agenda, kind, wait) &&
		    begin(agenda, kind, place, now)) {
			*item = agenda->order[place];
			return AGENDA_NEXT;
		}
	}
	return any && left > 0 && agenda->begun_count > 0 ? AGENDA_LATER : AGENDA_OVER;
}

double agenda_finish(struct agenda *agenda, uint64_t item, double seconds, uint64_t now)
{
	struct begun *begun = agenda->begun;
	size_t i = 0;

	while (i < agenda->begun_count && begun[i].item != item)
		i++;
	if (i == agenda->begun_count)
		return 0;
	const double expected = begun[i].expected * factor(agenda, begun[i].kind) / agenda->workers;

	begun[i].kind->seen = true;
	if (seconds >= 0)
		learn(agenda, begun[i].kind, begun[i].expected, seconds);
	agenda->begun_count--;
	for (; i < agenda->begun_count; i++)
		begun[i] = begun[i + 1];
	/* the first that waits has its worker now */
	for (i = 0; i < agenda->begun_count && i < agenda->workers; i++)
		if (!begun[i].began)
			begun[i].began = now;
	return expected;
}
