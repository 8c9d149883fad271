#!/bin/bash
# A lossless optimizer leaves a PNG's colour profile in the file, where nobody may read it any more.
#
# Guess, before it was run: pixels that are all gray stay RGB while there is a profile for RGB, or the profile goes
# with a message.
# Seen, with optipng 0.7.7-2+b1 (Debian 12): it makes the picture gray and keeps the RGB profile. PNG allows only a
# gray one there, so libpng says "RGB color space not permitted on grayscale PNG", and the picture has no profile.
# Nothing is said while it is made. (zopflipng --keepchunks=iCCP of zopfli 1.0.3-1 does the same.)
#   before: colour type 2, iCCP 1, libvips: 3 bands, a profile
#   after:  colour type 0, iCCP 1, libvips: 1 bands, no profile
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

unpack optipng=0.7.7-2+b1 libvips-tools=8.14.1-3+deb12u3

# describe FILE
describe() {
	local profile=no
	tool vipsheader -f icc-profile-data "$1" >/dev/null 2>&1 && profile=a
	echo "colour type $(od -An -tu1 -j25 -N1 "$1" | xargs), iCCP $(grep -c iCCP "$1")," \
		"libvips: $(tool vipsheader -f bands "$1" 2>/dev/null) bands, $profile profile"
}

tool vips grey one.v 256 64
tool vips bandjoin "one.v one.v one.v" three.v
tool vips linear three.v 'picture.png[profile=p3]' 255 0 --uchar
before=$(describe picture.png)
tool optipng -quiet picture.png

seen="before: $before
after:  $(describe picture.png)"
expected="before: colour type 2, iCCP 1, libvips: 3 bands, a profile
after:  colour type 0, iCCP 1, libvips: 1 bands, no profile"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
