/* srcset.c - see srcset.h. */
#include "report/srcset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/json.h"

#define EMPTY_LIST "[]\n"

/* --- paths -------------------------------------------------------------------------------------
 */

/* Takes "//", "." and ".." out of an absolute path, in place. */
static void normalise(char *path)
{
	char *out = path;

	for (const char *part = path; *part;) {
		size_t length;

		part += strspn(part, "/");
		length = strcspn(part, "/");
		if (length == 2 && memcmp(part, "..", 2) == 0) {
			while (out > path && *--out != '/')
				;
		} else if (length > 0 && !(length == 1 && *part == '.')) {
			*out++ = '/';
			memmove(out, part, length);
			out += length;
		}
		part += length;
	}
	*out = '\0';
}

/* Bytes of the directories that two normalised paths have in common, the slash behind included. */
static size_t common(const char *a, const char *b)
{
	size_t length = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			length = i + 1;
	return length;
}

char *srcset_relative(const char *directory, const char *path)
{
	char *from = NULL, *to = strdup(path);
	char *relative = NULL;
	struct text text = TEXT_EMPTY;
	size_t length;

	if (!to || asprintf(&from, "%s/.", directory) < 0)
		goto out;
	normalise(from);
	normalise(to);
	length = strlen(from);
	(void)memcpy(from + length, "/", 2); /* the dot has left room for it */
	size_t shared = common(from, to);

	for (const char *slash = strchr(from + shared, '/'); slash; slash = strchr(slash + 1, '/'))
		text_add(&text, "../");
	text_add_bytes(&text, to + shared, strlen(to + shared) + 1);
	if (text.status == 0)
		relative = strdup((const char *)text.bytes.data);
out:
	text_release(&text);
	free(from);
	free(to);
	return relative;
}

/* The path of an output, relative to the file's directory; NULL without memory. */
static char *relative_path(const struct srcset *srcset, const char *path)
{
	char *absolute;
	char *relative;

	if (asprintf(&absolute, "%s%s", *path == '/' ? "" : srcset->working, path) < 0)
		return NULL;
	relative = srcset_relative(srcset->directory, absolute);
	free(absolute);
	return relative;
}

/* Percent-encodes every byte, except slashes and what RFC 3986 calls unreserved. */
static void add_url(struct text *text, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";

	for (; *path; path++) {
		if (strchr(plain, *path))
			text_add_bytes(text, path, 1);
		else
			text_addf(text, "%%%02X", (unsigned char)*path);
	}
}

/* --- an image ----------------------------------------------------------------------------------
 */

static const char *media_type(enum br_image_format format)
{
	switch (format) {
	case BR_IMAGE_FORMAT_JPEG:
		return "image/jpeg";
	case BR_IMAGE_FORMAT_PNG:
		return "image/png";
	case BR_IMAGE_FORMAT_WEBP:
		return "image/webp";
	case BR_IMAGE_FORMAT_TIFF:
		return "image/tiff";
	case BR_IMAGE_FORMAT_GIF:
		return "image/gif";
	case BR_IMAGE_FORMAT_AVIF:
		return "image/avif";
	case BR_IMAGE_FORMAT_HEIC:
		return "image/heic";
	case BR_IMAGE_FORMAT_JXL:
		return "image/jxl";
	default:
		return "application/octet-stream";
	}
}

/* One output, and its path as it is told. */
struct candidate {
	const struct br_batch_output *output;
	char *path;
};

static int compare_widths(const void *left, const void *right)
{
	const struct br_batch_output *a = ((const struct candidate *)left)->output;
	const struct br_batch_output *b = ((const struct candidate *)right)->output;

	if (a->width != b->width)
		return a->width < b->width ? -1 : 1;
	return (a->height > b->height) - (a->height < b->height);
}

static void add_exact(struct text *text, const char *name, const char *path)
{
	if (text_is_utf8(path))
		return;
	text_addf(text, ", \"%s\": ", name);
	json_base64(text, path);
}

static void add_images(struct text *text, const struct candidate *candidate, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct br_batch_output *output = candidate[i].output;

		text_add(text, i > 0 ? ", {\"path\": " : "{\"path\": ");
		json_string(text, candidate[i].path);
		add_exact(text, "path_bytes", candidate[i].path);
		text_addf(text,
		          ", \"width\": %u, \"height\": %u, \"bytes\": %llu, \"type\": \"%s\"}",
		          output->width, output->height, (unsigned long long)output->bytes,
		          media_type(output->format));
	}
}

/* "a-320.jpg 320w, a-640.jpg 640w"; of two of the same width only the first, since HTML allows no
 * more. */
static void add_candidates(struct text *text, const struct candidate *candidate, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (i > 0 && candidate[i].output->width == candidate[i - 1].output->width)
			continue;
		text_add(text, i > 0 ? ", " : "");
		add_url(text, candidate[i].path);
		text_addf(text, " %uw", candidate[i].output->width);
	}
}

/* As a JSON string: its quotes are escaped, and URLs have nothing to be escaped. */
static void add_html(struct text *text, const struct candidate *candidate, unsigned count)
{
	const struct candidate *widest = &candidate[count - 1];

	text_add(text, "\"<img src=\\\"");
	add_url(text, widest->path);
	text_add(text, "\\\" srcset=\\\"");
	add_candidates(text, candidate, count);
	text_addf(text,
	          "\\\" sizes=\\\"100vw\\\" width=\\\"%u\\\" height=\\\"%u\\\" alt=\\\"\\\">\"",
	          widest->output->width, widest->output->height);
}

static void add_entry(struct srcset *srcset, const struct br_batch_record *record,
                      const struct candidate *candidate, unsigned count)
{
	struct text *text = &srcset->sink.pending;

	text_add(text, srcset->count++ > 0 ? ",\n{\"source\": " : "[\n{\"source\": ");
	json_string(text, record->source);
	add_exact(text, "source_bytes", record->source);
	text_add(text, ", \"images\": [");
	add_images(text, candidate, count);
	text_add(text, "], \"srcset\": \"");
	add_candidates(text, candidate, count);
	text_add(text, "\", \"html\": ");
	add_html(text, candidate, count);
	text_add(text, "}");
}

void srcset_add(struct srcset *srcset, const struct br_batch_record *record)
{
	const bool done = record->status == BR_BATCH_OK;
	const struct br_batch_output *output = done ? record->outputs : record->there;
	const unsigned outputs = done ? record->output_count : record->there_count;
	struct candidate candidate[BR_IMAGE_SIZES_MAX];
	unsigned count = 0;
	bool whole = true;

	if (!srcset->path)
		return;
	for (; count < outputs && whole; count++) {
		candidate[count].output = &output[count];
		candidate[count].path = relative_path(srcset, output[count].path);
		whole = candidate[count].path != NULL;
	}
	if (whole && count > 0) {
		qsort(candidate, count, sizeof(*candidate), compare_widths);
		add_entry(srcset, record, candidate, count);
	}
	if (!whole)
		srcset->sink.error = ENOMEM;
	while (count > 0)
		free(candidate[--count].path);
}

/* --- the file ----------------------------------------------------------------------------------
 */

/* Whether what is there may be replaced: `--srcset *.jpg` must not cost a picture. */
static int check_replaceable(const char *path, struct br_error *error)
{
	struct stat st;
	char first = '[';
	int fd;

	if (lstat(path, &st) != 0)
		return 0;
	fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd >= 0 && pread(fd, &first, 1, 0) < 0)
		first = '\0';
	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	if (fd >= 0 && first == '[')
		return 0;
	return br_error_set(
	    error, BR_ERROR_USAGE,
	    "--srcset: '%.100s' exists and is no such list: choose another name, or "
	    "remove it",
	    path);
}

/* The directory that the file lies in. */
static char *directory_of(const struct srcset *srcset)
{
	const char *slash = strrchr(srcset->path, '/');
	int length = slash ? (int)(slash - srcset->path) : 0;
	char *directory;

	if (asprintf(&directory, "%s%.*s/", *srcset->path == '/' ? "" : srcset->working, length,
	             srcset->path) < 0)
		return NULL;
	return directory;
}

int srcset_open(struct srcset *srcset, const char *path, struct br_error *error)
{
	char working[PATH_MAX];
	int status = check_replaceable(path, error);

	*srcset = (struct srcset){.output = {.fd = -1, .directory = -1}, .sink = SINK_NONE};
	if (status)
		return status;
	if (!getcwd(working, sizeof(working)))
		return br_error_system(error, errno,
		                       "cannot find the name of the working directory");
	srcset->path = path;
	if (asprintf(&srcset->working, "%s/", working) < 0)
		srcset->working = NULL;
	srcset->directory = srcset->working ? directory_of(srcset) : NULL;
	if (!srcset->directory)
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for --srcset");
	status = output_open(path, &srcset->output, error);
	srcset->sink.fd = srcset->output.fd;
	srcset->sweeper = sweeper_new();
	if (!status)
		sweeper_watch(srcset->sweeper, &srcset->output, path);
	return status;
}

bool srcset_empties(const struct srcset *srcset)
{
	struct stat st;

	return srcset->count == 0 && stat(srcset->path, &st) == 0 &&
	       st.st_size > (off_t)strlen(EMPTY_LIST);
}

int srcset_publish(struct srcset *srcset, struct br_error *error)
{
	const struct output_attributes attributes = {
	    .replace = true, .fsync = srcset->fsync, .sweeper = srcset->sweeper};
	int status;

	if (srcset->fsync)
		sweeper_visit_after_power_cut(srcset->sweeper, srcset->path);
	text_add(&srcset->sink.pending, srcset->count > 0 ? "\n]\n" : EMPTY_LIST);
	status = sink_flush(&srcset->sink);
	if (status)
		return br_error_system(error, status,
		                       "cannot write '%.100s' (make room, or write "
		                       "elsewhere)",
		                       srcset->path);
	return output_commit(&srcset->output, srcset->path, &attributes, error);
}

void srcset_discard(struct srcset *srcset, void *ctx,
                    void (*tell)(void *ctx, bool left, const char *path, const char *text))
{
	if (!srcset->path)
		return;
	sweeper_discard(srcset->sweeper, &srcset->output, srcset->path);
	sweeper_tell(srcset->sweeper, ctx, tell);
}

void srcset_release(struct srcset *srcset)
{
	if (srcset->path)
		(void)output_discard(&srcset->output);
	sweeper_free(srcset->sweeper);
	sink_release(&srcset->sink);
	free(srcset->directory);
	free(srcset->working);
}
