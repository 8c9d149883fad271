#!/bin/bash
# A PGM of 10 bits becomes a JPEG XL that is almost black.
#
# Guess, before it was run: the middle of 1023 is the middle of the JPEG XL's range.
# Seen, with libjxl-tools 0.7.0-10+deb12u1 (Debian 12): cjxl takes the samples for ones of 65535, and calls the picture
# one of 10 bits. djxl makes the opposite mistake on the way to a PNG, so that whoever tries both together sees nothing.
# libvips 8.14.1 shows it.
#   in:      512 of 1023
#   libvips: 512 of 65535 (ushort)
#   djxl:    32800 of 65535
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

unpack libjxl-tools=0.7.0-10+deb12u1 libjxl0.7=0.7.0-10+deb12u1 libvips-tools=8.14.1-3+deb12u3

perl -e 'print "P5 16 16 1023\n", pack("n", 512) x 256' >in.pgm
tool cjxl -d 0 in.pgm ten.jxl 2>/dev/null
tool djxl ten.jxl out.png 2>/dev/null
sample() { tool vips getpoint "$1" 8 8 | xargs; }

seen="in:      512 of 1023
libvips: $(sample ten.jxl) of 65535 ($(tool vipsheader ten.jxl | grep -o ushort))
djxl:    $(sample out.png) of 65535"
expected="in:      512 of 1023
libvips: 512 of 65535 (ushort)
djxl:    32800 of 65535"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
