#!/bin/bash
# A gray picture with a hole, whose file is made smaller without loss, has none when it is read.
#
# Guess, before it was run: transparent stays transparent, whatever the number of bits and whoever reads it.
# Seen, with zopfli 1.0.3-1 and ffmpeg 7:5.1.9-0+deb12u1 (Debian 12): zopflipng makes gray of 2 bits with one
# transparent shade (tRNS) of gray with alpha, rightly. ffmpeg widens the samples to 8 bits, and compares them with the
# shade as it is stored, 255 with 3: of fewer than 8 bits, only black can be transparent. No message.
#   gray with alpha: 0 255, 85 255, 170 255, 255 0
#   by zopflipng:    0 255, 85 255, 170 255, 255 255
#   its depth and colour type: 2 0
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

unpack zopfli=1.0.3-1 ffmpeg=7:5.1.9-0+deb12u1 libavcodec59=7:5.1.9-0+deb12u1 netpbm=2:11.01.00-2

pixels() { # of the lower right corner
	tool ffmpeg -v error -i "$1" -pix_fmt ya8 -f rawvideo - | tail -c 8 | od -An -tu1 -v -w8 |
		awk '{print $1, $2 ",", $3, $4 ",", $5, $6 ",", $7, $8}'
}

# White is what lies behind the holes, and nowhere else.
{
	printf 'P7\nWIDTH 32\nHEIGHT 32\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n'
	for _ in {1..256}; do printf '\x00\xff\x55\xff\xaa\xff\xff\x00'; done
} >in.pam
tool pamtopng in.pam >in.png
tool zopflipng -y in.png small.png >zopflipng.log

seen="gray with alpha: $(pixels in.png)
by zopflipng:    $(pixels small.png)
its depth and colour type: $(od -An -tu1 -j 24 -N 2 small.png | xargs)"
expected="gray with alpha: 0 255, 85 255, 170 255, 255 0
by zopflipng:    0 255, 85 255, 170 255, 255 255
its depth and colour type: 2 0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
