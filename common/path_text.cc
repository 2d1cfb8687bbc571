#include "common/path_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {

constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX without its NUL

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Bytes of the valid UTF-8 sequence at the front of `text`; 0 when there is none.
std::size_t Utf8Length(absl::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  // Second byte's range per lead byte, RFC 3629 section 4: it is what excludes overlong
  // forms, surrogates and code points past U+10FFFF.
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || at(1) < low || at(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!IsContinuation(at(i))) return 0;
  }
  return length;
}

// Its text is itself, as with nearly every name there is.
bool IsPlain(absl::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return c > 0 && c != '\\'; });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

absl::Status Malformed(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("path \"", absl::CHexEscape(text.substr(0, 200)), "\" ", what));
}

// The byte of the escape "\xHH" at the front of `text`, or -1.
int EscapedByte(absl::string_view text) {
  if (text.size() < 4 || text[1] != 'x') return -1;
  const int high = HexDigit(text[2]);
  const int low = HexDigit(text[3]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::string EncodePathText(absl::string_view raw) {
  if (IsPlain(raw)) return std::string(raw);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty()) {
    const std::size_t length = Utf8Length(raw);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(raw[0]);
      text.append({'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]});
    } else if (raw[0] == '\\') {
      text.append("\\\\");
    } else {
      text.append(raw.data(), length);
    }
    raw.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

absl::StatusOr<std::string> DecodePathText(absl::string_view text) {
  if (IsPlain(text)) return std::string(text);
  const absl::string_view whole = text;
  std::string raw;
  raw.reserve(text.size());
  while (!text.empty()) {
    if (text[0] == '\0') return Malformed(whole, "contains a NUL byte");
    if (text[0] != '\\') {
      const std::size_t length = Utf8Length(text);
      if (length == 0) return Malformed(whole, "is not UTF-8; write such a byte as \\xHH");
      raw.append(text.data(), length);
      text.remove_prefix(length);
    } else if (absl::StartsWith(text, "\\\\")) {
      raw.push_back('\\');
      text.remove_prefix(2);
    } else {
      const int byte = EscapedByte(text);
      if (byte < 0) return Malformed(whole, "has a '\\' that begins neither \\\\ nor \\xHH");
      raw.push_back(static_cast<char>(byte));
      text.remove_prefix(4);
    }
  }
  // One name has one text: an escape that was not needed would be a second spelling.
  if (EncodePathText(raw) != whole) {
    return Malformed(whole, "escapes a byte that needs no escape");
  }
  return raw;
}

absl::Status ValidateRelativePath(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("path is empty; name a file");
  const absl::StatusOr<std::string> raw = DecodePathText(text);
  if (!raw.ok()) return raw.status();
  if (raw->size() > kMaxPathBytes) {
    return Malformed(text, "is longer than 4,095 bytes, the most Linux allows");
  }
  if (text.front() == '/') return Malformed(text, "is absolute; give it relative to the library");
  for (const absl::string_view part : absl::StrSplit(text, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return Malformed(text, "has an empty, \".\" or \"..\" component; give the plain path");
    }
  }
  return absl::OkStatus();
}

std::string JoinPath(absl::string_view parent, absl::string_view name) {
  return parent.empty() ? std::string(name) : absl::StrCat(parent, "/", name);
}

bool IsBeneath(absl::string_view path, absl::string_view directory) {
  if (directory.empty()) return !path.empty();
  return path.size() > directory.size() && path[directory.size()] == '/' &&
         absl::StartsWith(path, directory);
}

}  // namespace hestia
