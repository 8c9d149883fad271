/* table_fetch.c - the options for sources that are fetched: URLs. */
#include "cli/table_rows.h"

#define ROW(option) (OPTION_##option - FIRST_FETCH)

const struct cli_option table_fetch[FIRST_QUEUE - FIRST_FETCH] = {
    [ROW(HEADER)] =
	{.name = "header",
         .argument = "LINE",
         .group = GROUP_FETCH,
         .kind = KIND_PATTERN,
         .value = LIST_HEADERS,
         .secret = true,
         .not_for_pipe = true,
         .help = "send 'Name: value' to servers; repeatable",
         .text =
             "With each URL, to the server that it names: one that this redirects to does not "
             "get it. Other users of the machine can see a command line: a file of defaults, or "
             "--netrc, keeps a secret better."},
    [ROW(NETRC)] = {.name = "netrc",
                    .group = GROUP_FETCH,
                    .kind = KIND_FLAG,
                    .target = TARGET(batch.netrc),
                    .not_for_pipe = true,
                    .help = "passwords are in ~/.netrc",
                    .text = "As curl(1) reads it. Those in a URL itself come first; they are never "
                            "shown, reported or logged."},
    [ROW(ALLOW_PRIVATE)] =
	{.name = "allow-private",
         .group = GROUP_FETCH,
         .kind = KIND_FLAG,
         .target = TARGET(batch.allow_private),
         .not_for_pipe = true,
         .help = "lists may name this host and private networks",
         .text =
             "A URL on the command line may lead anywhere. Those of a list, and redirects, are "
             "refused where they lead to this host, a private, link-local or multicast network "
             "or any other that is not the internet's, by the address that is really connected "
             "to: a list from elsewhere could read what only this machine may (private-address). "
             "Behind a proxy that is the proxy's to see to, except for an address that stands "
             "in the URL."},
    [ROW(MAX_DOWNLOAD)] = {.name = "max-download",
                           .argument = "SIZE",
                           .group = GROUP_FETCH,
                           .kind = KIND_BYTES,
                           .minimum = 1 << 10,
                           .maximum = 1 << 30,
                           .target = TARGET(batch.max_download),
                           .standard = "256M",
                           .not_for_pipe = true,
                           .help = "refuse larger files; takes K, M, G",
                           .text = "Of one picture, whatever the server says of its length. It is "
                                   "kept in memory until it is made."},
    [ROW(FETCH_RETRIES)] =
	{.name = "fetch-retries",
         .argument = "N",
         .group = GROUP_FETCH,
         .kind = KIND_NUMBER,
         .minimum = 0,
         .maximum = 100,
         .target = TARGET(batch.fetch_retries),
         .standard = "3",
         .not_for_pipe = true,
         .help = "ask again when a server is busy or silent",
         .text = "After status 408, 425, 429, 500, 502, 503 or 504, a connection that fails or is "
                 "cut, and silence; after half a second, one, two, four, then eight, or when the "
                 "server says (Retry-After). What came before a cut is not asked for again, if the "
                 "server can go on from there and still has the same file. --timeout holds for all "
                 "of it together."},
};
