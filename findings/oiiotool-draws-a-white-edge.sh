#!/bin/bash
# A brown picture with a transparent half gets a white line along its edge when it is made smaller.
#
# Guess, before it was run: 200 100 50 in each pixel that is not wholly transparent, give or take the filter; with or
# without the chunk gAMA, which with 1/2.2 says what nearly every PNG is.
# Seen, with openimageio-tools 2.4.7.1+dfsg-2 (Debian 12): so without it, but for rounding. With gAMA the scaled colours
# are divided by alpha to the power of 2.2 (217 is 187 / 0.933 ^ 2.2): the less alpha, the brighter.
#   no gAMA: 200 100 50 238, 195 90 45 17
#   gAMA:    217 109 54 238, 255 255 255 17
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

unpack openimageio-tools=2.4.7.1+dfsg-2 libopenimageio2.4=2.4.7.1+dfsg-2 netpbm=2:11.01.00-2 \
	libvips-tools=8.14.1-3+deb12u3

# Left opaque, right transparent.
perl -e 'print "P7\nWIDTH 64\nHEIGHT 64\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
	(pack("C4", 200, 100, 50, 255) x 32 . pack("C4", 0, 0, 0, 0) x 32) x 64' >in.pam
tool pamtopng in.pam >plain.png
tool pamtopng -gamma 0.45455 in.pam >gamma.png
edge() {
	tool oiiotool "$1" --resize 25% -o out.png
	echo "$(tool vips getpoint out.png 7 8 | xargs), $(tool vips getpoint out.png 8 8 | xargs)"
}

seen="no gAMA: $(edge plain.png)
gAMA:    $(edge gamma.png)"
expected="no gAMA: 200 100 50 238, 195 90 45 17
gAMA:    217 109 54 238, 255 255 255 17"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
