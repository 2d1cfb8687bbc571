#include <png.h>

#include <cstring>
#include <vector>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/picture/orientation.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/png_rows.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::size_t kHeaderBytes = 24;  // signature, and IHDR up to the height
constexpr png_alloc_size_t kMaxChunkBytes = png_alloc_size_t{16} << 20;
constexpr png_uint_32 kMaxChunks = 1000;

struct Input {
  std::span<const std::uint8_t> rest;
};

void ReadBytes(png_structp png, png_bytep data, std::size_t size) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (size > input.rest.size()) Refuse(wire::Outcome::kDecodeFailed, "PNG: the file is cut short");
  std::memcpy(data, input.rest.data(), size);
  input.rest = input.rest.subspan(size);
}

[[noreturn]] void OnError(png_structp, png_const_charp message) {
  if (std::strcmp(message, "Out of memory") == 0) RefuseForMemory();
  Refuse(wire::Outcome::kDecodeFailed, "PNG: %s", message);
}

void OnWarning(png_structp, png_const_charp) {}

// libpng has limits of its own, but its message does not say what the image has.
void CheckHeader(std::span<const std::uint8_t> bytes, const wire::Limits& limits) {
  if (bytes.size() < kHeaderBytes) {
    Refuse(wire::Outcome::kDecodeFailed, "PNG: the file is cut short");
  }
  if (std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) return;
  RefuseUnlessWithin(png_get_uint_32(bytes.data() + 16), png_get_uint_32(bytes.data() + 20),
                     limits.max_pixels, limits.max_side_px);
}

// Everything to 8 bits of grey, grey + alpha, RGB or RGB + alpha.
void AskForPlainBytes(png_structp png) {
  png_set_expand(png);
  png_set_scale_16(png);
}

// Whether the rows in the file are the pixels' bytes, one after another: most large files.
bool HasPlainRows(png_structp png, png_infop info) {
  return png_get_bit_depth(png, info) == 8 &&
         png_get_color_type(png, info) != PNG_COLOR_TYPE_PALETTE &&
         png_get_valid(png, info, PNG_INFO_tRNS) == 0 &&
         png_get_interlace_type(png, info) == PNG_INTERLACE_NONE;
}

Picture ReadPlainRows(png_structp png, png_infop info, std::span<const std::uint8_t> chunks,
                      Size size, Size target) {
  const int channels = png_get_channels(png, info);
  PngRows rows(chunks, png_get_rowbytes(png, info), channels, size.height);
  RowShrinker shrinker(size, channels, target);
  for (int y = 0; y < size.height; ++y) shrinker.Add(rows.Next());
  return shrinker.Finish();
}

Picture ReadRows(png_structp png, png_infop info, Size size, Size target) {
  AskForPlainBytes(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const std::size_t stride = png_get_rowbytes(png, info);
  RowShrinker shrinker(size, png_get_channels(png, info), target);
  // An interlaced image has its first row complete only after the last pass.
  const auto rows = static_cast<std::size_t>(passes > 1 ? size.height : 1);
  std::vector<std::uint8_t> buffer(stride * rows);
  for (int pass = 0; pass + 1 < passes; ++pass) {
    for (std::size_t y = 0; y < rows; ++y) png_read_row(png, buffer.data() + y * stride, nullptr);
  }
  for (int y = 0; y < size.height; ++y) {
    std::uint8_t* row = buffer.data() + (rows > 1 ? static_cast<std::size_t>(y) * stride : 0);
    png_read_row(png, row, nullptr);
    shrinker.Add(row);
  }
  return shrinker.Finish();
}

// iCCP, or what gAMA and cHRM say when they say something else than sRGB does.
std::vector<std::uint8_t> Profile(png_structp png, png_infop info) {
  png_charp name = nullptr;
  int compression = 0;
  png_bytep data = nullptr;
  png_uint_32 size = 0;
  if (png_get_iCCP(png, info, &name, &compression, &data, &size) != 0) return {data, data + size};
  int intent = 0;
  double gamma = 0;
  if (png_get_sRGB(png, info, &intent) != 0 || png_get_gAMA(png, info, &gamma) == 0) return {};
  Chromaticities colours = kSrgbChromaticities;
  png_get_cHRM(png, info, &colours.white.x, &colours.white.y, &colours.red.x, &colours.red.y,
               &colours.green.x, &colours.green.y, &colours.blue.x, &colours.blue.y);
  return MakeProfile(colours, gamma, (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0);
}

int Orientation(png_structp png, png_infop info) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(png, info, &size, &exif) == 0) return 1;
  return ReadExifOrientation({exif, size});
}
}  // namespace

Decoded ReadPng(std::span<const std::uint8_t> bytes, const Demand& demand) {
  NoteUse(Library::kPngReader);
  CheckHeader(bytes, demand.limits);
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, OnError, OnWarning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) RefuseForMemory();
  const auto side = static_cast<png_uint_32>(demand.limits.max_side_px);
  png_set_user_limits(png, side, side);
  png_set_chunk_malloc_max(png, kMaxChunkBytes);
  png_set_chunk_cache_max(png, kMaxChunks);
  Input input{bytes};
  png_set_read_fn(png, &input, ReadBytes);
  png_read_info(png, info);
  Decoded decoded;
  decoded.stored = {static_cast<int>(png_get_image_width(png, info)),
                    static_cast<int>(png_get_image_height(png, info))};
  decoded.orientation = Orientation(png, info);
  decoded.profile = Profile(png, info);
  const Size target = demand.For(decoded.stored);
  // libpng has read the first IDAT chunk's length and name.
  const auto chunks = bytes.last(input.rest.size() + 8);
  decoded.picture = HasPlainRows(png, info)
                        ? ReadPlainRows(png, info, chunks, decoded.stored, target)
                        : ReadRows(png, info, decoded.stored, target);
  png_destroy_read_struct(&png, &info, nullptr);
  return decoded;
}

}  // namespace hestia
