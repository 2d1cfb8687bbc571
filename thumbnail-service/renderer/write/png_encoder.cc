#include <png.h>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/frame.h"
#include "thumbnail-service/renderer/picture/interleave.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {
namespace {
void Append(png_structp png, png_bytep data, std::size_t size) {
  auto& bytes = *static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
  bytes.insert(bytes.end(), data, data + size);
}

void NothingToFlush(png_structp) {}

[[noreturn]] void OnError(png_structp, png_const_charp message) {
  Refuse(wire::Outcome::kDecodeFailed, "PNG encoder: %s", message);
}

void OnWarning(png_structp, png_const_charp) {}

std::vector<std::uint8_t> GreyBytes(const Picture& picture) {
  std::vector<std::uint8_t> bytes;
  for (int y = 0; y < picture.height(); ++y) {
    bytes.insert(bytes.end(), picture.planes[0].Row(y), picture.planes[0].Row(y) + picture.width());
  }
  return bytes;
}

struct Samples {
  int colour_type = PNG_COLOR_TYPE_RGB;
  std::vector<std::uint8_t> bytes;
};

Samples SamplesOf(const Picture& picture) {
  if (picture.colour == Colour::kGrey) return {PNG_COLOR_TYPE_GRAY, GreyBytes(picture)};
  if (picture.alpha.has_value()) return {PNG_COLOR_TYPE_RGB_ALPHA, ToStraightRgba(picture)};
  if (picture.colour == Colour::kRgb) return {PNG_COLOR_TYPE_RGB, ToRgbOnWhite(picture)};
  return {PNG_COLOR_TYPE_RGB, ToRgbOnWhite(ToRgb(picture))};
}

// zlib's levels, quickest to smallest.
int Level(int effort) { return 1 + effort * 8 / 6; }
}  // namespace

std::vector<std::uint8_t> EncodePng(const Picture& picture, int effort) {
  NoteUse(Library::kPngWriter);
  std::vector<std::uint8_t> encoded;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, OnError, OnWarning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) RefuseForMemory();
  png_set_write_fn(png, &encoded, Append, NothingToFlush);
  png_set_compression_level(png, Level(effort));
  Samples samples = SamplesOf(picture);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width()),
               static_cast<png_uint_32>(picture.height()), 8, samples.colour_type,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB(png, info, PNG_sRGB_INTENT_RELATIVE);
  png_write_info(png, info);
  const std::size_t stride = samples.bytes.size() / static_cast<std::size_t>(picture.height());
  for (int y = 0; y < picture.height(); ++y) {
    png_write_row(png, samples.bytes.data() + static_cast<std::size_t>(y) * stride);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return encoded;
}

}  // namespace hestia
