#include "tests/thumbnail-service/render/oiio_images.h"

#include <unistd.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <OpenImageIO/imageio.h>

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}

OIIO::ImageSpec SpecFor(const Pixels& pixels, const OiioOptions& options) {
  OIIO::ImageSpec spec(pixels.width, pixels.height, 3,
                       options.floats ? OIIO::TypeDesc::FLOAT : OIIO::TypeDesc::UINT8);
  if (options.tiled) spec.tile_width = spec.tile_height = 64;
  if (options.planar) spec.attribute("planarconfig", "separate");
  if (!options.compression.empty()) spec.attribute("compression", options.compression);
  if (!options.profile.empty()) {
    spec.attribute("ICCProfile",
                   OIIO::TypeDesc(OIIO::TypeDesc::UINT8, static_cast<int>(options.profile.size())),
                   options.profile.data());
  }
  return spec;
}

std::vector<float> Samples(const Pixels& pixels, float scale) {
  std::vector<float> samples;
  for (const Rgba& colour : pixels.colours) {
    for (const int value : {colour.red, colour.green, colour.blue}) {
      samples.push_back(static_cast<float>(value) / 255.0F * scale);
    }
  }
  return samples;
}

void Put16(std::string& bytes, unsigned value) {
  bytes.push_back(static_cast<char>(value & 0xff));
  bytes.push_back(static_cast<char>(value >> 8 & 0xff));
}

void Put32(std::string& bytes, unsigned value) {
  Put16(bytes, value & 0xffff);
  Put16(bytes, value >> 16);
}

struct Entry {
  unsigned tag;
  unsigned type;
  unsigned count;
  unsigned value;
};
}  // namespace

std::string MakeByOiio(const std::string& extension, const Pixels& pixels,
                       const OiioOptions& options) {
  std::string folder = std::filesystem::temp_directory_path() / "hestia-oiio-XXXXXX";
  Require(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/image." + extension;
  const std::unique_ptr<OIIO::ImageOutput> output = OIIO::ImageOutput::create(path);
  Require(output != nullptr);
  const OIIO::ImageSpec spec = SpecFor(pixels, options);
  Require(output->open(path, spec));
  Require(output->write_image(OIIO::TypeDesc::FLOAT, Samples(pixels, options.scale).data()));
  for (const Pixels& page : options.later) {
    Require(output->open(path, spec, OIIO::ImageOutput::AppendSubimage));
    Require(output->write_image(OIIO::TypeDesc::FLOAT, Samples(page, options.scale).data()));
  }
  Require(output->close());
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove_all(folder);
  return bytes;
}

std::string MakeRawTiff(int width, int height, int photometric, const std::vector<int>& samples,
                        int bits, const std::string& profile) {
  const auto channels = static_cast<unsigned>(samples.size());
  const auto w = static_cast<unsigned>(width);
  const auto h = static_cast<unsigned>(height);
  const unsigned data_bytes = w * h * channels * static_cast<unsigned>(bits) / 8;
  const bool floats = bits == 32;
  const unsigned entries = 10U + (floats ? 1 : 0) + (profile.empty() ? 0 : 1);
  const unsigned depths = 8 + 2 + 12 * entries + 4;
  const unsigned kinds = depths + 2 * channels;
  const unsigned data = kinds + (floats ? 2 * channels : 0);
  std::vector<Entry> tags{{256, 4, 1, w},
                          {257, 4, 1, h},
                          {258, 3, channels, depths},
                          {259, 3, 1, 1},
                          {262, 3, 1, static_cast<unsigned>(photometric)},
                          {273, 4, 1, data},
                          {277, 3, 1, channels},
                          {278, 4, 1, h},
                          {279, 4, 1, data_bytes},
                          {284, 3, 1, 1}};
  const auto profile_bytes = static_cast<unsigned>(profile.size());
  if (floats) tags.push_back({339, 3, channels, kinds});
  if (!profile.empty()) tags.push_back({34675, 7, profile_bytes, data + data_bytes});
  std::string bytes("II*\0\x08\0\0\0", 8);
  Put16(bytes, entries);
  for (const Entry& tag : tags) {
    Put16(bytes, tag.tag);
    Put16(bytes, tag.type);
    Put32(bytes, tag.count);
    Put32(bytes, tag.value);
  }
  Put32(bytes, 0);
  for (unsigned i = 0; i < channels; ++i) Put16(bytes, static_cast<unsigned>(bits));
  constexpr unsigned kFloatingPoint = 3;
  for (unsigned i = 0; floats && i < channels; ++i) Put16(bytes, kFloatingPoint);
  for (unsigned i = 0; i < w * h; ++i) {
    for (const int sample : samples) {
      if (floats) {
        Put32(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(sample) / 255));
      } else if (bits == 16) {
        Put16(bytes, static_cast<unsigned>(sample));
      } else {
        bytes.push_back(static_cast<char>(sample));
      }
    }
  }
  return bytes + profile;
}

}  // namespace hestia
