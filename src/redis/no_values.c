/* no_values.c - values.h in a build without hiredis (REDIS=no). */
#include "redis/values.h"

#include <stdlib.h>

static int none(struct br_error *error)
{
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "this build knows no Redis (REDIS=no): take one that does");
}

struct values *values_new(const struct values_options *options)
{
	(void)options;
	return calloc(1, 1); /* not NULL, and nothing in it */
}

void values_free(struct values *values)
{
	free(values);
}

int values_get(struct values *values, const struct values_question *question, int fd,
               uint64_t *bytes, struct br_error *error)
{
	(void)values;
	(void)question;
	(void)fd;
	(void)bytes;
	return none(error);
}

void values_done(struct values *values, uint64_t bytes)
{
	(void)values;
	(void)bytes;
}

int values_look(struct values *values, const struct values_question *question, uint64_t *bytes,
                bool *exists, struct br_error *error)
{
	(void)values;
	(void)question;
	(void)bytes;
	(void)exists;
	return none(error);
}

int values_put(struct values *values, const struct values_question *question, const void *bytes,
               uint64_t size, bool replace, struct br_error *error)
{
	(void)values;
	(void)question;
	(void)bytes;
	(void)size;
	(void)replace;
	return none(error);
}
