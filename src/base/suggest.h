/* suggest.h - what a misspelt word was meant to be. */
#ifndef SUGGEST_H
#define SUGGEST_H

#include <stddef.h>

/* Letters of the longest word that is compared. */
#define SUGGEST_MAX 32

/* How many insertions, deletions, replacements and swaps of neighbours turn a into b (the "optimal
 * string alignment" distance); SIZE_MAX when either is longer than SUGGEST_MAX. */
size_t suggest_distance(const char *a, const char *b);

/* The search for the word nearest to what was typed. */
struct suggest {
	const char *typed;
	const char *best; /* NULL as long as nothing is near enough */
	size_t distance;  /* of best */
};

struct suggest suggest_start(const char *typed);
/* Looks at one more word, which must outlive the search. A word that begins with what was typed is
 * as near as one with a single mistake. */
void suggest_consider(struct suggest *suggest, const char *word);

#endif
