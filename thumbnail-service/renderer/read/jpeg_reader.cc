#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/jpeg_refusal.h"
#include "thumbnail-service/renderer/picture/orientation.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/jpeg_scans.h"
#include "thumbnail-service/renderer/read/quick_scan.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/read/scaled_coefficients.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr int kApp1 = JPEG_APP0 + 1;
constexpr int kApp2 = JPEG_APP0 + 2;
constexpr unsigned kMaxMarkerBytes = 0xFFFF;

int Orientation(const jpeg_decompress_struct& codec, const Demand& demand) {
  for (const jpeg_marker_struct* m = codec.marker_list; m != nullptr; m = m->next) {
    const std::span<const std::uint8_t> data(m->data, m->data_length);
    const bool exif = data.size() > 6 && std::equal(data.begin(), data.begin() + 4, "Exif");
    if (exif) return demand.OrientationIn(data);
  }
  return 1;
}

// The profile, put together from its pieces; empty when there is none or a piece is missing.
std::vector<std::uint8_t> Profile(jpeg_decompress_struct& codec) {
  JOCTET* data = nullptr;
  unsigned size = 0;
  if (jpeg_read_icc_profile(&codec, &data, &size) == FALSE) return {};
  std::vector<std::uint8_t> profile(data, data + size);
  std::free(data);
  return profile;
}

// The strongest of the reductions that the decoder does almost for free and that still
// leaves `target` or more.
void ChooseScale(jpeg_decompress_struct& codec, Size target) {
  codec.scale_num = 1;
  for (const unsigned divisor : {8U, 4U, 2U, 1U}) {
    codec.scale_denom = divisor;
    const unsigned width = (codec.image_width + divisor - 1) / divisor;
    const unsigned height = (codec.image_height + divisor - 1) / divisor;
    if (width >= static_cast<unsigned>(target.width) &&
        height >= static_cast<unsigned>(target.height)) {
      return;
    }
  }
}

bool CanReadPlanes(const jpeg_decompress_struct& codec) {
  if (codec.jpeg_color_space == JCS_GRAYSCALE) return codec.num_components == 1;
  return codec.jpeg_color_space == JCS_YCbCr && codec.num_components == 3 &&
         codec.comp_info[0].h_samp_factor == codec.max_h_samp_factor &&
         codec.comp_info[0].v_samp_factor == codec.max_v_samp_factor;
}

// Room for whole blocks: the decoder writes them even where they stick out of the image.
Plane PlaneFor(const jpeg_decompress_struct& codec, const jpeg_component_info& component) {
  const auto width = static_cast<int>(component.width_in_blocks) * component.DCT_scaled_size;
  const auto height =
      static_cast<int>(codec.total_iMCU_rows) * component.v_samp_factor * component.DCT_scaled_size;
  Plane plane(width, height);
  plane.covered_width = static_cast<double>(codec.image_width) * component.h_samp_factor *
                        component.DCT_scaled_size / (codec.max_h_samp_factor * DCTSIZE);
  plane.covered_height = static_cast<double>(codec.image_height) * component.v_samp_factor *
                         component.DCT_scaled_size / (codec.max_v_samp_factor * DCTSIZE);
  return plane;
}

// By whom the coefficients are read.
enum class Entropy {
  kQuick,    // QuickScan, where it suits
  kLibjpeg,  // libjpeg, which also reads what is damaged
};

using OptionalQuickScan = std::optional<QuickScan>;

void Start(jpeg_decompress_struct& codec, Entropy entropy, OptionalQuickScan& quick,
           const Demand& demand) {
  if (codec.progressive_mode != FALSE) {
    StartWithEnoughScans(codec, demand.limits.max_scans);
    return;
  }
  jpeg_start_decompress(&codec);
  if (entropy == Entropy::kQuick && QuickScan::Suits(codec)) quick.emplace(codec);
}

// Without a picture when the quick scan gave up.
std::optional<Picture> ReadPlanes(jpeg_decompress_struct& codec, Entropy entropy,
                                  const Demand& demand) {
  constexpr int kMaxRows = MAX_SAMP_FACTOR * DCTSIZE;
  codec.raw_data_out = TRUE;
  codec.out_color_space = codec.jpeg_color_space;
  OptionalQuickScan quick;
  Start(codec, entropy, quick, demand);
  Picture picture;
  picture.colour = codec.num_components == 1 ? Colour::kGrey : Colour::kYuvFull;
  const auto components = static_cast<std::size_t>(codec.num_components);
  for (std::size_t i = 0; i < components; ++i) {
    picture.planes.push_back(PlaneFor(codec, codec.comp_info[i]));
  }
  std::array<std::array<JSAMPROW, kMaxRows>, 3> rows{};
  std::array<JSAMPARRAY, 3> planes{};
  const int lines = codec.max_v_samp_factor * codec.min_DCT_scaled_size;
  for (int group = 0; codec.output_scanline < codec.output_height; ++group) {
    for (std::size_t i = 0; i < components; ++i) {
      const int height = codec.comp_info[i].v_samp_factor * codec.comp_info[i].DCT_scaled_size;
      for (int y = 0; y < height; ++y) {
        rows[i][static_cast<std::size_t>(y)] = picture.planes[i].Row(group * height + y);
      }
      planes[i] = rows[i].data();
    }
    jpeg_read_raw_data(&codec, planes.data(), static_cast<JDIMENSION>(lines));
    if (quick.has_value() && quick->gave_up()) return std::nullopt;
  }
  for (std::size_t i = 0; i < components; ++i) {
    picture.planes[i].Crop(static_cast<int>(codec.comp_info[i].downsampled_width),
                           static_cast<int>(codec.comp_info[i].downsampled_height));
  }
  return picture;
}

std::optional<Picture> ReadInterleaved(jpeg_decompress_struct& codec, Size target,
                                       Entropy entropy, const Demand& demand) {
  const bool inks = codec.num_components == 4;
  if (!inks && codec.num_components != 3 && codec.num_components != 1) {
    Refuse(wire::Outcome::kUnsupported, "JPEG with %d colour components", codec.num_components);
  }
  codec.out_color_space = inks ? JCS_CMYK : JCS_RGB;
  OptionalQuickScan quick;
  Start(codec, entropy, quick, demand);
  const Size size{static_cast<int>(codec.output_width), static_cast<int>(codec.output_height)};
  RowShrinker shrinker(size, inks ? 4 : 3, target, RowShrinker::Alpha::kNone);
  // Adobe's programs store ink inverted and say so.
  const bool inverted = inks && codec.saw_Adobe_marker != 0;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) *
                                static_cast<std::size_t>(codec.output_components));
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW pointer = row.data();
    jpeg_read_scanlines(&codec, &pointer, 1);
    if (quick.has_value() && quick->gave_up()) return std::nullopt;
    if (inverted) {
      for (std::uint8_t& ink : row) ink = static_cast<std::uint8_t>(255 - ink);
    }
    shrinker.Add(row.data());
  }
  return shrinker.Finish();
}

// A file that only lacks its end marker is whole. For a progressive one that is known from
// the precision its coefficients have reached.
bool LacksScans(const jpeg_decompress_struct& codec) {
  if (codec.coef_bits == nullptr) return false;
  for (int i = 0; i < codec.num_components; ++i) {
    const auto& bits = codec.coef_bits[i];
    if (std::any_of(bits, bits + DCTSIZE2, [](int missing) { return missing != 0; })) return true;
  }
  return false;
}

// What is wrong with the file; the decoder has made something of it all the same.
const char* DamageIn(const jpeg_decompress_struct& codec, const JpegErrors& errors) {
  if (errors.file_ended && (errors.data_missing || LacksScans(codec))) {
    return "JPEG: the file is cut short";
  }
  return errors.data_missing ? "JPEG: the compressed data is damaged" : "";
}

// Without a result when the quick scan gave up.
std::optional<Decoded> TryToRead(std::span<const std::uint8_t> bytes, const Demand& demand,
                                 Entropy entropy) {
  JpegErrors errors;
  jpeg_decompress_struct codec{};
  codec.err = RefuseOnJpegError(errors);
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, bytes.data(), bytes.size());
  jpeg_save_markers(&codec, kApp1, kMaxMarkerBytes);
  jpeg_save_markers(&codec, kApp2, kMaxMarkerBytes);
  jpeg_read_header(&codec, TRUE);
  // Several scans mean that all coefficients are kept at full size until the last one.
  const bool whole = jpeg_has_multiple_scans(&codec) != 0;
  demand.Admit({.width_px = codec.image_width,
                .height_px = codec.image_height,
                .scaled = !whole,
                .channels = static_cast<std::uint64_t>(codec.num_components)});
  if (whole) RefuseManyScans(bytes, demand.limits.max_scans);
  Decoded decoded;
  decoded.stored = {static_cast<int>(codec.image_width), static_cast<int>(codec.image_height)};
  decoded.orientation = Orientation(codec, demand);
  decoded.profile = demand.Allowed(Profile(codec));
  const Size target = demand.For(decoded.stored);
  ChooseScale(codec, target);
  codec.do_block_smoothing = FALSE;
  ScaledCoefficients coefficients(codec);
  if (demand.half_chroma && CanReadPlanes(codec)) {
    coefficients.ShrinkChroma({(target.width + 1) / 2, (target.height + 1) / 2});
  }
  std::optional<Picture> picture = CanReadPlanes(codec)
                                       ? ReadPlanes(codec, entropy, demand)
                                       : ReadInterleaved(codec, target, entropy, demand);
  const bool read = picture.has_value();
  if (read) decoded.picture = *std::move(picture);
  decoded.damage = DamageIn(codec, errors);
  jpeg_destroy_decompress(&codec);
  if (!read) return std::nullopt;
  if (!decoded.damage.empty() && demand.limits.render_damaged == 0) {
    Refuse(wire::Outcome::kDecodeFailed, "%s", decoded.damage.c_str());
  }
  return decoded;
}
}  // namespace

Decoded ReadJpeg(std::span<const std::uint8_t> bytes, const Demand& demand) {
  NoteUse(Library::kJpegReader);
  std::optional<Decoded> decoded = TryToRead(bytes, demand, Entropy::kQuick);
  if (!decoded.has_value()) decoded = TryToRead(bytes, demand, Entropy::kLibjpeg);
  return *std::move(decoded);
}

}  // namespace hestia
