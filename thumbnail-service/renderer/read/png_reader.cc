#include <png.h>

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <csetjmp>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/picture/orientation.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/png_rows.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::size_t kHeaderBytes = 26;  // signature, and IHDR up to the colour type
constexpr png_uint_32 kMaxChunks = 1000;

// So much compressed data is lost at most where a damaged file ends.
constexpr std::size_t kReadBytes = 256;

struct Input {
  std::span<const std::uint8_t> rest;
  bool tolerant = false;  // damage ends the rows rather than all
  bool in_row = false;    // ReadRow is there to come back to
  std::string damage;
};

void ReadBytes(png_structp png, png_bytep data, std::size_t size) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (size > input.rest.size()) png_error(png, "the file is cut short");
  std::memcpy(data, input.rest.data(), size);
  input.rest = input.rest.subspan(size);
}

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  if (std::strcmp(message, "Out of memory") == 0) RefuseForMemory();
  auto& input = *static_cast<Input*>(png_get_error_ptr(png));
  if (!input.tolerant || !input.in_row) Refuse(wire::Outcome::kDecodeFailed, "PNG: %s", message);
  if (input.damage.empty()) input.damage = std::string("PNG: ") + message;
  png_longjmp(png, 1);
}

void OnWarning(png_structp png, png_const_charp message) {
  auto& input = *static_cast<Input*>(png_get_error_ptr(png));
  const bool about_pixels = std::strncmp(message, "IDAT", 4) == 0;
  if (input.tolerant && about_pixels && input.damage.empty()) {
    input.damage = std::string("PNG: ") + message;
  }
}

// Into one of the rows, which libpng completes from what is there already where only some of its
// pixels are in this pass. False when damage ended it; libpng comes back by a jump then, so nothing
// may need a destructor here.
bool ReadRow(png_structp png, png_bytep row) {
  static_cast<Input*>(png_get_error_ptr(png))->in_row = true;
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_row(png, nullptr, row);
  return true;
}

std::uint64_t ChannelsOf(int colour_type) {
  const bool many =
      (colour_type & (PNG_COLOR_MASK_COLOR | PNG_COLOR_MASK_PALETTE)) == PNG_COLOR_MASK_COLOR;
  return (many ? 3U : 1U) + ((colour_type & PNG_COLOR_MASK_ALPHA) != 0 ? 1U : 0U);
}

// Shows `see` the chunks that stand ahead of the pixels: name, size, and the bytes from its own on.
template <typename See>
void ForEachChunkAhead(std::span<const std::uint8_t> bytes, See see) {
  for (std::size_t at = 8; at + 8 <= bytes.size();) {
    const std::size_t size = png_get_uint_32(bytes.data() + at);
    const char* const name = reinterpret_cast<const char*>(bytes.data()) + at + 4;
    if (std::memcmp(name, "IDAT", 4) == 0) return;
    see(std::string_view(name, 4), size, bytes.subspan(at + 8));
    at += 12 + size;
  }
}

// An animation tells them ahead of its pixels, which are those of a picture to who knows nothing of it.
std::uint64_t CountFrames(std::span<const std::uint8_t> bytes) {
  std::uint64_t frames = 1;
  ForEachChunkAhead(bytes, [&](std::string_view name, std::size_t size,
                               std::span<const std::uint8_t> data) {
    if (name == "acTL" && size >= 4 && data.size() >= 4) {
      frames = std::max<std::uint64_t>(png_get_uint_32(data.data()), 1);
    }
  });
  return frames;
}

// libpng has limits of its own, but its message does not say what the image has.
void CheckHeader(std::span<const std::uint8_t> bytes, const Demand& demand) {
  if (bytes.size() < kHeaderBytes) {
    Refuse(wire::Outcome::kDecodeFailed, "PNG: the file is cut short");
  }
  if (std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) return;
  demand.Admit({.width_px = png_get_uint_32(bytes.data() + 16),
                .height_px = png_get_uint_32(bytes.data() + 20),
                .channels = ChannelsOf(bytes[25]),
                .frames = CountFrames(bytes)});
}

// The chunks before the pixels. libpng passes some over that are larger than it may unpack, and
// reads others.
void RefuseLargeChunks(std::span<const std::uint8_t> bytes, std::uint64_t most) {
  ForEachChunkAhead(bytes, [&](std::string_view, std::uint64_t size, std::span<const std::uint8_t>) {
    if (size <= most) return;
    Refuse(wire::Outcome::kTooLarge,
           "PNG: a chunk has %" PRIu64 " bytes; %" PRIu64 " are allowed", size, most);
  });
}

// Everything to grey, grey + alpha, RGB or RGB + alpha, of 8 bits or of 16 in this machine's order.
void AskForPlainSamples(png_structp png, bool words) {
  png_set_expand(png);
  if (!words) png_set_scale_16(png);
  if (words && std::endian::native == std::endian::little) png_set_swap(png);
}

// None where nothing is lost by cutting the samples to 8 bits first.
std::optional<SrgbConversion> ConversionOfWords(png_structp png, png_infop info,
                                                std::span<const std::uint8_t> profile) {
  if (png_get_bit_depth(png, info) != 16) return std::nullopt;
  const bool grey = (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0;
  return SrgbConversion::ForWords(grey ? Colour::kGrey : Colour::kRgb, profile);
}

// Whether the rows in the file are the pixels' bytes, one after another: most large files.
bool HasPlainRows(png_structp png, png_infop info) {
  return png_get_bit_depth(png, info) == 8 &&
         png_get_color_type(png, info) != PNG_COLOR_TYPE_PALETTE &&
         png_get_valid(png, info, PNG_INFO_tRNS) == 0 &&
         png_get_interlace_type(png, info) == PNG_INTERLACE_NONE;
}

// What is shown where a damaged file has no pixels.
template <typename Sample>
std::vector<Sample> MissingRow(std::size_t samples, int channels) {
  constexpr int kGrey = sizeof(Sample) == 1 ? kMissingGrey : kMissingGrey * 257;
  const bool alpha = channels == 2 || channels == 4;
  return std::vector<Sample>(samples, static_cast<Sample>(alpha ? 0 : kGrey));
}

[[noreturn]] void RefuseDamaged(const std::string& damage) {
  Refuse(wire::Outcome::kDecodeFailed, "%s", damage.c_str());
}

Picture ReadPlainRows(png_structp png, png_infop info, std::span<const std::uint8_t> chunks,
                      Size size, Size target, Input& input) {
  const int channels = png_get_channels(png, info);
  const std::size_t row_bytes = png_get_rowbytes(png, info);
  PngRows rows(chunks, row_bytes, channels, size.height,
               input.tolerant ? PngRows::OnDamage::kEnd : PngRows::OnDamage::kRefuse);
  RowShrinker shrinker(size, channels, target);
  int y = 0;
  for (const std::uint8_t* row = nullptr; y < size.height && (row = rows.Next()) != nullptr; ++y) {
    shrinker.Add(row);
  }
  input.damage = rows.damage();
  if (y == 0) RefuseDamaged(input.damage);
  const auto missing = MissingRow<std::uint8_t>(row_bytes, channels);
  for (; y < size.height; ++y) shrinker.Add(missing.data());
  return shrinker.Finish();
}

// After png_read_update_info.
template <typename Sample, typename Shrinker>
Picture ReadRows(png_structp png, int channels, int passes, Size size, Shrinker shrinker,
                 Input& input) {
  const std::size_t stride =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
  const std::vector<Sample> missing = MissingRow<Sample>(stride, channels);
  // An interlaced image has its first row complete only after the last pass.
  const auto rows = static_cast<std::size_t>(passes > 1 ? size.height : 1);
  std::vector<Sample> buffer;
  for (std::size_t y = 0; y < rows; ++y)
    buffer.insert(buffer.end(), missing.begin(), missing.end());
  const auto read = [&](Sample* row) { return ReadRow(png, reinterpret_cast<png_bytep>(row)); };
  bool whole = true;
  bool any = false;
  for (int pass = 0; pass + 1 < passes; ++pass) {
    for (std::size_t y = 0; y < rows && whole; ++y) {
      whole = read(buffer.data() + y * stride);
      any = any || whole;
    }
  }
  for (int y = 0; y < size.height; ++y) {
    Sample* row = buffer.data() + (rows > 1 ? static_cast<std::size_t>(y) * stride : 0);
    whole = whole && read(row);
    any = any || whole;
    if (!any) RefuseDamaged(input.damage);
    shrinker.Add(whole || rows > 1 ? row : missing.data());
  }
  return shrinker.Finish();
}

Picture ReadPackedRows(png_structp png, png_infop info, Size size, Size target,
                       std::optional<SrgbConversion> conversion, Input& input) {
  AskForPlainSamples(png, conversion.has_value());
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const int channels = png_get_channels(png, info);
  if (!conversion.has_value()) {
    return ReadRows<std::uint8_t>(png, channels, passes, size, RowShrinker(size, channels, target),
                                  input);
  }
  return ReadRows<std::uint16_t>(
      png, channels, passes, size,
      DeepShrinker(size, channels, target, DeepShrinker::Alpha::kStraight, *std::move(conversion)),
      input);
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

int Orientation(png_structp png, png_infop info, const Demand& demand) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(png, info, &size, &exif) == 0) return 1;
  return demand.OrientationIn({exif, size});
}
}  // namespace

Decoded ReadPng(std::span<const std::uint8_t> bytes, const Demand& demand) {
  NoteUse(Library::kPngReader);
  CheckHeader(bytes, demand);
  RefuseLargeChunks(bytes, demand.limits.max_chunk_bytes);
  Input input;
  input.rest = bytes;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, OnError, OnWarning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) RefuseForMemory();
  const auto side = static_cast<png_uint_32>(demand.limits.max_side_px);
  png_set_user_limits(png, side, side);
  png_set_chunk_malloc_max(png, demand.limits.max_chunk_bytes);
  png_set_chunk_cache_max(png, kMaxChunks);
  png_set_read_fn(png, &input, ReadBytes);
  png_read_info(png, info);
  Decoded decoded;
  decoded.stored = {static_cast<int>(png_get_image_width(png, info)),
                    static_cast<int>(png_get_image_height(png, info))};
  decoded.orientation = Orientation(png, info, demand);
  decoded.profile = demand.Allowed(Profile(png, info));
  const Size target = demand.For(decoded.stored);
  // libpng has read the first IDAT chunk's length and name.
  const auto chunks = bytes.last(input.rest.size() + 8);
  if (demand.limits.render_damaged != 0) {
    input.tolerant = true;
    png_set_compression_buffer_size(png, kReadBytes);
    png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_DEFAULT);
  }
  std::optional<SrgbConversion> conversion = ConversionOfWords(png, info, decoded.profile);
  if (conversion.has_value()) decoded.profile.clear();
  decoded.picture =
      HasPlainRows(png, info)
          ? ReadPlainRows(png, info, chunks, decoded.stored, target, input)
          : ReadPackedRows(png, info, decoded.stored, target, std::move(conversion), input);
  decoded.damage = input.damage;
  png_destroy_read_struct(&png, &info, nullptr);
  return decoded;
}

}  // namespace hestia
