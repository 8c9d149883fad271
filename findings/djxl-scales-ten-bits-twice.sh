#!/bin/bash
# A JPEG XL of 10 bits comes back as a PNG of other values, without a lossy step.
#
# Guess, before it was run: a lossless way there and back gives the same samples.
# Seen, with libjxl-tools 0.7.0-10+deb12u1 (Debian 12): a PNG of 16 bits whose sBIT says 10 becomes a lossless JPEG XL
# of 10 bits, with the right samples: djxl --bits_per_sample=16 shows them. Without that option djxl scales samples of
# 16 bits from 10 to 16 once more, and what is over 65535 goes round.
#   PNG in:             0 4100 28700 61499
#   djxl, 16 bits told: 0 4100 28700 61499
#   djxl:               0 509 3560 7564
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

unpack libjxl-tools=0.7.0-10+deb12u1 libjxl0.7=0.7.0-10+deb12u1 netpbm=2:11.01.00-2 libvips-tools=8.14.1-3+deb12u3

# Sixteen rows of 0, 64, 128 ... 960 out of 1023. pnmtopng makes 16 bits of them and says sBIT 10.
perl -e 'print "P5 16 16 1023\n", pack("n16", map { $_ * 64 } 0 .. 15) x 16' >ten.pgm
tool pnmtopng -quiet ten.pgm >in.png
tool cjxl -d 0 in.png ten.jxl 2>/dev/null
tool djxl ten.jxl told.png --bits_per_sample=16 2>/dev/null
tool djxl ten.jxl out.png 2>/dev/null
samples() { for x in 0 1 7 15; do tool vips getpoint "$1" $x 0; done | xargs; }

seen="PNG in:             $(samples in.png)
djxl, 16 bits told: $(samples told.png)
djxl:               $(samples out.png)"
expected="PNG in:             0 4100 28700 61499
djxl, 16 bits told: 0 4100 28700 61499
djxl:               0 509 3560 7564"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
