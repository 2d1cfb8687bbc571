#include "thumbnail-service/render/image_format.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <absl/strings/match.h>
#include <absl/strings/string_view.h>

#include "thumbnail-service/render/svg_signature.h"

namespace hestia {
namespace {
// Byte strings with NULs in them need their length.
template <std::size_t N>
constexpr absl::string_view Bytes(const char (&text)[N]) {
  return absl::string_view(text, N - 1);
}

struct Signature {
  absl::string_view bytes;
  ImageFormat format;
};

constexpr std::array kSignatures = {
    Signature{Bytes("\xff\xd8\xff"), ImageFormat::kJpeg},
    Signature{Bytes("\x89PNG\r\n\x1a\n"), ImageFormat::kPng},
    Signature{Bytes("GIF87a"), ImageFormat::kGif},
    Signature{Bytes("GIF89a"), ImageFormat::kGif},
    Signature{Bytes("\0\0\0\x0cjP  \r\n\x87\n"), ImageFormat::kJpeg2000},
    Signature{Bytes("\xff\x4f\xff\x51"), ImageFormat::kJpeg2000},
    Signature{Bytes("8BPS"), ImageFormat::kPsd},
    Signature{Bytes("\x76\x2f\x31\x01"), ImageFormat::kOpenExr},
    Signature{Bytes("#?RADIANCE"), ImageFormat::kRadianceHdr},
    Signature{Bytes("#?RGBE"), ImageFormat::kRadianceHdr},
    Signature{Bytes("SDPX"), ImageFormat::kDpx},
    Signature{Bytes("XPDS"), ImageFormat::kDpx},
    Signature{Bytes("\x80\x2a\x5f\xd7"), ImageFormat::kCineon},
    Signature{Bytes("\xd7\x5f\x2a\x80"), ImageFormat::kCineon},
    Signature{Bytes("FUJIFILMCCD-RAW"), ImageFormat::kCameraRaw},
    Signature{Bytes("IIRO"), ImageFormat::kCameraRaw},
    Signature{Bytes("IIRS"), ImageFormat::kCameraRaw},
    Signature{Bytes("MMOR"), ImageFormat::kCameraRaw},
    Signature{Bytes("IIU\0"), ImageFormat::kCameraRaw},
    Signature{Bytes("\x01\xda"), ImageFormat::kSgi},
    Signature{Bytes("\xff\x0a"), ImageFormat::kJpegXl},
    Signature{Bytes("\0\0\0\x0cJXL \r\n\x87\n"), ImageFormat::kJpegXl},
    Signature{Bytes("%PDF-"), ImageFormat::kPdf},
    Signature{Bytes("\x1a\x45\xdf\xa3"), ImageFormat::kVideo},  // Matroska, WebM
    Signature{Bytes("FLV\1"), ImageFormat::kVideo},
    Signature{Bytes("\0\0\1\xba"), ImageFormat::kVideo},  // MPEG programme stream
    Signature{Bytes("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), ImageFormat::kVideo},  // ASF
};

constexpr std::array kHeifBrands = {"heic", "heix", "heim", "heis", "hevc",
                                    "hevx", "mif1", "msf1", "avif", "avis"};

unsigned At(absl::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// The major brand and the compatible ones of an ISO media file; empty for other files.
absl::string_view Brands(absl::string_view head) {
  if (head.size() < 16 || head.substr(4, 4) != "ftyp") return {};
  const std::size_t box = At(head, 2) << 8 | At(head, 3);
  return head.substr(8, std::min(box, head.size()) < 8 ? 0 : std::min(box, head.size()) - 8);
}

bool IsHeif(absl::string_view head) {
  const absl::string_view brands = Brands(head);
  for (std::size_t at = 0; at + 4 <= brands.size(); at += 4) {
    const absl::string_view brand = brands.substr(at, 4);
    if (std::find(kHeifBrands.begin(), kHeifBrands.end(), brand) != kHeifBrands.end()) return true;
  }
  return false;
}

// An ISO media file that is no picture and does not say that it is sound alone; QuickTime's older
// files begin with any of their parts.
bool IsMovie(absl::string_view head) {
  const absl::string_view major = Brands(head).substr(0, 4);
  if (!major.empty()) return major != "M4A " && major != "M4B ";
  const absl::string_view part = absl::ClippedSubstr(head, 4, 4);
  return At(head, 0) == 0 && (part == "moov" || part == "mdat" || part == "wide");
}

// Packets of 188 bytes, each with a mark at its beginning, or behind a time of four bytes.
bool IsTransportStream(absl::string_view head) {
  const auto marked = [&](std::size_t at, std::size_t packet) {
    return At(head, at) == 0x47 && At(head, at + packet) == 0x47 && At(head, at + 2 * packet) == 0x47;
  };
  return marked(0, 188) || marked(4, 192);
}

// Camera makers' TIFF files have a preview first and the picture in a sub-directory, or
// say that they are DNG.
ImageFormat TiffOrRaw(absl::string_view head) {
  const bool little = head[0] == 'I';
  const auto number = [&](std::size_t at, int bytes) {
    unsigned value = 0;
    for (int i = 0; i < bytes; ++i) {
      value = value << 8 | At(head, at + static_cast<std::size_t>(little ? bytes - 1 - i : i));
    }
    return value;
  };
  if (number(2, 2) == 43) return ImageFormat::kTiff;  // BigTIFF
  if (absl::ClippedSubstr(head, 8, 2) == "CR") return ImageFormat::kCameraRaw;
  const std::size_t directory = number(4, 4);
  bool preview = false;
  bool below = false;
  for (std::size_t i = 0, entries = number(directory, 2); i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * 12;
    if (entry + 12 > head.size()) break;
    const unsigned tag = number(entry, 2);
    if (tag == 0xC612) return ImageFormat::kCameraRaw;
    preview = preview || (tag == 0x00FE && number(entry + 8, 4) == 1);
    below = below || tag == 0x014A;
  }
  return preview && below ? ImageFormat::kCameraRaw : ImageFormat::kTiff;
}

bool IsPnm(absl::string_view head) {
  return head.size() > 2 && head[0] == 'P' && absl::StrContains("123456fF", head[1]) &&
         std::isspace(static_cast<unsigned char>(head[2])) != 0;
}

bool IsBmp(absl::string_view head) {
  return head.size() > 14 && absl::StartsWith(head, "BM") &&
         head.substr(6, 4) == Bytes("\0\0\0\0") && At(head, 14) >= 12;
}

bool IsIco(absl::string_view head) {
  return head.size() > 22 && head.substr(0, 4) == Bytes("\0\0\1\0") && At(head, 4) != 0 &&
         At(head, 9) == 0;
}

bool LooksLikeText(absl::string_view head) {
  return std::all_of(head.begin(), head.end(),
                     [](unsigned char c) { return c >= 0x20 ? c != 0x7f : std::isspace(c) != 0; });
}

struct Kind {
  absl::string_view bytes;
  absl::string_view title;
};

constexpr std::array kOtherKinds = {
    Kind{Bytes("PK\3\4"), "a ZIP archive"},
    Kind{Bytes("\x1f\x8b"), "a gzip archive"},
    Kind{"P7\n", "a PAM picture"},
    Kind{"P7\r\n", "a PAM picture"},
    Kind{"OggS", "an Ogg recording"},
    Kind{"ID3", "an MP3 recording"},
    Kind{"fLaC", "a FLAC recording"},
    Kind{Bytes("\x7f"
               "ELF"),
         "a program"},
};
}  // namespace

ImageFormat Sniff(absl::string_view head) {
  for (const Signature& signature : kSignatures) {
    if (absl::StartsWith(head, signature.bytes)) return signature.format;
  }
  if (absl::StartsWith(head, "RIFF") && absl::ClippedSubstr(head, 8, 4) == "WEBP") return ImageFormat::kWebp;
  const absl::string_view order = head.substr(0, 4);
  if (order == Bytes("II*\0") || order == Bytes("MM\0*") || order == Bytes("II+\0") ||
      order == Bytes("MM\0+")) {
    return TiffOrRaw(head);
  }
  if (absl::StartsWith(Brands(head), "crx ")) return ImageFormat::kCameraRaw;
  if (IsHeif(head)) return ImageFormat::kHeif;
  const bool avi = absl::StartsWith(head, "RIFF") && absl::ClippedSubstr(head, 8, 4) == "AVI ";
  if (avi || IsMovie(head) || IsTransportStream(head)) return ImageFormat::kVideo;
  if (IsPnm(head)) return ImageFormat::kPnm;
  if (IsBmp(head)) return ImageFormat::kBmp;
  if (IsIco(head)) return ImageFormat::kIco;
  if (BeginsAsSvg(head)) return ImageFormat::kSvg;
  return ImageFormat::kUnknown;
}

absl::string_view FormatTitle(ImageFormat format) {
  constexpr std::array kTitles = {"unknown", "JPEG",         "PNG",       "WebP",      "GIF",
                                  "TIFF",    "BMP",          "HEIC/AVIF", "JPEG 2000", "PSD",
                                  "OpenEXR", "Radiance HDR", "DPX",       "PNM",       "camera RAW",
                                  "ICO",     "SGI",          "Cineon",    "SVG",       "JPEG XL",
                                  "PDF",     "video"};
  const auto index = static_cast<std::size_t>(format);
  return index < kTitles.size() ? kTitles[index] : kTitles[0];
}

std::string DescribeUnreadable(absl::string_view head) {
  if (head.empty()) return "an empty file";
  for (const Kind& kind : kOtherKinds) {
    if (absl::StartsWith(head, kind.bytes)) return std::string(kind.title);
  }
  if (head.size() >= 40 && head.substr(36, 4) == "acsp") return "an ICC colour profile";
  if (!Brands(head).empty()) return "a sound recording";
  if (absl::StartsWith(head, "RIFF") && absl::ClippedSubstr(head, 8, 4) == "WAVE") return "a sound recording";
  if (LooksLikeText(head)) return "text";
  return "an unknown format";
}

absl::string_view OiioReader(ImageFormat format) {
  switch (format) {
    case ImageFormat::kGif:
      return "gif";
    case ImageFormat::kTiff:
      return "tiff";
    case ImageFormat::kBmp:
      return "bmp";
    case ImageFormat::kJpeg2000:
      return "jpeg2000";
    case ImageFormat::kPsd:
      return "psd";
    case ImageFormat::kOpenExr:
      return "openexr";
    case ImageFormat::kRadianceHdr:
      return "hdr";
    case ImageFormat::kDpx:
      return "dpx";
    case ImageFormat::kPnm:
      return "pnm";
    case ImageFormat::kCameraRaw:
      return "raw";
    case ImageFormat::kIco:
      return "ico";
    case ImageFormat::kSgi:
      return "sgi";
    case ImageFormat::kCineon:
      return "cineon";
    case ImageFormat::kUnknown:
    case ImageFormat::kJpeg:
    case ImageFormat::kPng:
    case ImageFormat::kWebp:
    case ImageFormat::kHeif:
    case ImageFormat::kSvg:
    case ImageFormat::kJpegXl:
    case ImageFormat::kPdf:
    case ImageFormat::kVideo:
      return {};
  }
  return {};
}

bool IsReadByFastRenderer(ImageFormat format) {
  return format == ImageFormat::kJpeg || format == ImageFormat::kPng ||
         format == ImageFormat::kWebp;
}

}  // namespace hestia
