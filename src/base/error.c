/* error.c - codes to names, texts into place. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <batchresize/error.h>

static const char *const code_names[BR_ERROR_CODES] = {
    [BR_ERROR_NONE] = "none",
    [BR_ERROR_SYSTEM] = "system",
    [BR_ERROR_USAGE] = "usage",
    [BR_ERROR_EMPTY] = "empty",
    [BR_ERROR_NOT_IMAGE] = "not-an-image",
    [BR_ERROR_UNSUPPORTED] = "unsupported",
    [BR_ERROR_TRUNCATED] = "truncated",
    [BR_ERROR_CORRUPT] = "corrupt",
    [BR_ERROR_TOO_MANY_PIXELS] = "too-many-pixels",
    [BR_ERROR_TOO_LARGE] = "too-large",
    [BR_ERROR_MEMORY] = "memory",
    [BR_ERROR_COLLISION] = "collision",
    [BR_ERROR_IS_SOURCE] = "output-is-source",
    [BR_ERROR_EXISTS] = "exists",
    [BR_ERROR_SKIPPED] = "skipped",
    [BR_ERROR_CHANGED] = "changed",
    [BR_ERROR_CRASHED] = "crashed",
    [BR_ERROR_TIMEOUT] = "timeout",
    [BR_ERROR_CANCELLED] = "cancelled",
    [BR_ERROR_NO_WORKER] = "no-worker",
    [BR_ERROR_ENCODE] = "encode",
    [BR_ERROR_INTERNAL] = "internal",
    [BR_ERROR_OWN_OUTPUT] = "own-output",
    [BR_ERROR_RAW_THUMBNAIL] = "raw-thumbnail-only",
    [BR_ERROR_LOCKED] = "locked",
    [BR_ERROR_UNSETTLED] = "unsettled",
    [BR_ERROR_TIME_BOX] = "time-box",
    [BR_ERROR_POISON] = "poison",
    [BR_ERROR_EMPTIED] = "emptied",
    [BR_ERROR_PRUNED] = "pruned",
    [BR_ERROR_MAX_DELETE] = "max-delete",
    [BR_ERROR_NETWORK] = "network",
    [BR_ERROR_HTTP] = "http-error",
    [BR_ERROR_HTTP_NOT_FOUND] = "http-not-found",
    [BR_ERROR_HTTP_DENIED] = "http-denied",
    [BR_ERROR_PRIVATE_ADDRESS] = "private-address",
    [BR_ERROR_PLUGIN] = "plugin",
    [BR_ERROR_DROPPED] = "dropped",
};

const char *br_error_code_name(enum br_error_code code)
{
	/* Through unsigned, so that a negative number is out of range as well. */
	unsigned index = (unsigned)code;

	if (index >= BR_ERROR_CODES || !code_names[index])
		return code_names[BR_ERROR_INTERNAL];
	return code_names[index];
}

/* A text that vsnprintf() cut may end in the middle of a UTF-8 sequence: take the rest of it away.
 */
static void trim_to_character(char *text, size_t length)
{
	size_t start = length;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;

	if (length - (start - 1) < want)
		text[start - 1] = '\0';
}

/* Text from a library or a file may hold anything. */
static void make_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			*text = ' ';
}

__attribute__((format(printf, 2, 0))) static void set_text(struct br_error *error,
                                                           const char *format, va_list arguments)
{
	int length = vsnprintf(error->msg, sizeof(error->msg), format, arguments);

	if (length < 0)
		error->msg[0] = '\0';
	else if ((size_t)length >= sizeof(error->msg))
		trim_to_character(error->msg, sizeof(error->msg) - 1);
	make_one_line(error->msg);
}

int br_error_set(struct br_error *error, enum br_error_code code, const char *format, ...)
{
	if (error) {
		va_list arguments;

		va_start(arguments, format);
		error->code = code;
		error->sys_errno = 0;
		set_text(error, format, arguments);
		va_end(arguments);
	}
	return (int)code;
}

int br_error_system(struct br_error *error, int sys_errno, const char *format, ...)
{
	if (error) {
		va_list arguments;
		size_t length;
		const char *description = strerrordesc_np(sys_errno);

		va_start(arguments, format);
		error->code = br_error_code_of(-sys_errno);
		error->sys_errno = sys_errno;
		set_text(error, format, arguments);
		va_end(arguments);
		length = strlen(error->msg);
		/* Cutting the description is fine: it is ASCII, and the code says it all. */
		(void)snprintf(error->msg + length, sizeof(error->msg) - length, ": %s",
		               description ? description : "unknown error");
	}
	return -sys_errno;
}

enum br_error_code br_error_code_of(int status)
{
	if (status == -ENOMEM)
		return BR_ERROR_MEMORY;
	if (status < 0)
		return BR_ERROR_SYSTEM;
	return status < BR_ERROR_CODES ? (enum br_error_code)status : BR_ERROR_INTERNAL;
}
