// Camera-sized sources out of Debian's wallpapers: node make-sources.js OUT
//
// Writes folders for compare-render.sh: OUT/jpeg (the wallpapers of 2,560 pixels and more, those that are PNG
// as JPEG of quality 90, and three enlarged to 28 megapixels with a camera's noise), OUT/baseline
// (the same pictures, all baseline), OUT/progressive, OUT/png, OUT/webp (lossy, quality 80) and OUT/webp-lossless.
'use strict';
const fs = require('fs');
const path = require('path');
const sharp = require('sharp');

const wallpapers = '/usr/share/wallpapers';
const out = process.argv[2];
const folder = (name) => {
  fs.mkdirSync(path.join(out, name), { recursive: true });
  return path.join(out, name);
};
const without = (file) => path.parse(file).name;

async function enlarged(file) {
  const [width, height] = [7056, 3969];
  const noise = { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 8 } };
  return sharp(file).resize({ width, height, fit: 'fill' }).removeAlpha()
    .composite([{ input: await sharp({ create: noise }).png({ compressionLevel: 1 }).toBuffer(), blend: 'overlay' }])
    .jpeg({ quality: 92 }).toBuffer();
}

async function main() {
  const jpeg = folder('jpeg');
  const png = folder('png');
  for (const name of fs.readdirSync(wallpapers).sort()) {
    const images = path.join(wallpapers, name, 'contents/images');
    if (!fs.existsSync(images)) continue;
    for (const file of fs.readdirSync(images)) {
      const source = path.join(images, file);
      const { width, format } = await sharp(source).metadata();
      if (width < 2560) continue;
      const target = path.join(jpeg, `${name}-${width}.jpg`);
      if (format === 'jpeg') fs.copyFileSync(source, target);
      if (format !== 'png') continue;
      fs.copyFileSync(source, path.join(png, `${name}-${width}.png`));
      await sharp(source).flatten({ background: '#ffffff' }).jpeg({ quality: 90 }).toFile(target);
    }
  }
  for (const name of ['Flow', 'SafeLanding', 'Volna']) {
    fs.writeFileSync(path.join(jpeg, `${name}-7056.jpg`), await enlarged(path.join(jpeg, `${name}-5120.jpg`)));
  }
  for (const file of fs.readdirSync(jpeg)) {
    const source = path.join(jpeg, file);
    const { width, isProgressive } = await sharp(source).metadata();
    const again = sharp(source);
    const baseline = path.join(folder('baseline'), file);
    if (isProgressive) await again.clone().jpeg({ quality: 90 }).toFile(baseline);
    else fs.copyFileSync(source, baseline);
    await again.clone().jpeg({ quality: 90, progressive: true }).toFile(path.join(folder('progressive'), file));
    if (width < 3840) continue;
    await again.clone().webp({ quality: 80 }).toFile(path.join(folder('webp'), `${without(file)}.webp`));
    if (width !== 5120) continue;
    await again.clone().webp({ lossless: true, effort: 1 }).toFile(path.join(folder('webp-lossless'), `${without(file)}.webp`));
  }
}
main();
