#!/bin/bash
# Metadata removed from a PNG, and the picture is darker.
#
# Guess, before it was run: gAMA, which says what the samples mean, stays, and with it the look of the picture.
# Seen, with libimage-exiftool-perl 12.57+dfsg-1 (Debian 12): -all= removes gAMA (and pHYs) with no warning, while of
# an iCCP chunk it warns "Image colors may be affected". A decoder that heeds gAMA, here cwebp's of webp
# 1.2.4-0.2+deb12u1, shows 64 of linear light as 136 before and as 64 afterwards.
#   before: gAMA 1, shown as 136 136 136
#   after:  gAMA 0, shown as 64 64 64
#   exiftool: "1 image files updated"
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

unpack libimage-exiftool-perl=12.57+dfsg-1 webp=1.2.4-0.2+deb12u1 libwebp7=1.2.4-0.2+deb12u1 netpbm=2:11.01.00-2
PERL5LIB=$(printf '%s:' system/usr/share/perl5 system/usr/share/perl/5.* system/usr/lib/*/perl/5.* system/usr/lib/*/perl-base)
export PERL5LIB

# describe FILE
describe() {
	tool cwebp -quiet -lossless "$1" -o shown.webp
	tool dwebp -quiet shown.webp -ppm -o shown.ppm
	echo "gAMA $(grep -c gAMA "$1"), shown as $(tail -c 3 shown.ppm | od -An -tu1 | xargs)"
}

{
	printf 'P6 16 16 255\n'
	head -c 768 /dev/zero | tr '\0' '@'
} >picture.ppm
tool pnmtopng -quiet -gamma 1.0 picture.ppm >picture.png
before=$(describe picture.png)
said=$(tool exiftool -overwrite_original -all= picture.png 2>&1 | xargs)

seen="before: $before
after:  $(describe picture.png)
exiftool: \"$said\""
expected='before: gAMA 1, shown as 136 136 136
after:  gAMA 0, shown as 64 64 64
exiftool: "1 image files updated"'

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
