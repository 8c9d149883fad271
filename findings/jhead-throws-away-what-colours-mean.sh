#!/bin/bash
# A JPEG rid of all that is not needed to show it, as the option says, has other colours.
#
# Guess, before it was run: jhead -purejpg keeps Adobe's APP14, as without it RGB is taken for YCbCr. It removes EXIF,
# comments, perhaps the profile.
# Seen, with jhead 1:3.06.0.1-6 (Debian 12): APP14 is deleted with the rest, "Modified", exit code 0. What was stored as
# RGB is then decoded as YCbCr, by libjpeg-turbo 2.1.5 in djpeg and by libvips 8.14.1: red becomes green.
#   before: APP14 1, djpeg 200 50 20, libvips 200 50 20
#   after:  APP14 0, djpeg 49 255 62, libvips 49 255 62
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

unpack jhead=1:3.06.0.1-6 libjpeg-turbo-progs=1:2.1.5-2 libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3

{
	printf 'P6 16 16 255\n'
	printf '\xc8\x32\x14%.0s' {1..256}
} >in.ppm
tool cjpeg -rgb -quality 100 -outfile out.jpg in.ppm
describe() {
	echo "APP14 $(grep -c Adobe out.jpg), djpeg $(tool djpeg -pnm out.jpg | tail -c 3 | od -An -tu1 | xargs)," \
		"libvips $(tool vips getpoint out.jpg 8 8 | xargs)"
}
before=$(describe)
tool jhead -purejpg out.jpg >/dev/null

seen="before: $before
after:  $(describe)"
expected="before: APP14 1, djpeg 200 50 20, libvips 200 50 20
after:  APP14 0, djpeg 49 255 62, libvips 49 255 62"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
