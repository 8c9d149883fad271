/* odd_plugin.c - a plugin for the tests, that does what its arguments say: "WORD" or "WORD=VALUE".
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <batchresize/plugin.h>

#ifndef ODD_ABI
#define ODD_ABI BR_PLUGIN_ABI
#endif

#ifdef ODD_CRASHES_WHEN_LOADED
__attribute__((constructor)) static void crash(void)
{
	abort();
}
#endif

struct odd {
	char word[64];
	const char *value;
	unsigned pictures;
};

static void hang(void)
{
	for (;;)
		pause();
}

static int init(const char *args, void **state, char *why)
{
	struct odd *odd = calloc(1, sizeof(*odd));
	const char *equals = strchr(args, '=');
	const size_t length = equals ? (size_t)(equals - args) : strlen(args);

	if (!odd || length >= sizeof(odd->word))
		return -1;
	memcpy(odd->word, args, length);
	odd->value = equals ? equals + 1 : "";
	*state = odd;
	if (!strcmp(odd->word, "init-crash"))
		abort();
	if (!strcmp(odd->word, "init-hang"))
		hang();
	if (!strcmp(odd->word, "init-exit"))
		_exit(7);
	if (!strcmp(odd->word, "init-fail"))
		(void)snprintf(why, BR_PLUGIN_WHY_MAX, "no model at %s", odd->value);
	return !strncmp(odd->word, "init-", 5);
}

/* Whether the picture's source has the value in its name. */
static int meant(const struct odd *odd, const struct br_plugin_picture *picture)
{
	return strstr(picture->source, odd->value) != NULL;
}

static int tell_all(struct odd *odd, struct br_plugin_picture *picture)
{
	const uint8_t *pixels = picture->look(picture);
	char name[32];

	(void)snprintf(name, sizeof(name), "seen-%s", picture->size);
	picture->tell_number(picture, name, picture->width * 10000. + picture->height);
	picture->tell_text(picture, "source", picture->source);
	picture->tell_text(picture, "format", picture->format);
	picture->tell_number(picture, "bands", picture->bands);
	picture->tell_number(picture, "first", pixels[0]);
	picture->tell_number(picture, "sizes", picture->sizes);
	picture->tell_number(picture, "frames", picture->frames);
	picture->tell_number(picture, "frame", picture->frame);
	picture->tell_number(picture, "pid", getpid());
	picture->tell_number(picture, "pictures", ++odd->pictures);
	return (uintptr_t)pixels % 16 ? BR_PLUGIN_FAIL : BR_PLUGIN_KEEP;
}

/* What is no field changes nothing; what is one of hostile text is still JSON. */
static int tell_wrong(struct br_plugin_picture *picture)
{
	char longer[BR_PLUGIN_TEXT_MAX + 1];
	int refused = 0;

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	picture->tell_text(picture, "hostile", "\"}, \\ \n\t\x7f \xc3\xa9 {\"");
	refused += picture->tell_text(picture, "a b", "x") == -EINVAL;
	refused += picture->tell_text(picture, "", "x") == -EINVAL;
	refused += picture->tell_text(picture, "\"", "x") == -EINVAL;
	refused += picture->tell_text(picture, "abcdefghijklmnopqrstuvwxyzabcdefg", "x") == -EINVAL;
	refused += picture->tell_text(picture, "bytes", "\xff") == -EINVAL;
	refused += picture->tell_text(picture, "long", longer) == -EINVAL;
	refused += picture->tell_number(picture, "nan", NAN) == -EINVAL;
	refused += picture->tell_number(picture, "inf", INFINITY) == -EINVAL;
	picture->tell_number(picture, "pi", 3.25e-7);
	picture->tell_number(picture, "again", 1);
	picture->tell_number(picture, "again", 2);
	picture->tell_number(picture, "refused", refused);
	return BR_PLUGIN_KEEP;
}

static int tell_much(struct br_plugin_picture *picture)
{
	char name[16], text[200];
	int told = 0;

	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		told += picture->tell_text(picture, name, text) == 0;
	}
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		told += picture->tell_number(picture, name, i) == 0;
	}
	return told <= BR_PLUGIN_FIELDS_MAX ? BR_PLUGIN_KEEP : BR_PLUGIN_FAIL;
}

/* Writes outside the pixels. */
static int stray(struct br_plugin_picture *picture, const char *where)
{
	uint8_t *pixels = picture->change(picture);
	const size_t size = (size_t)picture->stride * picture->height;

	if (!strcmp(where, "before"))
		pixels[-1] ^= 1;
	else if (!strcmp(where, "just-behind"))
		pixels[size] ^= 1;
	else
		memset(pixels + size, 0, 4096);
	return BR_PLUGIN_KEEP;
}

static int paint(struct br_plugin_picture *picture)
{
	uint8_t *pixels = picture->change(picture);

	memset(pixels, 0, (size_t)picture->stride * (picture->height / 2));
	return BR_PLUGIN_KEEP;
}

static int open_file(struct br_plugin_picture *picture)
{
	const int fd = open("/etc/passwd", O_RDONLY);

	picture->tell_number(picture, "opened", fd >= 0);
	return BR_PLUGIN_KEEP;
}

/* Whether a job lies ready behind this one, a millisecond later. */
static int tell_next(struct br_plugin_picture *picture)
{
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int count = 0;

	(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	for (int fd = 3; fd < 64; fd++)
		count += recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) > 0;
	picture->tell_number(picture, "next", count);
	return BR_PLUGIN_KEEP;
}

static int die(const struct odd *odd, const struct br_plugin_picture *picture)
{
	if (!meant(odd, picture))
		return BR_PLUGIN_KEEP;
	if (!strcmp(odd->word, "hang"))
		hang();
	abort();
}

/* Needs 1.5 MiB of stack. */
static int go_deep(struct br_plugin_picture *picture)
{
	volatile char room[3 << 19];

	for (size_t i = sizeof(room); i-- > 0;)
		room[i] = (char)i;
	return picture->tell_number(picture, "deep", room[77]) ? BR_PLUGIN_FAIL : BR_PLUGIN_KEEP;
}

/* From the second picture on, takes all memory that the worker can have. */
static int hoard(struct odd *odd)
{
	static void *hoarded;
	void **block;

	if (odd->pictures++ == 0)
		return BR_PLUGIN_KEEP;
	while ((block = malloc(4096))) {
		*block = hoarded;
		hoarded = block;
	}
	return BR_PLUGIN_KEEP;
}

static int pixels_of(void *state, struct br_plugin_picture *picture)
{
	struct odd *odd = state;

	if (!strcmp(odd->word, "tell"))
		return tell_all(odd, picture);
	if (!strcmp(odd->word, "deep"))
		return go_deep(picture);
	if (!strcmp(odd->word, "hoard"))
		return hoard(odd);
	if (!strcmp(odd->word, "tell-wrong"))
		return tell_wrong(picture);
	if (!strcmp(odd->word, "tell-much"))
		return tell_much(picture);
	if (!strcmp(odd->word, "look"))
		return picture->look(picture) ? BR_PLUGIN_KEEP : BR_PLUGIN_FAIL;
	if (!strcmp(odd->word, "change"))
		return picture->change(picture) ? BR_PLUGIN_KEEP : BR_PLUGIN_FAIL;
	if (!strcmp(odd->word, "paint"))
		return paint(picture);
	if (!strcmp(odd->word, "open"))
		return open_file(picture);
	if (!strcmp(odd->word, "next"))
		return tell_next(picture);
	if (!strcmp(odd->word, "crash") || !strcmp(odd->word, "hang"))
		return die(odd, picture);
	if (!strcmp(odd->word, "stray"))
		return stray(picture, odd->value);
	if (!strcmp(odd->word, "resize"))
		picture->height -= 1;
	if (!strcmp(odd->word, "drop") && meant(odd, picture)) {
		picture->explain(picture, "too\ndull");
		return BR_PLUGIN_DROP;
	}
	if (!strcmp(odd->word, "fail") && meant(odd, picture)) {
		picture->explain(picture, "not this one");
		return -5;
	}
	return BR_PLUGIN_KEEP;
}

#ifndef ODD_TOGETHER
const struct br_plugin br_plugin_entry = {
    .abi = ODD_ABI, .name = "odd", .init = init, .pixels = pixels_of, .free = free};
#else
/* The same for several at a time. */
static void batch_of(void *state, struct br_plugin_picture *const *pictures, uint32_t count,
                     int *answers)
{
	const struct odd *odd = state;

	for (uint32_t i = 0; i < count; i++) {
		answers[i] = pixels_of(state, pictures[i]);
		if (!strcmp(odd->word, "tell"))
			(void)pictures[i]->tell_number(pictures[i], "together", count);
	}
}

const struct br_plugin br_plugin_entry = {.abi = ODD_ABI,
                                          .name = "odd",
                                          .init = init,
                                          .free = free,
                                          .batch = batch_of,
#ifdef ODD_BOTH
                                          .pixels = pixels_of,
#endif
                                          .together = ODD_TOGETHER};
#endif
