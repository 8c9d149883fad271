/* state_fixture.h - for tests of what runs remember: the state of the directory out. */
#ifndef STATE_FIXTURE_H
#define STATE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/database.h"
#include "state/place.h"

#define DATABASE_PATH "out/" PLACE_NAME "/" DATABASE_NAME
#define DAMAGED_PATH  "out/" PLACE_NAME "/" DATABASE_DAMAGED

/* Makes an output directory that something can be kept in. */
void make_place(const char *output);

bool exists(const char *path);

/* Does something to the database, which nobody has open; or asks it for a number. */
void execute(const char *sql);
int64_t ask(const char *sql);

#endif
