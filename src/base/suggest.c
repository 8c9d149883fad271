/* suggest.c - edit distance, for "did you mean". */
#include <stdint.h>
#include <string.h>

#include "base/suggest.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
	/* Rows of the usual table: the one before last (for swaps), the last, the new one. */
	size_t rows[3][SUGGEST_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > SUGGEST_MAX || b_length > SUGGEST_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = smaller(last[j], row[j - 1]) + 1;
			row[j] = smaller(row[j], last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		size_t *spare = before;

		before = last;
		last = row;
		row = spare;
	}
	return last[b_length];
}

struct suggest suggest_start(const char *typed)
{
	/* A third of the letters may be wrong, but one always. */
	size_t allowed = strlen(typed) / 3;

	return (struct suggest){.typed = typed, .distance = (allowed ? allowed : 1) + 1};
}

void suggest_consider(struct suggest *suggest, const char *word)
{
	size_t typed = strlen(suggest->typed);
	size_t distance = suggest_distance(suggest->typed, word);

	if (typed > 1 && strncmp(suggest->typed, word, typed) == 0)
		distance = smaller(distance, 1);
	/* A word that has no letter in common is no suggestion, however short. */
	if (distance < suggest->distance && distance < strlen(word)) {
		suggest->best = word;
		suggest->distance = distance;
	}
}
