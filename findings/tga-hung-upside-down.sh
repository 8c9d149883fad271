#!/bin/bash
# The usual kind of TGA, stored from the bottom row up, becomes a PNG that stands on its head.
#
# Guess, before it was run: the first row of the PNG is the upper one, red. That is how a TGA of that kind is meant, and
# GraphicsMagick and ffmpeg show it so.
# Seen, with ImageMagick 8:6.9.11.60+dfsg-1.6+deb12u15 (Debian 12): rows stay in the order of the file, and the PNG,
# which can't tell an orientation, says nothing of it. With -auto-orient it is upright.
#   convert:              blue
#   convert -auto-orient: red
#   gm convert:           red
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
	graphicsmagick=1.4+really1.3.40-4+deb12u1 libvips-tools=8.14.1-3+deb12u3
export MAGICK_CONFIGURE_PATH=$work/system/etc/ImageMagick-6:$work/system/etc/GraphicsMagick

# 2x2 pixels, blue below red
perl -e '
	print pack("C3x9vvCC", 0, 0, 2, 2, 2, 24, 0), (pack("C3", 255, 0, 0) x 2) . (pack("C3", 0, 0, 255) x 2);' >in.tga
tool convert-im6.q16 in.tga convert.png
tool convert-im6.q16 in.tga -auto-orient turned.png
tool gm convert in.tga gm.png
top() { tool vips getpoint "$1" 0 0 | awk '{ print ($1 > $3 ? "red" : "blue") }'; }

seen="convert:              $(top convert.png)
convert -auto-orient: $(top turned.png)
gm convert:           $(top gm.png)"
expected="convert:              blue
convert -auto-orient: red
gm convert:           red"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
