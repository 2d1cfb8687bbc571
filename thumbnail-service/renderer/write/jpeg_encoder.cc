#include <algorithm>
#include <array>
#include <cstdlib>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/jpeg_refusal.h"
#include "thumbnail-service/renderer/picture/interleave.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {
namespace {
constexpr int kLumaRows = 2 * DCTSIZE;

void WriteRgb(jpeg_compress_struct& codec, const Picture& picture) {
  std::vector<std::uint8_t> rgb = ToRgbOnWhite(picture);
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_start_compress(&codec, TRUE);
  const std::size_t stride = static_cast<std::size_t>(picture.width()) * 3;
  while (codec.next_scanline < codec.image_height) {
    JSAMPROW row = rgb.data() + codec.next_scanline * stride;
    jpeg_write_scanlines(&codec, &row, 1);
  }
}

// libjpeg reads whole blocks, beyond the image's edge too: the last column is repeated up to a
// whole number of them. A plane's rows have room for that, for they end at multiples of 64 bytes.
void RepeatLastColumn(Plane& plane, int blocks_wide) {
  for (int y = 0; y < plane.height(); ++y) {
    std::uint8_t* const row = plane.Row(y);
    std::fill(row + plane.width(), row + blocks_wide * DCTSIZE, row[plane.width() - 1]);
  }
}

void WriteYuv(jpeg_compress_struct& codec, const Picture& picture) {
  Picture yuv = ToYuv(picture, Colour::kYuvFull);
  codec.raw_data_in = TRUE;
  jpeg_start_compress(&codec, TRUE);
  const int chroma_blocks = (picture.width() + kLumaRows - 1) / kLumaRows;
  for (std::size_t i = 0; i < 3; ++i) {
    RepeatLastColumn(yuv.planes[i], i == 0 ? 2 * chroma_blocks : chroma_blocks);
  }
  while (codec.next_scanline < codec.image_height) {
    std::array<std::array<JSAMPROW, kLumaRows>, 3> rows{};
    std::array<JSAMPARRAY, 3> planes{};
    for (std::size_t i = 0; i < 3; ++i) {
      const int first = static_cast<int>(codec.next_scanline) / (i == 0 ? 1 : 2);
      for (int y = 0; y < kLumaRows; ++y) {
        const int row = std::min(first + y, yuv.planes[i].height() - 1);
        rows[i][static_cast<std::size_t>(y)] = yuv.planes[i].Row(row);
      }
      planes[i] = rows[i].data();
    }
    jpeg_write_raw_data(&codec, planes.data(), kLumaRows);
  }
}
}  // namespace

std::vector<std::uint8_t> EncodeJpeg(const Picture& picture, int quality) {
  NoteUse(Library::kJpegWriter);
  JpegErrors errors;
  jpeg_compress_struct codec{};
  codec.err = RefuseOnJpegError(errors);
  jpeg_create_compress(&codec);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &data, &size);
  codec.image_width = static_cast<JDIMENSION>(picture.width());
  codec.image_height = static_cast<JDIMENSION>(picture.height());
  codec.input_components = 3;
  codec.in_color_space = picture.colour == Colour::kRgb ? JCS_RGB : JCS_YCbCr;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  codec.optimize_coding = TRUE;
  if (picture.colour == Colour::kRgb) {
    WriteRgb(codec, picture);
  } else {
    WriteYuv(codec, picture);
  }
  jpeg_finish_compress(&codec);
  std::vector<std::uint8_t> bytes(data, data + size);
  jpeg_destroy_compress(&codec);
  std::free(data);
  return bytes;
}

}  // namespace hestia
