// How alike thumbnails are to what a patient program makes: node similarity.js DIR MADE [MADE…]
//
// Each MADE holds thumbnails as bench-render --out or sharp-render.js write them, NAME.RECIPE.FORMAT
// for the file NAME in DIR. The reference is the whole file decoded and reduced by Lanczos-3 to the
// thumbnail's size. Prints mean and least SSIM of luma (8 x 8 windows, every 4 pixels) for each
// folder and recipe, and at the end all of it as one JSON object.
'use strict';
const fs = require('fs');
const path = require('path');
const sharp = require('sharp');

sharp.cache(false);
const [dir, ...folders] = process.argv.slice(2);

async function luma(image) {
  const { data, info } = await image.flatten({ background: '#ffffff' }).toColourspace('srgb').raw()
    .toBuffer({ resolveWithObject: true });
  const light = new Float64Array(info.width * info.height);
  for (let i = 0; i < light.length; i += 1) {
    const at = i * info.channels;
    light[i] = info.channels < 3 ? data[at] : 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  }
  return { light, width: info.width, height: info.height };
}

function ssim(one, other) {
  const side = 8;
  const c1 = (0.01 * 255) ** 2;
  const c2 = (0.03 * 255) ** 2;
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + side <= one.height; top += 4) {
    for (let left = 0; left + side <= one.width; left += 4) {
      let a = 0;
      let b = 0;
      let aa = 0;
      let bb = 0;
      let ab = 0;
      for (let y = top; y < top + side; y += 1) {
        for (let x = left; x < left + side; x += 1) {
          const p = one.light[y * one.width + x];
          const q = other.light[y * other.width + x];
          a += p;
          b += q;
          aa += p * p;
          bb += q * q;
          ab += p * q;
        }
      }
      const n = side * side;
      const [meanA, meanB] = [a / n, b / n];
      const [varA, varB] = [aa / n - meanA * meanA, bb / n - meanB * meanB];
      const both = ab / n - meanA * meanB;
      sum += ((2 * meanA * meanB + c1) * (2 * both + c2)) /
        ((meanA * meanA + meanB * meanB + c1) * (varA + varB + c2));
      windows += 1;
    }
  }
  return windows === 0 ? 1 : sum / windows;
}

async function main() {
  const seen = {};
  for (const name of fs.readdirSync(dir).sort()) {
    const file = path.join(dir, name);
    if (!fs.statSync(file).isFile()) continue;
    // Upright and whole, once for all sizes.
    const { data, info } = await sharp(file, { limitInputPixels: false }).rotate().raw()
      .toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: info.channels };
    for (const folder of folders) {
      for (const made of fs.readdirSync(folder)) {
        if (!made.startsWith(`${name}.`)) continue;
        const [recipe, format] = made.slice(name.length + 1).split('.');
        const thumbnail = await luma(sharp(path.join(folder, made)));
        const reference = await luma(sharp(data, { raw, limitInputPixels: false }).resize({
          width: thumbnail.width, height: thumbnail.height, fit: 'fill', kernel: 'lanczos3', fastShrinkOnLoad: false,
        }));
        const key = `${folder} ${recipe} ${format}`;
        (seen[key] = seen[key] || []).push(ssim(thumbnail, reference));
      }
    }
  }
  const means = {};
  for (const key of Object.keys(seen).sort()) {
    const all = seen[key];
    means[key] = all.reduce((a, b) => a + b, 0) / all.length;
    console.log(`${key}: mean ${means[key].toFixed(4)}, least ${Math.min(...all).toFixed(4)}, of ${all.length}`);
  }
  console.log(JSON.stringify({ benchmark: 'similarity', ssim: means }));
}
main();
