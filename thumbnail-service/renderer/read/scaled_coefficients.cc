#include "thumbnail-service/renderer/read/scaled_coefficients.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
ScaledCoefficients& Self(j_common_ptr codec) {
  return *static_cast<ScaledCoefficients*>(codec->client_data);
}

template <typename T>
T* AllocateZeros(std::size_t count) {
  // Untouched pages cost nothing, and many stay so.
  auto* zeros = static_cast<T*>(std::calloc(count, sizeof(T)));
  if (zeros == nullptr) RefuseForMemory();
  return zeros;
}

// Bit i: block[i] is not zero. Most are, so four are looked at at once.
std::uint64_t NonZeros(const JCOEF* block) {
  constexpr int kAtOnce = 4;
  std::uint64_t bits = 0;
  for (int i = 0; i < DCTSIZE2; i += kAtOnce) {
    std::uint64_t some = 0;
    std::memcpy(&some, block + i, sizeof(some));
    if (some == 0) continue;
    for (int j = i; j < i + kAtOnce; ++j) bits |= std::uint64_t{block[j] != 0} << j;
  }
  return bits;
}

// The rows (and columns) of a block's coefficients that are worth keeping at a scale: as many as
// it has pixels, and the next one that libjpeg's reduced transforms look at, for it still tells
// in a picture full of hard edges. Beyond that it is less than what a quantiser leaves out.
std::span<const int> ShownRows(int side) {
  static constexpr int kOne[] = {0};
  static constexpr int kTwo[] = {0, 1, 3};
  static constexpr int kFour[] = {0, 1, 2, 3, 5};
  if (side == 1) return kOne;
  if (side == 2) return kTwo;
  return kFour;
}
}  // namespace

ScaledCoefficients::ScaledCoefficients(jpeg_decompress_struct& codec)
    : codec_(codec), realize_others_(codec.mem->realize_virt_arrays) {
  codec.client_data = this;
  codec.mem->request_virt_barray = Request;
  codec.mem->realize_virt_arrays = Realize;
  codec.mem->access_virt_barray = Access;
}

jvirt_barray_ptr ScaledCoefficients::Request(j_common_ptr codec, int, boolean, JDIMENSION wide,
                                             JDIMENSION high, JDIMENSION) {
  auto blocks = std::make_unique<Blocks>();
  blocks->wide = wide;
  blocks->high = high;
  auto* const handle = reinterpret_cast<jvirt_barray_ptr>(blocks.get());
  Self(codec).components_.push_back(std::move(blocks));
  return handle;
}

// Called when the sizes of all components are settled and nothing has been made of them.
void ScaledCoefficients::Realize(j_common_ptr codec) {
  ScaledCoefficients& self = Self(codec);
  self.ScaleChroma();
  for (std::size_t i = 0; i < self.components_.size(); ++i) {
    self.components_[i]->side = self.codec_.comp_info[i].DCT_scaled_size;
    Allocate(*self.components_[i]);
  }
  self.realize_others_(codec);
}

void ScaledCoefficients::ScaleChroma() {
  if (least_chroma_.width == 0) return;
  for (int i = 1; i < codec_.num_components; ++i) {
    jpeg_component_info& component = codec_.comp_info[i];
    const auto sized = [](JDIMENSION image, int factor, int side, int most) {
      const auto whole = static_cast<JDIMENSION>(most * DCTSIZE);
      return (image * static_cast<JDIMENSION>(factor * side) + whole - 1) / whole;
    };
    while (component.DCT_scaled_size > codec_.min_DCT_scaled_size) {
      const int side = component.DCT_scaled_size / 2;
      const JDIMENSION width =
          sized(codec_.image_width, component.h_samp_factor, side, codec_.max_h_samp_factor);
      const JDIMENSION height =
          sized(codec_.image_height, component.v_samp_factor, side, codec_.max_v_samp_factor);
      if (width < static_cast<JDIMENSION>(least_chroma_.width) ||
          height < static_cast<JDIMENSION>(least_chroma_.height)) {
        break;
      }
      component.DCT_scaled_size = side;
      component.downsampled_width = width;
      component.downsampled_height = height;
    }
  }
}

void ScaledCoefficients::Allocate(Blocks& blocks) {
  const std::size_t count = std::size_t{blocks.wide} * blocks.high;
  if (blocks.side == DCTSIZE) {
    blocks.shown.reset(AllocateZeros<JCOEF>(count * DCTSIZE2));
    return;
  }
  for (const int row : ShownRows(blocks.side)) {
    for (const int column : ShownRows(blocks.side)) {
      blocks.places.push_back(row * DCTSIZE + column);
      blocks.shown_bits |= std::uint64_t{1} << blocks.places.back();
    }
  }
  blocks.shown.reset(AllocateZeros<JCOEF>(count * blocks.places.size()));
  blocks.others.reset(AllocateZeros<std::uint64_t>(count));
}

void ScaledCoefficients::Pack(Blocks& blocks) {
  const std::size_t first = std::size_t{blocks.window_begin} * blocks.wide;
  const std::size_t count = std::size_t{blocks.window_rows} * blocks.wide;
  const std::size_t places = blocks.places.size();
  const JCOEF* block = blocks.window.data();
  JCOEF* shown = blocks.shown.get() + first * places;
  blocks.rows_known = std::max(blocks.rows_known, blocks.window_begin + blocks.window_rows);
  if (blocks.window_use == Use::kMeans) {
    for (std::size_t i = 0; i < count; ++i) shown[i * places] = block[i * DCTSIZE2];
    return;
  }
  for (std::size_t i = 0; i < count; ++i, block += DCTSIZE2) {
    for (const int place : blocks.places) *shown++ = block[place];
    const std::uint64_t others = NonZeros(block) & ~blocks.shown_bits;
    if (others == 0 && !blocks.others_used) continue;
    blocks.others[first + i] = others;
    blocks.others_used = true;
  }
}

void ScaledCoefficients::Unpack(Blocks& blocks, JDIMENSION begin, JDIMENSION rows, Use use) {
  const std::size_t first = std::size_t{begin} * blocks.wide;
  const std::size_t count = std::size_t{rows} * blocks.wide;
  const std::size_t places = blocks.places.size();
  blocks.window.resize(count * DCTSIZE2);
  blocks.window_begin = begin;
  blocks.window_rows = rows;
  blocks.window_use = use;
  blocks.rows.resize(rows);
  for (JDIMENSION row = 0; row < rows; ++row) {
    blocks.rows[row] = reinterpret_cast<JBLOCKROW>(blocks.window.data() +
                                                   std::size_t{row} * blocks.wide * DCTSIZE2);
  }
  JCOEF* block = blocks.window.data();
  const JCOEF* shown = blocks.shown.get() + first * places;
  if (use == Use::kMeans || (use == Use::kShown && places == 1)) {
    // What nobody looks at may be anything.
    for (std::size_t i = 0; i < count; ++i) block[i * DCTSIZE2] = shown[i * places];
    return;
  }
  std::fill(blocks.window.begin(), blocks.window.end(), JCOEF{0});
  if (begin >= blocks.rows_known) return;
  for (std::size_t i = 0; i < count; ++i, block += DCTSIZE2) {
    for (const int place : blocks.places) block[place] = *shown++;
    if (use != Use::kScan || !blocks.others_used) continue;
    for (std::uint64_t bits = blocks.others[first + i]; bits != 0; bits &= bits - 1) {
      block[std::countr_zero(bits)] = 1;
    }
  }
}

JBLOCKARRAY ScaledCoefficients::Access(j_common_ptr codec, jvirt_barray_ptr array,
                                       JDIMENSION begin, JDIMENSION rows, boolean writable) {
  Blocks& blocks = *reinterpret_cast<Blocks*>(array);
  if (blocks.side == DCTSIZE) {
    blocks.rows.resize(rows);
    for (JDIMENSION row = 0; row < rows; ++row) {
      blocks.rows[row] = reinterpret_cast<JBLOCKROW>(
          blocks.shown.get() + std::size_t{begin + row} * blocks.wide * DCTSIZE2);
    }
    return blocks.rows.data();
  }
  const jpeg_decompress_struct& decoder = Self(codec).codec_;
  Use use = Use::kShown;
  if (writable != FALSE) {
    use = decoder.progressive_mode != FALSE && decoder.Se == 0 ? Use::kMeans : Use::kScan;
  }
  if (blocks.window_begin != begin || blocks.window_rows != rows || blocks.window_use != use) {
    if (blocks.window_use != Use::kShown) Pack(blocks);
    Unpack(blocks, begin, rows, use);
  }
  return blocks.rows.data();
}

}  // namespace hestia
