// What an application with sharp does: node sharp-render.js MODE WORKERS FORMAT QUALITY EFFORT SIZES DIR
// [REPEAT [OUT]]
//
// MODE pipelines: one pipeline per size, each decoding the file. MODE cascade: the largest size is
// decoded once and kept raw, every next made from the one before. Prints files/s and the process's
// peak memory as one JSON object.
'use strict';
const fs = require('fs');
const path = require('path');
const sharp = require('sharp');

const [mode, workers, format, quality, effort, sizes, dir, repeat, out] = process.argv.slice(2);
const boxes = sizes.split(',').map(Number).sort((a, b) => b - a);
sharp.concurrency(1);
sharp.cache(false);

function encode(image) {
  return format === 'jpeg'
    ? image.jpeg({ quality: Number(quality), optimiseCoding: true })
    : image.webp({ quality: Number(quality), effort: Number(effort) });
}

const fit = (box) => ({ width: box, height: box, fit: 'inside', withoutEnlargement: true });

async function pipelines(file) {
  const images = [];
  for (const box of boxes) images.push(await encode(sharp(file).rotate().resize(fit(box))).toBuffer());
  return images;
}

async function cascade(file) {
  const images = [];
  let source = sharp(file).rotate();
  for (const box of boxes) {
    const { data, info } = await source.resize(fit(box)).raw().toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: info.channels };
    images.push(await encode(sharp(data, { raw })).toBuffer());
    source = sharp(data, { raw });
  }
  return images;
}

async function main() {
  const once = fs.readdirSync(dir).filter((n) => fs.statSync(path.join(dir, n)).isFile()).sort();
  const files = Array.from({ length: Number(repeat || 1) }, () => once).flat();
  const render = mode === 'cascade' ? cascade : pipelines;
  let next = 0;
  let ok = 0;
  async function work() {
    while (next < files.length) {
      const name = files[next++];
      try {
        // A file is read once by the other side, too.
        const images = await render(fs.readFileSync(path.join(dir, name)));
        ok += 1;
        if (out) boxes.forEach((box, i) => fs.writeFileSync(path.join(out, `${name}.r${box}.${format}`), images[i]));
      } catch (error) {
        process.stderr.write(`${name}: ${error.message}\n`);
      }
    }
  }
  const begin = process.hrtime.bigint();
  await Promise.all(Array.from({ length: Number(workers) }, work));
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  console.log(JSON.stringify({
    files: files.length, ok, seconds, files_per_second: ok / seconds,
    peak_rss_kib: process.resourceUsage().maxRSS,
  }));
}
main();
