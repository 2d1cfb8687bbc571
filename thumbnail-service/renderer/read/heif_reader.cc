#include "thumbnail-service/renderer/read/heif_reader.h"

#include <libheif/heif.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/read/hdr_signal.h"
#include "thumbnail-service/renderer/read/light_rows.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
using Context = std::unique_ptr<heif_context, FreedBy<heif_context_free>>;
using Handle = std::unique_ptr<heif_image_handle, FreedBy<heif_image_handle_release>>;
using Image = std::unique_ptr<heif_image, FreedBy<heif_image_release>>;
using Options = std::unique_ptr<heif_decoding_options, FreedBy<heif_decoding_options_free>>;
using Nclx = std::unique_ptr<heif_color_profile_nclx, FreedBy<heif_nclx_color_profile_free>>;

void RefuseUnlessOk(const heif_error& error) {
  if (error.code == heif_error_Ok) return;
  if (error.code == heif_error_Memory_allocation_error) RefuseForMemory();
  const bool unsupported =
      error.code == heif_error_Unsupported_filetype || error.code == heif_error_Unsupported_feature;
  Refuse(unsupported ? wire::Outcome::kUnsupported : wire::Outcome::kDecodeFailed, "HEIF: %s",
         error.message);
}

Size SizeOf(const heif_image_handle* handle) {
  return {heif_image_handle_get_width(handle), heif_image_handle_get_height(handle)};
}

Handle PrimaryImage(heif_context* context) {
  heif_image_handle* handle = nullptr;
  RefuseUnlessOk(heif_context_get_primary_image_handle(context, &handle));
  return Handle(handle);
}

// The same sides but for rounding: a preview of other aspect shows something else, or has bars.
bool SameAspect(Size a, Size b) {
  const double expected = static_cast<double>(a.width) * b.height / a.height;
  return expected > b.width - 1.5 && expected < b.width + 1.5;
}

// The smallest preview that will do; null when none does.
Handle UsablePreview(const heif_image_handle* primary, const Demand& demand) {
  constexpr int kMostPreviews = 8;
  const Size whole = SizeOf(primary);
  const Size wanted = demand.For(whole);
  heif_item_id ids[kMostPreviews];
  const int count = heif_image_handle_get_list_of_thumbnail_IDs(primary, ids, kMostPreviews);
  Handle best;
  for (int i = 0; i < count; ++i) {
    heif_image_handle* opened = nullptr;
    if (heif_image_handle_get_thumbnail(primary, ids[i], &opened).code != heif_error_Ok) continue;
    Handle preview(opened);
    const Size size = SizeOf(preview.get());
    const bool large = size.width >= wanted.width && size.height >= wanted.height &&
                       size.width <= whole.width && size.height <= whole.height;
    const bool smaller = best == nullptr || size.width < SizeOf(best.get()).width;
    const bool as_transparent = heif_image_handle_has_alpha_channel(preview.get()) ==
                                heif_image_handle_has_alpha_channel(primary);
    if (large && smaller && as_transparent && SameAspect(whole, size)) best = std::move(preview);
  }
  return best;
}

std::vector<std::uint8_t> IccProfile(const heif_image_handle* handle, const Demand& demand) {
  std::vector<std::uint8_t> profile(heif_image_handle_get_raw_color_profile_size(handle));
  if (profile.empty() || profile.size() > demand.limits.max_icc_bytes ||
      heif_image_handle_get_raw_color_profile(handle, profile.data()).code != heif_error_Ok) {
    return {};
  }
  return profile;
}

// What a file says of its colours by numbers; null when it says nothing.
Nclx NumbersOf(const heif_image_handle* handle) {
  heif_color_profile_nclx* found = nullptr;
  if (heif_image_handle_get_nclx_color_profile(handle, &found).code != heif_error_Ok)
    return nullptr;
  return Nclx(found);
}

// None where they are not told.
std::optional<Chromaticities> PrimariesOf(const Nclx& nclx) {
  if (nclx == nullptr || nclx->color_primaries == heif_color_primaries_unspecified) {
    return std::nullopt;
  }
  return Chromaticities{{nclx->color_primary_white_x, nclx->color_primary_white_y},
                        {nclx->color_primary_red_x, nclx->color_primary_red_y},
                        {nclx->color_primary_green_x, nclx->color_primary_green_y},
                        {nclx->color_primary_blue_x, nclx->color_primary_blue_y}};
}

// Which of the curves for which a profile would have to be more than a profile; none for others,
// and all common ones are near sRGB's.
std::optional<HdrCurve> HdrCurveOf(const Nclx& nclx) {
  if (nclx == nullptr) return std::nullopt;
  switch (nclx->transfer_characteristics) {
    case heif_transfer_characteristic_ITU_R_BT_2100_0_PQ:
      return HdrCurve::kPq;
    case heif_transfer_characteristic_ITU_R_BT_2100_0_HLG:
      return HdrCurve::kHlg;
    default:
      return std::nullopt;
  }
}

heif_chroma ChromaOf(bool words, bool alpha) {
  if (!words) return alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
  if constexpr (std::endian::native == std::endian::little) {
    return alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE;
  }
  return alpha ? heif_chroma_interleaved_RRGGBBAA_BE : heif_chroma_interleaved_RRGGBB_BE;
}

// An image as red, green, blue, and alpha where it has some, of bytes or of words.
class Samples {
 public:
  Samples(const heif_image_handle* handle, bool words) {
    alpha_ = heif_image_handle_has_alpha_channel(handle) != 0;
    const bool premultiplied = alpha_ && heif_image_handle_is_premultiplied_alpha(handle) != 0;
    multiplied_ =
        premultiplied ? RowShrinker::Alpha::kPremultiplied : RowShrinker::Alpha::kStraight;
    Decode(handle, ChromaOf(words, alpha_), words);
    rows_ = heif_image_get_plane_readonly(image_.get(), heif_channel_interleaved, &stride_);
    size_ = {heif_image_get_width(image_.get(), heif_channel_interleaved),
             heif_image_get_height(image_.get(), heif_channel_interleaved)};
    if (rows_ == nullptr || size_.width < 1 || size_.height < 1) {
      Refuse(wire::Outcome::kDecodeFailed, "HEIF: the decoder gave no pixels");
    }
    const int bits = heif_image_get_bits_per_pixel_range(image_.get(), heif_channel_interleaved);
    if (bits < 1 || bits > 16)
      Refuse(wire::Outcome::kDecodeFailed, "HEIF: pixels of %d bits", bits);
    top_ = (1 << bits) - 1;
  }

  Size size() const { return size_; }
  bool alpha() const { return alpha_; }
  RowShrinker::Alpha multiplied() const { return multiplied_; }
  int channels() const { return alpha_ ? 4 : 3; }
  // The largest sample.
  int top() const { return top_; }
  template <typename Sample>
  const Sample* Row(int y) const {
    return reinterpret_cast<const Sample*>(rows_ + static_cast<std::ptrdiff_t>(y) * stride_);
  }

 private:
  void Decode(const heif_image_handle* handle, heif_chroma chroma, bool words) {
    const Options options(heif_decoding_options_alloc());
    if (options == nullptr) RefuseForMemory();
    options->convert_hdr_to_8bit = words ? 0 : 1;
    heif_image* decoded = nullptr;
    RefuseUnlessOk(heif_decode_image(handle, &decoded, heif_colorspace_RGB, chroma, options.get()));
    image_.reset(decoded);
  }

  Image image_;
  const std::uint8_t* rows_ = nullptr;
  int stride_ = 0;
  Size size_;
  bool alpha_ = false;
  RowShrinker::Alpha multiplied_ = RowShrinker::Alpha::kStraight;
  int top_ = 255;
};

bool IsDeep(const heif_image_handle* handle) {
  return heif_image_handle_get_luma_bits_per_pixel(handle) > 8;
}

Picture ReadBytes(const heif_image_handle* handle, const Demand& demand) {
  const Samples samples(handle, /*words=*/false);
  const Size size = samples.size();
  RowShrinker shrinker(size, samples.channels(), demand.For(size), samples.multiplied());
  for (int y = 0; y < size.height; ++y) shrinker.Add(samples.Row<std::uint8_t>(y));
  return shrinker.Finish();
}

Picture ReadWords(const heif_image_handle* handle, SrgbConversion conversion,
                  const Demand& demand) {
  const Samples samples(handle, /*words=*/true);
  const Size size = samples.size();
  const auto top = static_cast<std::uint32_t>(samples.top());
  std::vector<std::uint16_t> row(static_cast<std::size_t>(size.width) *
                                 static_cast<std::size_t>(samples.channels()));
  DeepShrinker shrinker(size, samples.channels(), demand.For(size), samples.multiplied(),
                        std::move(conversion));
  for (int y = 0; y < size.height; ++y) {
    const std::uint16_t* from = samples.Row<std::uint16_t>(y);
    for (std::uint16_t& word : row) {
      word = static_cast<std::uint16_t>(std::min<std::uint32_t>(*from++, top) * 65535U / top);
    }
    shrinker.Add(row.data());
  }
  return shrinker.Finish();
}

Picture ReadSignal(const heif_image_handle* handle, HdrCurve curve, const Chromaticities& primaries,
                   const Demand& demand) {
  const bool words = IsDeep(handle);
  const Samples samples(handle, words);
  const Size size = samples.size();
  const HdrSignal signal(curve, primaries, samples.top());
  const LightRow kind{3, samples.alpha()};
  std::vector<float> light(static_cast<std::size_t>(size.width) *
                           static_cast<std::size_t>(samples.channels()));
  std::vector<std::uint16_t> widened(words ? 0 : light.size());
  return ShrinkLight(size, kind, ToneCurve::Light::kOfDisplay, demand.For(size), [&](int y) {
    if (!words) std::copy_n(samples.Row<std::uint8_t>(y), widened.size(), widened.begin());
    signal.ToLight(words ? samples.Row<std::uint16_t>(y) : widened.data(), size.width, kind,
                   samples.multiplied(), light.data());
    return light.data();
  });
}

// Sets the picture, and the profile where it is still to be followed. `handle` may be a preview,
// which has its own colours, or is taken to have those of `primary` where it says nothing at all.
void ReadPicture(const heif_image_handle* handle, const heif_image_handle* primary,
                 const Demand& demand, Decoded& decoded) {
  Nclx numbers = NumbersOf(handle);
  if (numbers == nullptr && heif_image_handle_get_raw_color_profile_size(handle) == 0) {
    numbers = NumbersOf(primary);
  }
  const std::optional<Chromaticities> primaries = PrimariesOf(numbers);
  // Said by numbers, so whatever a profile beside them says is made for those who do not know them.
  if (const std::optional<HdrCurve> curve = HdrCurveOf(numbers)) {
    decoded.picture = ReadSignal(handle, *curve, primaries.value_or(kBt2020Chromaticities), demand);
    return;
  }
  std::vector<std::uint8_t> profile = IccProfile(handle, demand);
  if (profile.empty()) profile = IccProfile(primary, demand);
  if (profile.empty() && primaries.has_value()) profile = MakeProfileWithSrgbCurve(*primaries);
  if (IsDeep(handle)) {
    std::optional<SrgbConversion> conversion = SrgbConversion::ForWords(Colour::kRgb, profile);
    if (conversion.has_value()) {
      decoded.picture = ReadWords(handle, *std::move(conversion), demand);
      return;
    }
  }
  decoded.picture = ReadBytes(handle, demand);
  decoded.profile = std::move(profile);
}
}  // namespace

Decoded ReadHeif(std::span<const std::uint8_t> bytes, const Demand& demand) {
  const Context context(heif_context_alloc());
  if (context == nullptr) RefuseForMemory();
  heif_context_set_max_decoding_threads(context.get(), 0);
  RefuseUnlessOk(heif_context_read_from_memory_without_copy(context.get(), bytes.data(),
                                                            bytes.size(), nullptr));
  const Handle primary = PrimaryImage(context.get());
  Decoded decoded;
  decoded.stored = SizeOf(primary.get());
  if (decoded.stored.width < 0 || decoded.stored.height < 0) {
    Refuse(wire::Outcome::kDecodeFailed, "HEIF: the header gives a negative size");
  }
  demand.Admit({.width_px = static_cast<std::uint64_t>(decoded.stored.width),
                .height_px = static_cast<std::uint64_t>(decoded.stored.height),
                .channels = heif_image_handle_has_alpha_channel(primary.get()) != 0 ? 4U : 3U,
                .frames = static_cast<std::uint64_t>(
                    heif_context_get_number_of_top_level_images(context.get()))});
  const Handle preview = UsablePreview(primary.get(), demand);
  ReadPicture(preview != nullptr ? preview.get() : primary.get(), primary.get(), demand, decoded);
  return decoded;
}

}  // namespace hestia
