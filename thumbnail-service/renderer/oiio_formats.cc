#include "thumbnail-service/renderer/oiio_formats.h"

#include <OpenImageIO/imageio.h>
#include <avif/avif.h>
#include <jxl/decode.h>
#include <libheif/heif.h>
#include <librsvg/rsvg.h>

#include <cstdint>
#include <sstream>
#include <string>

#include "common/version.h"
#include "thumbnail-service/render/image_format.h"
#include "thumbnail-service/renderer/description.h"
#include "thumbnail-service/renderer/read/pdf_reader.h"
#include "thumbnail-service/renderer/read/raw_preview.h"
#include "thumbnail-service/renderer/read/video_reader.h"

namespace hestia {
namespace {
constexpr std::string_view kOiioVersion = OIIO_VERSION_STRING;

bool Lists(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

// "tiff:LIBTIFF Version 4.5.0;gif:…" → "LIBTIFF 4.5.0"; OpenImageIO reads many by itself.
std::string LibraryOf(const std::string& reader) {
  std::istringstream list(OIIO::get_string_attribute("library_list"));
  for (std::string entry; std::getline(list, entry, ';');) {
    if (entry.rfind(reader + ":", 0) != 0) continue;
    std::string library = entry.substr(reader.size() + 1);
    const std::string filler = " Version";
    if (const std::size_t at = library.find(filler); at != std::string::npos) {
      library.erase(at, filler.size());
    }
    return library;
  }
  return "OpenImageIO " + std::string(kOiioVersion);
}

std::string SvgReader() {
  return "librsvg " + std::to_string(rsvg_major_version) + "." +
         std::to_string(rsvg_minor_version) + "." + std::to_string(rsvg_micro_version);
}

std::string JxlReader() {
  const std::uint32_t version = JxlDecoderVersion();
  return "libjxl " + std::to_string(version / 1'000'000) + "." +
         std::to_string(version / 1000 % 1000) + "." + std::to_string(version % 1000);
}

// Empty when this libheif was built without such a decoder.
std::string HeifReader(heif_compression_format codec) {
  return heif_have_decoder_for_format(codec) != 0 ? std::string("libheif ") + heif_get_version() : "";
}

// Empty when this libavif was built without an encoder.
std::string AvifWriter() {
  const bool can_write = avifCodecName(AVIF_CODEC_CHOICE_AOM, AVIF_CODEC_FLAG_CAN_ENCODE) != nullptr;
  return can_write ? std::string("libavif ") + avifVersion() : "";
}
}  // namespace

void DescribeOiioFormats(wire::Description& description) {
  const std::string readers = OIIO::get_string_attribute("input_format_list");
  for (const ImageFormat format : kAllImageFormats) {
    if (format == ImageFormat::kHeif) {
      // One container and one reader, but two kinds of file for people.
      AddFormat(description, "HEIC", HeifReader(heif_compression_HEVC));
      AddFormat(description, "AVIF", HeifReader(heif_compression_AV1), AvifWriter());
    }
    if (format == ImageFormat::kSvg) AddFormat(description, "SVG", SvgReader());
    if (format == ImageFormat::kJpegXl) AddFormat(description, "JPEG XL", JxlReader());
    if (format == ImageFormat::kBmp) {
      AddFormat(description, "BMP", std::string("Hestia ") + kVersion);
      continue;
    }
    if (format == ImageFormat::kPdf) AddFormat(description, "PDF", PdfLibrary());
    if (format == ImageFormat::kVideo) AddFormat(description, "video", VideoLibrary());
    const std::string reader(OiioReader(format).data(), OiioReader(format).size());
    if (reader.empty() || !Lists(readers, reader)) continue;
    const absl::string_view title = FormatTitle(format);
    AddFormat(description, std::string(title.data(), title.size()),
              format == ImageFormat::kCameraRaw ? RawPreviewLibrary() : LibraryOf(reader));
  }
}

}  // namespace hestia
