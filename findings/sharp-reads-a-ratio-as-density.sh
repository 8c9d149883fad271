#!/bin/bash
# A PNG that says no more than "square pixels" is read as one of 7620 pixels per inch.
#
# Guess, before it was run: no density, as pHYs with the unit 0 gives the shape of a pixel only; or 72.
# Seen, with sharp 0.33.5 from npm: the numbers are taken for pixels per millimetre. 300 by 300 is read as 7620 pixels
# per inch, and is written with that unit from then on, here into JPEG's EXIF: printed, 3000 pixels are 1 cm wide.
#   PNG, pHYs 300 300 unit 0: density 7620
#   JPEG made of it:          density 7620
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund sharp@0.33.5 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install sharp@0.33.5" >&2
	exit 2
}

cat >try.js <<'END'
const sharp = require('sharp');

// A chunk pHYs and its sum, put behind the header's, which end at byte 33.
const phys = Buffer.from('00000009' + '70485973' + '0000012c0000012c00', 'hex');
const sum = Buffer.alloc(4);
let crc = ~0;
for (const byte of phys.subarray(4)) {
	crc ^= byte;
	for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
}
sum.writeUInt32BE(~crc >>> 0);

(async () => {
	const plain = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } }).png().toBuffer();
	const png = Buffer.concat([plain.subarray(0, 33), phys, sum, plain.subarray(33)]);
	const jpeg = await sharp(png).keepMetadata().jpeg().toBuffer();
	console.log('PNG, pHYs 300 300 unit 0: density', (await sharp(png).metadata()).density);
	console.log('JPEG made of it:          density', (await sharp(jpeg).metadata()).density);
})();
END

seen=$(node try.js)
expected="PNG, pHYs 300 300 unit 0: density 7620
JPEG made of it:          density 7620"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
