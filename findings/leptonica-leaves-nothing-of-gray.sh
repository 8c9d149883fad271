#!/bin/bash
# A gray PNG of which one shade is transparent is read as a picture of which nothing is left.
#
# Guess, before it was run: the shade that tRNS names becomes alpha 0, and the others stay; or tRNS is not heeded.
# Seen, with leptonica-progs 1.82.0-3+b3 (Debian 12): in gray, whatever the depth, tRNS is taken to say that the whole
# picture is transparent, and each pixel becomes 0 0 0 0: an empty PNG, a black JPEG. Exit code 0. Of RGB,
# tRNS is not heeded. What a palette's entries say of alpha is read rightly.
#   in:             0 80 160 255, alpha 255 255 255 0
#   as PNG:         0 0 0 0, alpha 0 0 0 0
#   as JPEG:        0 0 0 0
#   without tRNS:   0 80 160 255
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

unpack leptonica-progs=1.82.0-3+b3 liblept5=1.82.0-3+b3 libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 \
	netpbm=2:11.01.00-2

# Four columns of 16 pixels each.
{
	printf 'P5 64 16 255\n'
	for ((row = 0; row < 16; row++)); do
		for shade in '\0' '\x50' '\xa0' '\xff'; do printf "$shade%.0s" {1..16}; done
	done
} >in.pgm
tool pnmtopng -force in.pgm >plain.png 2>/dev/null
tool pnmtopng -force -transparent white in.pgm >clear.png 2>/dev/null
tool convertformat plain.png plain-out.png >/dev/null 2>&1
tool convertformat clear.png clear-out.png >/dev/null 2>&1
tool convertformat clear.png clear-out.jpg >/dev/null 2>&1
band() { for x in 8 24 40 56; do tool vips getpoint "$1" "$x" 8 | cut -d' ' -f"$2"; done | xargs; }

seen="in:             $(band clear.png 1), alpha $(band clear.png 2)
as PNG:         $(band clear-out.png 1), alpha $(band clear-out.png 4)
as JPEG:        $(band clear-out.jpg 1)
without tRNS:   $(band plain-out.png 1)"
expected="in:             0 80 160 255, alpha 255 255 255 0
as PNG:         0 0 0 0, alpha 0 0 0 0
as JPEG:        0 0 0 0
without tRNS:   0 80 160 255"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
