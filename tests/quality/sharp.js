// node sharp.js MODULES QUALITY < JSON list of [source, output]: what `make quality` asks of sharp.
const sharp = require(require.resolve('sharp', {paths: [process.argv[2]]}));
const quality = Number(process.argv[3]);
const pairs = JSON.parse(require('fs').readFileSync(0, 'utf8'));

async function run() {
	for (const [source, output] of pairs) {
		const image = sharp(source).rotate().resize(800, 600, {fit: 'inside', withoutEnlargement: true});
		const encoded = output.endsWith('.png') ? image.png()
			: image.jpeg({quality, chromaSubsampling: '4:2:0'});
		await encoded.toFile(output);
	}
}
run().catch(error => {
	console.error(error);
	process.exit(1);
});
