// sharp, as its documentation would have it used for a batch: a few pictures at a time, one libvips
// thread each. node sharp.mjs WORKERS SOURCE OUTPUT FORMAT QUALITY WIDTHxHEIGHT[,WIDTH...]
import { mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, parse } from "node:path";

const [workers, source, output, format, quality, sizes] = process.argv.slice(2);
process.env.UV_THREADPOOL_SIZE = workers;
const require = createRequire(join(process.env.SHARP_ROOT, "package.json"));
const sharp = require("sharp");

sharp.concurrency(1);
sharp.cache(false);
mkdirSync(output, { recursive: true });

const encoders = {
  jpeg: (picture) => picture.jpeg({ quality: Number(quality), chromaSubsampling: "4:2:0" }),
  png: (picture) => picture.png(),
  webp: (picture) => picture.webp({ quality: Number(quality) }),
};
const extension = { jpeg: ".jpg", png: ".png", webp: ".webp" }[format];
const boxes = sizes.split(",").map((size) => {
  const [width, height] = size.split("x").map(Number);
  return { width, height, fit: "inside", withoutEnlargement: true };
});

async function work(name) {
  const stem = parse(name).name;
  const picture = sharp(join(source, name), { sequentialRead: true }).rotate();
  if (boxes.length === 1) {
    await encoders[format](picture.resize(boxes[0])).toFile(join(output, stem + extension));
    return;
  }
  await Promise.all(boxes.map((box) =>
    encoders[format](picture.clone().resize(box)).toFile(join(output, `${stem}-${box.width}${extension}`))));
}

const names = readdirSync(source).sort();
await Promise.all(Array.from({ length: Number(workers) }, async () => {
  for (let name = names.shift(); name; name = names.shift()) await work(name);
}));
