#!/bin/bash
# An AVIF that says its colours are multiplied by alpha is half as bright where it is half transparent.
#
# Guess, before it was run: each reader divides them, as avifdec does, or refuses the file.
# Seen, with libheif1 1.15.1-1+deb12u1, libheif-examples and libvips42 8.14.1-3+deb12u3 (Debian 12): libheif hands the
# colours out as they are stored, and a flag beside them that neither its own heif-convert nor libvips asks for. Both
# give them out for straight ones. avifenc --premultiply of libavif-bin 0.11.1-1+deb12u1 makes such files.
#   in:           200 100 50 128
#   avifdec:      200 100 50 128
#   libvips:      100 50 25 128
#   heif-convert: 100 50 25 128
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

unpack libavif-bin=0.11.1-1+deb12u1 libheif-examples=1.15.1-1+deb12u1 libheif1=1.15.1-1+deb12u1 \
	libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3

tool vips black black.v 64 64 --bands 4
tool vips linear black.v in.v 0 "200 100 50 128" --uchar
tool vips copy in.v in.png --interpretation srgb
tool avifenc --lossless --premultiply in.png in.avif >/dev/null
tool avifdec in.avif avifdec.png >/dev/null
tool heif-convert in.avif heif.png >/dev/null
colour() { tool vips getpoint "$1" 8 8 2>/dev/null | xargs; }

seen="in:           $(colour in.png)
avifdec:      $(colour avifdec.png)
libvips:      $(colour in.avif)
heif-convert: $(colour heif.png)"
expected="in:           200 100 50 128
avifdec:      200 100 50 128
libvips:      100 50 25 128
heif-convert: 100 50 25 128"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
