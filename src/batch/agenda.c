/* agenda.c - see agenda.h. */
#include "batch/agenda.h"

#include <math.h>
#include <stdlib.h>

#include "batch/price.h"

/* The pictures that the prices were measured with had so many bytes. */
#define TYPICAL_BYTES 80000

/* Pictures are taken before a worker has time for them only while that is so near. */
#define QUEUE_SECONDS 0.5

/* That a picture takes what the first prices say counts as much as one typical picture, and its
 * spread as so many. */
#define FIRST_SPREAD 0.3
#define FIRST_COUNT  1.0

struct kind {
	size_t begin, end; /* in agenda->order */
	struct price price;
	double seconds, expected; /* measured, and by the first prices */
	double squares; /* of what each took more or less than expected, as a part of that */
	double count;
	bool seen; /* one has been finished, measured or not */
};

/* A picture under way. */
struct begun {
	uint64_t item;
	struct kind *kind;
	double expected; /* seconds, by the first prices */
	uint64_t began;  /* when a worker probably had time for it; 0: not yet */
};

struct agenda {
	const struct plan *plan;
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

static double typical(const struct kind *kind)
{
	return price_seconds(&kind->price, TYPICAL_BYTES);
}

/* The formats, cheapest first. */
static void sort_formats(const struct br_image_options *image,
                         enum br_image_format format[BR_IMAGE_FORMATS])
{
	double seconds[BR_IMAGE_FORMATS];

	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		const struct kind kind = {.price = price_of((enum br_image_format)i, image)};
		unsigned place = i;

		for (seconds[i] = typical(&kind);
		     place > 0 && seconds[format[place - 1]] > seconds[i]; place--)
			format[place] = format[place - 1];
		format[place] = (enum br_image_format)i;
	}
}

static void fill_order(struct agenda *agenda, const struct br_image_options *image)
{
	enum br_image_format format[BR_IMAGE_FORMATS] = {BR_IMAGE_FORMAT_UNKNOWN};
	size_t at[BR_IMAGE_FORMATS] = {0}, place = 0;
	const size_t items = plan_count(agenda->plan);

	sort_formats(image, format);
	for (size_t i = 0; i < items; i++)
		if (plan_is_work(agenda->plan, i))
			at[plan_promised(agenda->plan, i)]++;
	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		const size_t count = at[format[i]];

		agenda->kind[i].price = price_of(format[i], image);
		agenda->kind[i].begin = place;
		agenda->kind[i].end = place + count;
		at[format[i]] = place;
		place += count;
	}
	for (size_t i = 0; i < items; i++)
		if (plan_is_work(agenda->plan, i))
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
	agenda->workers = workers > 0 ? workers : 1;
	agenda->order = calloc(items + 1, sizeof(*agenda->order));
	agenda->next = calloc(items + 1, sizeof(*agenda->next));
	agenda->taken = calloc(items / 8 + 1, 1);
	agenda->kind = calloc(BR_IMAGE_FORMATS, sizeof(*agenda->kind));
	if (!agenda->order || !agenda->next || !agenda->taken || !agenda->kind) {
		agenda_free(agenda);
		return NULL;
	}
	fill_order(agenda, image);
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
	return price_seconds(&kind->price, plan_item(agenda->plan, item)->size);
}

/* How many times as long as the first prices say such pictures take. */
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

/* The largest of a kind that is not taken and takes at most so many seconds by the first prices.
 * Returns its place, or kind->end. */
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
