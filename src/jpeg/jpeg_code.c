/* jpeg_code.c - see jpeg_code.h. */
#include "jpeg/jpeg_code.h"

#include <stdlib.h>
#include <string.h>

/* Codes can be this long before they are shortened to LENGTH_MAX: a leaf at depth d wants a tree of
 * the weight of the Fibonacci number d + 2, and 256 counts of 32 bits weigh less than that of 60.
 */
#define DEPTH_MAX  58
#define LENGTH_MAX 16

/* 256 symbols and the one that is given the code of all ones. */
#define LEAVES_MAX 257
#define RESERVED   256

struct leaf {
	uint32_t count;
	uint16_t symbol;
};

struct tree {
	struct leaf leaf[LEAVES_MAX]; /* the rarest first */
	unsigned leaves;
	uint64_t
	    count[2 * LEAVES_MAX]; /* of the leaves, then of the nodes above, as they are made */
	uint16_t rank[2 * LEAVES_MAX];  /* of those that are as rare, the highest comes first */
	uint16_t order[2 * LEAVES_MAX]; /* the nodes, those that come first first */
	uint16_t parent[2 * LEAVES_MAX];
	uint8_t depth[2 * LEAVES_MAX];
	uint16_t lengths[DEPTH_MAX + 1]; /* how many leaves have that depth */
};

/* The rarest first; of those that are as rare the larger number, so that the reserved one gets the
 * longest code. */
static int compare(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return x->symbol > y->symbol ? -1 : x->symbol < y->symbol;
}

static void plant(struct tree *tree, const uint32_t count[256])
{
	tree->leaves = 0;
	for (unsigned symbol = 0; symbol < 256; symbol++)
		if (count[symbol])
			tree->leaf[tree->leaves++] =
			    (struct leaf){.count = count[symbol], .symbol = (uint16_t)symbol};
	if (!tree->leaves)
		tree->leaf[tree->leaves++] = (struct leaf){.count = 1, .symbol = 0};
	tree->leaf[tree->leaves++] = (struct leaf){.count = 1, .symbol = RESERVED};
	qsort(tree->leaf, tree->leaves, sizeof(tree->leaf[0]), compare);
	for (unsigned i = 0; i < tree->leaves; i++) {
		tree->count[i] = tree->leaf[i].count;
		tree->rank[i] = tree->leaf[i].symbol;
	}
}

/* Whether one leaf or node comes before another. */
static bool is_before(const struct tree *tree, unsigned a, unsigned b)
{
	return tree->count[a] != tree->count[b] ? tree->count[a] < tree->count[b]
	                                        : tree->rank[a] > tree->rank[b];
}

/* Nodes are made in the order of their counts: brings the one forward that comes first of those
 * from place `begin` on. */
static unsigned first_node(struct tree *tree, unsigned begin, unsigned end)
{
	uint16_t *order = tree->order, first = order[begin];

	for (unsigned i = begin + 1; i < end && tree->count[order[i]] == tree->count[first]; i++)
		if (is_before(tree, order[i], first)) {
			order[begin] = order[i];
			order[i] = first;
			first = order[begin];
		}
	return first;
}

/* The rarest of the leaves and the nodes that have no parent yet. */
static unsigned rarest(struct tree *tree, unsigned *leaf, unsigned *node, unsigned end)
{
	const unsigned first = *node < end ? first_node(tree, *node, end) : 0;

	if (*leaf < tree->leaves && (*node == end || is_before(tree, *leaf, first)))
		return (*leaf)++;
	(*node)++;
	return first;
}

/* Huffman's algorithm, then the depth of every leaf. A node comes before all leaves that are as
 * rare, the oldest first; by libjpeg it has the rank of the rarer of what is below it. */
static void grow(struct tree *tree, bool by_libjpeg)
{
	const unsigned end = 2 * tree->leaves - 1;
	unsigned leaf = 0, node = tree->leaves;

	for (unsigned made = tree->leaves; made < end; made++) {
		const unsigned a = rarest(tree, &leaf, &node, made);
		const unsigned b = rarest(tree, &leaf, &node, made);

		tree->count[made] = tree->count[a] + tree->count[b];
		tree->rank[made] = by_libjpeg ? tree->rank[a] : (uint16_t)(UINT16_MAX - made);
		tree->order[made] = (uint16_t)made;
		tree->parent[a] = tree->parent[b] = (uint16_t)made;
	}
	memset(tree->lengths, 0, sizeof(tree->lengths));
	tree->depth[end - 1] = 0;
	for (unsigned i = end - 1; i-- > 0;) {
		tree->depth[i] = (uint8_t)(tree->depth[tree->parent[i]] + 1);
		if (i < tree->leaves)
			tree->lengths[tree->depth[i]]++;
	}
}

/* T.81, figure K.3: two leaves that are too deep go, one to where their parent was, the other
 * beside a leaf higher up, which becomes a node. */
static void shorten(struct tree *tree)
{
	uint16_t *lengths = tree->lengths;

	for (unsigned i = DEPTH_MAX; i > LENGTH_MAX; i--)
		while (lengths[i]) {
			unsigned j = i - 2;

			while (!lengths[j])
				j--;
			lengths[i] = (uint16_t)(lengths[i] - 2);
			lengths[i - 1]++;
			lengths[j + 1] = (uint16_t)(lengths[j + 1] + 2);
			lengths[j]--;
		}
}

/* The most frequent symbols have the shortest codes; the longest is left to the reserved one. Of
 * those of one length the smaller number comes first. */
static void number(struct jpeg_code *code, const struct tree *tree)
{
	unsigned next = 0, at = tree->leaves;

	memset(code, 0, sizeof(*code));
	for (unsigned length = 1; length <= LENGTH_MAX; length++)
		for (unsigned i = tree->lengths[length]; i > 0 && --at > 0; i--) {
			code->length[tree->leaf[at].symbol] = (uint8_t)length;
			code->lengths[length]++;
		}
	for (unsigned length = 1; length <= LENGTH_MAX; length++, next <<= 1)
		for (unsigned symbol = 0; symbol < 256; symbol++)
			if (code->length[symbol] == length) {
				code->symbol[code->symbols++] = (uint8_t)symbol;
				code->code[symbol] = (uint16_t)next++;
			}
}

/* Symbols in the order of their depths before codes were shortened, then of their numbers. */
static void sort_by_depth(struct jpeg_code *code, const struct tree *tree)
{
	uint8_t depth[LEAVES_MAX] = {0};

	for (unsigned i = 0; i < tree->leaves; i++)
		depth[tree->leaf[i].symbol] = tree->depth[i];
	code->symbols = 0;
	for (unsigned i = 1; i <= DEPTH_MAX && code->symbols + 1 < tree->leaves; i++)
		for (unsigned symbol = 0; symbol < RESERVED; symbol++)
			if (depth[symbol] == i)
				code->symbol[code->symbols++] = (uint8_t)symbol;
}

/* As libjpeg does it. */
static void number_by_depth(struct jpeg_code *code, const struct tree *tree)
{
	unsigned next = 0, at = 0;

	memset(code, 0, sizeof(*code));
	sort_by_depth(code, tree);
	for (unsigned length = 1; length <= LENGTH_MAX; length++, next <<= 1)
		for (unsigned i = tree->lengths[length]; i > 0 && at < code->symbols; i--, at++) {
			code->length[code->symbol[at]] = (uint8_t)length;
			code->lengths[length]++;
			code->code[code->symbol[at]] = (uint16_t)next++;
		}
}

void jpeg_code_make(struct jpeg_code *code, const uint32_t count[256], bool by_libjpeg)
{
	struct tree tree;

	plant(&tree, count);
	grow(&tree, by_libjpeg);
	shorten(&tree);
	if (by_libjpeg)
		number_by_depth(code, &tree);
	else
		number(code, &tree);
}
