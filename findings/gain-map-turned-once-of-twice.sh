#!/bin/bash
# A photograph turned twice and made smaller has its gain map turned once: it glows in the wrong place on an HDR screen.
#
# Guess, before it was run: the white corner of the gain map lies over that of the picture, as in the source; or
# keepGainMap() refuses what it cannot do, as it refuses to trim.
# Seen, with sharp 0.35.5 from npm: where the pictures are turned before they are resized, only the last turn is done to
# the gain map, which then has other proportions than the picture; and what EXIF mirrors along a diagonal (5, 7) and is
# then cut out gets the gain map of the opposite corner. One turn alone is right. No message.
#   1: picture 64x32 upper left, gain map 16x8 upper left
#   6, upright, resized: picture 16x32 upper right, gain map 4x8 upper right
#   6, upright, turned, resized: picture 32x16 lower right, gain map 4x8 upper right
#   5, upright, cut: picture 32x64 upper left, gain map 8x16 lower right
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund sharp@0.35.5 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 20.15 or later, and npm to install sharp@0.35.5" >&2
	exit 2
}

cat >try.mjs <<'END'
import sharp from 'sharp';

// Gray, `width` by half of that, with white in the upper left corner.
const cornered = (width) => sharp(Buffer.alloc(width * width / 2).map((_, i) =>
	(i % width < width / 4 && i < width * width / 4 ? 255 : 64)), { raw: { width, height: width / 2, channels: 1 } });

const xmp = (attributes, content) => {
	const text = Buffer.from('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">'
		+ '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
		+ ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
		+ ` ${attributes}>${content}</rdf:Description></rdf:RDF></x:xmpmeta>`);
	return Buffer.concat([Buffer.from([0xff, 0xe1, (text.length + 2) >> 8, (text.length + 2) & 255]), text]);
};

// The segment that says where the second picture is (CIPA DC-007), to stand before `others` bytes of the first.
function pictures(others, second) {
	const segment = Buffer.alloc(90), header = 8, directory = header + 8, entries = 50;
	segment.write('\xff\xe2\0\x58MPF\0II*\0\x08\0\0\0\x03\0', 'latin1');
	[[0xb000, 7, 4, 0x30303130], [0xb001, 4, 1, 2], [0xb002, 7, 32, entries]].forEach(([tag, type, count, value], i) => {
		const at = directory + 2 + 12 * i;
		segment.writeUInt16LE(tag, at);
		segment.writeUInt16LE(type, at + 2);
		segment.writeUInt32LE(count, at + 4);
		segment.writeUInt32LE(value, at + 8);
	});
	const first = 2 + segment.length + others;
	segment.writeUInt32LE(0x30000, header + entries);
	segment.writeUInt32LE(first, header + entries + 4);
	segment.writeUInt32LE(second, header + entries + 20);
	segment.writeUInt32LE(first - 2 - header, header + entries + 24);
	return segment;
}

// A JPEG with a gain map of a quarter of its sides, as Android's Ultra HDR stores it.
async function photograph(orientation) {
	const behindStart = (jpeg, ...segments) => Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
	const map = behindStart(await cornered(16).jpeg({ quality: 100 }).toBuffer(),
		xmp('hdrgm:GainMapMin="0" hdrgm:GainMapMax="2" hdrgm:Gamma="1" hdrgm:OffsetSDR="0.015625"'
			+ ' hdrgm:OffsetHDR="0.015625" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2"'
			+ ' hdrgm:BaseRenditionIsHDR="False"', ''));
	const item = (semantic, more) => '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg"'
		+ ` Item:Semantic="${semantic}"${more}/></rdf:li>`;
	const words = xmp('xmlns:Container="http://ns.google.com/photos/1.0/container/"'
		+ ' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
		`<Container:Directory><rdf:Seq>${item('Primary', '')}${item('GainMap', ` Item:Length="${map.length}"`)}`
		+ '</rdf:Seq></Container:Directory>');
	const base = await cornered(64).toColourspace('srgb').withMetadata({ orientation })
		.jpeg({ quality: 100 }).toBuffer();
	return Buffer.concat([behindStart(base, pictures(words.length + base.length - 2, map.length), words), map]);
}

// Its sides, and which of its corners is the brightest.
async function look(jpeg) {
	const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
	const at = (x, y) => data[info.channels * (y * info.width + x)];
	const right = info.width - 1, bottom = info.height - 1;
	const corners = { 'upper left': at(0, 0), 'upper right': at(right, 0),
		'lower left': at(0, bottom), 'lower right': at(right, bottom) };
	const [[brightest]] = Object.entries(corners).sort((a, b) => b[1] - a[1]);
	return `${info.width}x${info.height} ${brightest}`;
}

async function show(name, orientation, change) {
	const out = await change(sharp(await photograph(orientation)).keepGainMap()).toBuffer();
	const { gainMap } = await sharp(out).metadata();
	console.log(`${name}: picture ${await look(out)}, gain map ${gainMap ? await look(gainMap.image) : 'none'}`);
}
await show('1', 1, (image) => image);
await show('6, upright, resized', 6, (image) => image.autoOrient().resize(16));
await show('6, upright, turned, resized', 6, (image) => image.autoOrient().rotate(90).resize(32));
await show('5, upright, cut', 5, (image) => image.autoOrient().extract({ left: 0, top: 0, width: 32, height: 64 }));
END

seen=$(node try.mjs)
expected="1: picture 64x32 upper left, gain map 16x8 upper left
6, upright, resized: picture 16x32 upper right, gain map 4x8 upper right
6, upright, turned, resized: picture 32x16 lower right, gain map 4x8 upper right
5, upright, cut: picture 32x64 upper left, gain map 8x16 lower right"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
