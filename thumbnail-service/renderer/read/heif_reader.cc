#include "thumbnail-service/renderer/read/heif_reader.h"

#include <libheif/heif.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/freed_by.h"
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
  const bool unsupported = error.code == heif_error_Unsupported_filetype ||
                           error.code == heif_error_Unsupported_feature;
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

// What a file says by numbers instead of a profile. Only the primaries are looked at: all common
// curves but those of HDR are near sRGB's.
std::vector<std::uint8_t> ProfileByNumbers(const heif_image_handle* handle) {
  heif_color_profile_nclx* found = nullptr;
  if (heif_image_handle_get_nclx_color_profile(handle, &found).code != heif_error_Ok) return {};
  const Nclx nclx(found);
  if (nclx == nullptr || nclx->color_primaries == heif_color_primaries_unspecified) return {};
  return MakeProfileWithSrgbCurve({{nclx->color_primary_white_x, nclx->color_primary_white_y},
                                   {nclx->color_primary_red_x, nclx->color_primary_red_y},
                                   {nclx->color_primary_green_x, nclx->color_primary_green_y},
                                   {nclx->color_primary_blue_x, nclx->color_primary_blue_y}});
}

Image Decode(const heif_image_handle* handle, bool alpha) {
  const Options options(heif_decoding_options_alloc());
  if (options == nullptr) RefuseForMemory();
  options->convert_hdr_to_8bit = 1;
  heif_image* decoded = nullptr;
  RefuseUnlessOk(heif_decode_image(handle, &decoded, heif_colorspace_RGB,
                                   alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB,
                                   options.get()));
  return Image(decoded);
}

Picture ReadPicture(const heif_image_handle* handle, const Demand& demand) {
  const bool alpha = heif_image_handle_has_alpha_channel(handle) != 0;
  const bool premultiplied = alpha && heif_image_handle_is_premultiplied_alpha(handle) != 0;
  const Image image = Decode(handle, alpha);
  int stride = 0;
  const std::uint8_t* rows =
      heif_image_get_plane_readonly(image.get(), heif_channel_interleaved, &stride);
  const Size size{heif_image_get_width(image.get(), heif_channel_interleaved),
                  heif_image_get_height(image.get(), heif_channel_interleaved)};
  if (rows == nullptr || size.width < 1 || size.height < 1) {
    Refuse(wire::Outcome::kDecodeFailed, "HEIF: the decoder gave no pixels");
  }
  RowShrinker shrinker(size, alpha ? 4 : 3, demand.For(size),
                       premultiplied ? RowShrinker::Alpha::kPremultiplied
                                     : RowShrinker::Alpha::kStraight);
  for (int y = 0; y < size.height; ++y) {
    shrinker.Add(rows + static_cast<std::ptrdiff_t>(y) * stride);
  }
  return shrinker.Finish();
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
  const heif_image_handle* const chosen = preview != nullptr ? preview.get() : primary.get();
  // A preview has its own colours, or is taken to have the image's.
  for (const heif_image_handle* handle : {chosen, static_cast<const heif_image_handle*>(primary.get())}) {
    if (decoded.profile.empty()) decoded.profile = IccProfile(handle, demand);
  }
  if (decoded.profile.empty()) decoded.profile = ProfileByNumbers(primary.get());
  decoded.picture = ReadPicture(chosen, demand);
  return decoded;
}

}  // namespace hestia
