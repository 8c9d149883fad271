#!/bin/bash
# The still that is read from an animated JPEG XL is the last frame.
#
# Guess, before it was run: the first frame, as libvips takes of GIF and WebP.
# Seen, with libvips42 8.14.1-3+deb12u3 and libjxl0.7 0.7.0-10+deb12u1 (Debian 12): the last of red, green and blue.
# Every frame is decoded into the same memory, and nothing counts them.
#   frames:   3
#   from GIF: 255 0 0
#   from JXL: 0 0 255
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

unpack libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 libjxl-tools=0.7.0-10+deb12u1 \
	libjxl0.7=0.7.0-10+deb12u1

# A GIF of one pixel, and three frames of a second: red, green, blue.
{
	printf 'GIF89a\x01\0\x01\0\x81\0\0\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff'
	for code in 44 4c 54; do
		printf '%b' "!\xf9\x04\x04\x64\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\\x$code\x01\0"
	done
	printf ';'
} >in.gif
tool cjxl -d 0 in.gif in.jxl 2>/dev/null
first_three() { tool vips getpoint "$1" 0 0 | awk '{ print $1, $2, $3 }'; }

seen="frames:   $(tool jxlinfo -v in.jxl | grep -c '^frame:')
from GIF: $(first_three in.gif)
from JXL: $(first_three in.jxl)"
expected="frames:   3
from GIF: 255 0 0
from JXL: 0 0 255"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
