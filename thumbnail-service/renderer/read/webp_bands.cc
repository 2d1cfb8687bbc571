#include "thumbnail-service/renderer/read/webp_bands.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// The file is handed over in so many parts, but not in smaller ones than this.
constexpr std::size_t kParts = 48;
constexpr std::size_t kLeastPartBytes = 8192;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

struct DeleteDecoder {
  void operator()(WebPIDecoder* decoder) const { WebPIDelete(decoder); }
};

// Rows of one component, at addresses of their own for the whole image, of which only those that
// were written and not yet given back take memory.
class Rows {
 public:
  Rows(int width, int height)
      : stride_(static_cast<std::size_t>(width)), bytes_(stride_ * static_cast<std::size_t>(height)) {
    memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) RefuseForMemory();
    // A fault for each 4 KiB would take longer than to fill them. Where it is refused, it does.
    ::madvise(memory_, bytes_, MADV_HUGEPAGE);
  }
  ~Rows() { ::munmap(memory_, bytes_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  std::uint8_t* data() const { return static_cast<std::uint8_t*>(memory_); }
  std::size_t stride() const { return stride_; }
  std::size_t bytes() const { return bytes_; }
  int given() const { return given_; }

  // Gives the rows up to `end` to the shrinker and their memory back.
  void GiveTo(RowShrinker& shrinker, int end) {
    for (; given_ < end; ++given_) {
      shrinker.Add(data() + static_cast<std::size_t>(given_) * stride_);
    }
    // Counted from the mapping's begin; that huge pages may begin elsewhere costs little.
    const std::size_t done =
        static_cast<std::size_t>(given_) * stride_ / kHugePageBytes * kHugePageBytes;
    if (done <= returned_) return;
    ::madvise(data() + returned_, done - returned_, MADV_DONTNEED);
    returned_ = done;
  }

 private:
  const std::size_t stride_;
  const std::size_t bytes_;
  void* memory_ = nullptr;
  int given_ = 0;
  std::size_t returned_ = 0;
};

Size Half(Size size) { return {(size.width + 1) / 2, (size.height + 1) / 2}; }

// The one plane that a shrinker has made. Where the image's side is odd, half of the last chroma
// sample lies beyond it.
Plane PlaneOf(RowShrinker& shrinker, double share_x, double share_y) {
  Plane plane = std::move(shrinker.Finish().planes.front());
  plane.covered_width *= share_x;
  plane.covered_height *= share_y;
  return plane;
}
}  // namespace

bool SuitsBands(Size size, Size target) {
  return 4 * target.width <= size.width && 4 * target.height <= size.height;
}

VP8StatusCode ReadByBands(std::span<const std::uint8_t> bytes, Size size, Size target,
                          Picture& picture) {
  const Size chroma = Half(size);
  Rows luma(size.width, size.height);
  Rows blue(chroma.width, chroma.height);
  Rows red(chroma.width, chroma.height);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return VP8_STATUS_INVALID_PARAM;
  config.options.bypass_filtering = 1;
  config.output.colorspace = MODE_YUV;
  config.output.is_external_memory = 1;
  WebPYUVABuffer& yuv = config.output.u.YUVA;
  yuv.y = luma.data();
  yuv.u = blue.data();
  yuv.v = red.data();
  yuv.y_stride = static_cast<int>(luma.stride());
  yuv.u_stride = yuv.v_stride = static_cast<int>(blue.stride());
  yuv.y_size = luma.bytes();
  yuv.u_size = yuv.v_size = blue.bytes();
  const std::unique_ptr<WebPIDecoder, DeleteDecoder> decoder(WebPIDecode(nullptr, 0, &config));
  if (decoder == nullptr) return VP8_STATUS_OUT_OF_MEMORY;

  RowShrinker luma_shrinker(size, 1, target);
  RowShrinker blue_shrinker(chroma, 1, Half(target));
  RowShrinker red_shrinker(chroma, 1, Half(target));
  const std::size_t part = std::max(bytes.size() / kParts, kLeastPartBytes);
  VP8StatusCode status = VP8_STATUS_SUSPENDED;
  for (std::size_t known = 0; known < bytes.size() && status == VP8_STATUS_SUSPENDED;) {
    known = std::min(known + part, bytes.size());
    status = WebPIUpdate(decoder.get(), bytes.data(), known);
    int rows = 0;
    if (WebPIDecGetYUVA(decoder.get(), &rows, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                        nullptr, nullptr) == nullptr) {
      continue;
    }
    luma.GiveTo(luma_shrinker, rows);
    const int chroma_rows = rows == size.height ? chroma.height : rows / 2;
    blue.GiveTo(blue_shrinker, chroma_rows);
    red.GiveTo(red_shrinker, chroma_rows);
  }
  if (status != VP8_STATUS_OK) return status;
  if (luma.given() != size.height) return VP8_STATUS_NOT_ENOUGH_DATA;
  picture.colour = Colour::kYuvLimited;
  const double share_x = size.width / 2.0 / chroma.width;
  const double share_y = size.height / 2.0 / chroma.height;
  picture.planes.push_back(PlaneOf(luma_shrinker, 1, 1));
  picture.planes.push_back(PlaneOf(blue_shrinker, share_x, share_y));
  picture.planes.push_back(PlaneOf(red_shrinker, share_x, share_y));
  return VP8_STATUS_OK;
}

}  // namespace hestia
