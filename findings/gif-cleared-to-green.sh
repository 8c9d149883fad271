#!/bin/bash
# What a frame of a GIF leaves when it is cleared is green in one reader and a hole in another.
#
# Guess, before it was run: cleared to transparent, as browsers do, by each reader, though the file has no transparent
# colour; the colour that the header calls the background's is of no use since nobody heeds it.
# Seen, with libvips42 8.14.1-3+deb12u3 and webp 1.2.4-0.2+deb12u1 (Debian 12): libvips heeds it, and gives such a GIF
# out without alpha; gif2webp makes a hole. The second of three frames, blue, is cleared (disposal 2), and the third
# is drawn beside it.
#   libvips:  0 255 0
#   gif2webp: 0 0 0 0
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

unpack libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 webp=1.2.4-0.2+deb12u1

# Two pixels wide; green (the background), red, blue and black. A frame of two red pixels, then a blue one on the left,
# and one on the right.
{
	printf 'GIF89a\x02\0\x01\0\x81\0\0\0\xff\0\xff\0\0\0\0\xff\0\0\0'
	printf '!\xf9\x04\x04\x0a\0\0\0,\0\0\0\0\x02\0\x01\0\0\x02\x02\x4c\x0a\0'
	printf '!\xf9\x04\x08\x0a\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x54\x01\0'
	printf '!\xf9\x04\x04\x0a\0\0\0,\x01\0\0\0\x01\0\x01\0\0\x02\x02\x54\x01\0;'
} >in.gif
tool gif2webp -quiet in.gif -o in.webp
cleared() {
	tool vips copy "$1[n=-1]" out.v
	tool vips getpoint out.v 0 2 | xargs
}

seen="libvips:  $(cleared in.gif)
gif2webp: $(cleared in.webp)"
expected="libvips:  0 255 0
gif2webp: 0 0 0 0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
