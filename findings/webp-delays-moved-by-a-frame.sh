#!/bin/bash
# An animated GIF becomes a WebP in which every frame has the delay of the one after it.
#
# Guess, before it was run: 100, 200 and 900 ms as in the GIF.
# Seen, with ImageMagick 8:6.9.11.60+dfsg-1.6+deb12u15 (Debian 12): 200 and 900 ms, and for the last frame, which has
# none after it, the mean of the others. The first delay is gone, and the sum is another.
#   GIF:  100 200 900
#   WebP: 200 900 550
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

unpack imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 libmagickcore-6.q16-6=8:6.9.11.60+dfsg-1.6+deb12u15 \
	webp=1.2.4-0.2+deb12u1
export MAGICK_CONFIGURE_PATH=$work/system/etc/ImageMagick-6

tool convert-im6.q16 -size 16x16 -delay 10 xc:red -delay 20 xc:lime -delay 90 xc:blue in.gif
tool convert-im6.q16 in.gif out.webp

seen="GIF:  $(tool identify-im6.q16 -format '%T0 ' in.gif | xargs)
WebP: $(tool webpinfo out.webp | awk '$1 == "Duration:" { print $2 }' | xargs)"
expected="GIF:  100 200 900
WebP: 200 900 550"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
