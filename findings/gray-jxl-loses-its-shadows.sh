#!/bin/bash
# A gray JPEG XL of 8 bits with a profile of gamma 1.8 is decoded to linear light in 8 bits.
#
# Guess, before it was run: the samples as they were put in, give or take the loss, with that profile; or sRGB's.
# Seen, with libjxl0.7 0.7.0-10+deb12u1 and libvips42 8.14.1-3+deb12u3 (Debian 12): a lossy file's profile is handed
# out for the original only; integers come as linear gray. The darkest 64 shades are left with 22. djxl of
# libjxl-tools does the same as libvips. A lossless file gives the samples back as they were.
#   lossy:    shades 16 32 64 128 become 2 6 21 74, profile Gra_D65_Rel_Lin
#   lossless: shades 16 32 64 128 become 16 32 64 128, profile g18
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

unpack libjxl-tools=0.7.0-10+deb12u1 libjxl0.7=0.7.0-10+deb12u1 libvips-tools=8.14.1-3+deb12u3 \
	libvips42=8.14.1-3+deb12u3

# A gray profile of version 2: description, copyright, white point D50, curve of gamma 1.8 (0x01cd of 256).
perl -e '
	my $white = pack("N3", 0xf6d6, 0x10000, 0xd32d);
	my @tags = (["desc", "desc\0\0\0\0" . pack("N", 4) . "g18\0" . "\0" x 80], ["cprt", "text\0\0\0\0none\0\0\0\0"],
		["wtpt", "XYZ \0\0\0\0$white"], ["kTRC", "curv\0\0\0\0" . pack("Nn", 1, 0x01cd) . "\0\0"]);
	my ($table, $data) = (pack("N", scalar @tags), "");
	for my $tag (@tags) {
		$table .= $tag->[0] . pack("NN", 132 + 12 * @tags + length $data, length $tag->[1]);
		$data .= $tag->[1];
	}
	my $rest = "\0" x 4 . pack("N", 0x02400000) . "mntrGRAYXYZ " . "\0" x 12 . "acsp" . "\0" x 28 . $white;
	my $head = pack("N", 128 + length($table) + length $data) . $rest;
	print $head, "\0" x (128 - length $head), $table, $data;' >g18.icc

tool vips grey ramp.v 256 64 --uchar
tool vips copy ramp.v ramp.pgm
tool cjxl -d 0.1 -x icc_pathname=g18.icc ramp.pgm lossy.jxl 2>/dev/null
tool cjxl -d 0 -x icc_pathname=g18.icc ramp.pgm lossless.jxl 2>/dev/null
describe() {
	local x shades=
	for x in 16 32 64 128; do shades+=$(tool vips getpoint "$1" $x 32); done
	tool vipsheader -f icc-profile-data "$1" | base64 -d >"$1.icc"
	echo "shades 16 32 64 128 become ${shades% }, profile $(tr -d '\0' <"$1.icc" | grep -ao 'Gra_D65_Rel_Lin\|g18')"
}

seen="lossy:    $(describe lossy.jxl)
lossless: $(describe lossless.jxl)"
expected="lossy:    shades 16 32 64 128 become 2 6 21 74, profile Gra_D65_Rel_Lin
lossless: shades 16 32 64 128 become 16 32 64 128, profile g18"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
