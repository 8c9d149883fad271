#!/bin/bash
# SQLite's integrity check finds NULL where there is none, in a table without row numbers.
#
# Guess, before it was run: the check says "ok" of a database of one row that has just been written.
# Seen, with sqlite3 3.40.1-2+deb12u2 (Debian 12): a table WITHOUT ROWID whose primary key is not made of its first
# columns. The row is stored with the key's columns first, the check looks for NOT NULL by the order of the declaration,
# and a sound database is called damaged. Each column can be read and is what it was.
#   integrity_check: NULL value in picture.size
#   typeof(size):    integer
# With the key's columns declared first the same check says "ok".
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Unpacks packages and all they need below system/, installs nothing.
unpack() {
	local apt=(apt-get -y --no-install-recommends --download-only -o "Dir::State::status=$work/status"
		-o "Dir::Cache::archives=$work/debs/" -o Debug::NoLocking=1 -o APT::Sandbox::User=)
	mkdir -p system debs/partial
	: >status
	"${apt[@]}" install "$@" >apt.log 2>&1 || {
		tail -n 5 apt.log >&2
		echo "cannot be tried: needs Debian 12 with these packages: $*" >&2
		exit 2
	}
	rm -f debs/libc6_*.deb
	for deb in debs/*.deb; do dpkg-deb -x "$deb" system; done
	libs=$(find "$work/system" -name '*.so*' -printf '%h\n' | sort -u | tr '\n' ':')
}

tool() { LD_LIBRARY_PATH=$libs "$work/system/usr/bin/$1" "${@:2}"; }

unpack sqlite3=3.40.1-2+deb12u2 libsqlite3-0=3.40.1-2+deb12u2

check() {
	tool sqlite3 "$1.db" "CREATE TABLE picture($2, PRIMARY KEY(directory, names)) WITHOUT ROWID;
		INSERT INTO picture(directory, size, names) VALUES(1, 2, 3);
		PRAGMA integrity_check; SELECT typeof(size) FROM picture;"
}

behind=$(check behind 'directory INTEGER NOT NULL, size INTEGER NOT NULL, names INTEGER NOT NULL')
first=$(check first 'directory INTEGER NOT NULL, names INTEGER NOT NULL, size INTEGER NOT NULL')
printf 'key in front and behind:\n%s\nkey in front:\n%s\n' "$behind" "$first"
[[ $behind == $'NULL value in picture.size\ninteger' && $first == $'ok\ninteger' ]]
