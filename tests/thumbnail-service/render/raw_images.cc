#include "tests/thumbnail-service/render/raw_images.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hestia {
namespace {
void Put(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

constexpr unsigned kByte = 1;
constexpr unsigned kAscii = 2;
constexpr unsigned kShort = 3;
constexpr unsigned kLong = 4;
constexpr unsigned kRational = 5;
constexpr unsigned kSigned = 10;

// One directory of a TIFF file that begins at `at`: entries in order, then what does not fit them.
class Directory {
 public:
  Directory(std::size_t at, std::size_t entries) : data_at_(at + 2 + entries * 12 + 4) {
    Put(entries_, static_cast<std::uint32_t>(entries), 2);
  }
  void Add(unsigned tag, unsigned type, std::uint32_t count, std::string value) {
    Put(entries_, tag, 2);
    Put(entries_, type, 2);
    Put(entries_, count, 4);
    if (value.size() > 4) {
      Put(entries_, static_cast<std::uint32_t>(data_at_ + data_.size()), 4);
      data_ += value;
    } else {
      value.resize(4, '\0');
      entries_ += value;
    }
  }
  void Add(unsigned tag, unsigned type, std::uint32_t value) {
    std::string bytes;
    Put(bytes, value, type == kShort ? 2 : 4);
    Add(tag, type, 1, bytes);
  }
  void AddText(unsigned tag, const std::string& text) {
    Add(tag, kAscii, static_cast<std::uint32_t>(text.size()) + 1, text + '\0');
  }
  void AddRatios(unsigned tag, unsigned type, const std::vector<double>& values) {
    std::string bytes;
    for (const double value : values) {
      Put(bytes, static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(value * 10'000))), 4);
      Put(bytes, 10'000, 4);
    }
    Add(tag, type, static_cast<std::uint32_t>(values.size()), bytes);
  }
  std::string bytes() const { return entries_ + std::string(4, '\0') + data_; }

 private:
  std::string entries_;
  const std::size_t data_at_;
  std::string data_;
};

// What each photosite sees through its filter: red, green above green, blue.
std::string Mosaic(const Pixels& pixels) {
  std::string sites;
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      const Rgba& colour = pixels.At(x, y);
      const int seen = y % 2 == 0 ? (x % 2 == 0 ? colour.red : colour.green)
                                  : (x % 2 == 0 ? colour.green : colour.blue);
      Put(sites, static_cast<std::uint32_t>(std::lround(std::pow(seen / 255.0, 2.2) * 65'535)), 2);
    }
  }
  return sites;
}
}  // namespace

std::string MakeDng(const Pixels& pixels, const DngOptions& options) {
  const bool preview = !options.preview.empty();
  const std::string sites = Mosaic(pixels);
  std::string file("II*\0\x08\0\0\0", 8);
  // Everything lies behind both directories, which have their place here.
  constexpr std::size_t kPhotoAt = 8;
  constexpr std::size_t kPreviewAt = 1024;
  constexpr std::size_t kDataAt = 2048;
  Directory photo(kPhotoAt, preview ? 22 : 21);
  photo.Add(254, kLong, 0);
  photo.Add(256, kLong, static_cast<std::uint32_t>(pixels.width));
  photo.Add(257, kLong, static_cast<std::uint32_t>(pixels.height));
  photo.Add(258, kShort, 16);
  photo.Add(259, kShort, 1);
  photo.Add(262, kShort, 32803);  // a colour filter array
  photo.AddText(271, "Hestia");
  photo.AddText(272, "Hearth");
  photo.Add(273, kLong, kDataAt);
  photo.Add(274, kShort, static_cast<std::uint32_t>(options.orientation));
  photo.Add(277, kShort, 1);
  photo.Add(278, kLong, static_cast<std::uint32_t>(pixels.height));
  photo.Add(279, kLong, static_cast<std::uint32_t>(sites.size()));
  if (preview) photo.Add(330, kLong, kPreviewAt);
  photo.Add(33421, kShort, 2, std::string("\2\0\2\0", 4));
  photo.Add(33422, kByte, 4, std::string("\0\1\1\2", 4));
  photo.Add(50706, kByte, 4, std::string("\1\4\0\0", 4));
  photo.AddText(50708, "Hestia Hearth");
  photo.Add(50717, kLong, 65'535);
  photo.AddRatios(50721, kSigned,
                  {3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570});
  photo.AddRatios(50728, kRational, {1, 1, 1});
  photo.Add(50778, kShort, 21);  // D65
  file += photo.bytes();
  file.resize(kPreviewAt, '\0');
  if (preview) {
    Directory small(kPreviewAt, 10);
    small.Add(254, kLong, 1);
    small.Add(256, kLong, static_cast<std::uint32_t>(options.preview_width));
    small.Add(257, kLong, static_cast<std::uint32_t>(options.preview_height));
    small.Add(258, kShort, 3, std::string("\x08\0\x08\0\x08\0", 6));
    small.Add(259, kShort, 7);  // JPEG
    small.Add(262, kShort, 6);  // YCbCr
    small.Add(273, kLong, static_cast<std::uint32_t>(kDataAt + sites.size()));
    small.Add(277, kShort, 3);
    small.Add(278, kLong, static_cast<std::uint32_t>(options.preview_height));
    small.Add(279, kLong, static_cast<std::uint32_t>(options.preview.size()));
    file += small.bytes();
  }
  file.resize(kDataAt, '\0');
  return file + sites + options.preview;
}

}  // namespace hestia
