/* state_fixture.h - for tests of what runs remember: the state of the directory out. */
#ifndef STATE_FIXTURE_H
#define STATE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/database.h"
#include "state/place.h"
#include "state/state.h"

#define DATABASE_PATH "out/" PLACE_NAME "/" DATABASE_NAME
#define DAMAGED_PATH  "out/" PLACE_NAME "/" DATABASE_DAMAGED

/* Makes an output directory that something can be kept in. */
void make_place(const char *output);

/* Its state, which a run with such `names` opens; and closes after it came to its end. */
struct state *open_state(bool write, uint64_t names);
void close_state(struct state *state);

bool exists(const char *path);

/* Does something to the database, which nobody has open; or asks it for a number. */
void execute(const char *sql);
int64_t ask(const char *sql);

#endif
