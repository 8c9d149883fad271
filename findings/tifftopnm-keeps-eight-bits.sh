#!/bin/bash
# The samples of a TIFF of 16 bits depend on an option that is about memory.
#
# Guess, before it was run: the same samples with and without -byrow, 16 bits of each.
# Seen, with netpbm 2:11.01.00-2 (Debian 12): without it tifftopnm has libtiff make 8-bit RGBA of the whole
# picture and multiplies by 257. The PGM says maxval 65535 both times, and nothing is said on the way.
#   in:      0 255 4100 61499
#   default: 0 0 4112 61680
#   -byrow:  0 255 4100 61499
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

unpack netpbm=2:11.01.00-2

printf 'P2 4 1 65535 0 255 4100 61499\n' >in.pgm
tool pamtotiff in.pgm >in.tif 2>/dev/null
samples() { tool pnmtoplainpnm | tail -n +4 | xargs; }

seen="in:      $(samples <in.pgm)
default: $(tool tifftopnm -quiet in.tif | samples)
-byrow:  $(tool tifftopnm -quiet -byrow in.tif | samples)"
expected="in:      0 255 4100 61499
default: 0 0 4112 61680
-byrow:  0 255 4100 61499"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
