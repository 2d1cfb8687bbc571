#include "thumbnail-service/render/svg_signature.h"

#include <cstddef>
#include <string>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/strip.h>

namespace hestia {
namespace {
// Drops what may stand before the first element of an XML file. What begins and does not end
// within `text` drops all of it.
void SkipProlog(absl::string_view& text) {
  const auto skip_to = [&](absl::string_view end) {
    const std::size_t at = text.find(end);
    text.remove_prefix(at == absl::string_view::npos ? text.size() : at + end.size());
  };
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  for (;;) {
    text = absl::StripLeadingAsciiWhitespace(text);
    if (absl::StartsWith(text, "<?")) {
      skip_to("?>");
    } else if (absl::StartsWith(text, "<!--")) {
      skip_to("-->");
    } else if (absl::StartsWith(text, "<!DOCTYPE")) {
      // Declarations of its own stand in brackets.
      const bool brackets = text.find('[') < text.find('>');
      if (brackets) skip_to("]");
      skip_to(">");
    } else {
      return;
    }
  }
}

// What stands there in UTF-16, with a question mark for all that is not ASCII; empty when there is
// no mark of the bytes' order.
std::string FromUtf16(absl::string_view head) {
  const bool little = absl::StartsWith(head, "\xff\xfe");
  if (!little && !absl::StartsWith(head, "\xfe\xff")) return "";
  std::string text;
  for (std::size_t at = 2; at + 1 < head.size(); at += 2) {
    const auto low = static_cast<unsigned char>(head[little ? at : at + 1]);
    const auto high = static_cast<unsigned char>(head[little ? at + 1 : at]);
    text.push_back(high == 0 && low < 0x80 ? static_cast<char>(low) : '?');
  }
  return text;
}

}  // namespace

bool BeginsAsSvg(absl::string_view head) {
  const std::string wide = FromUtf16(head);
  if (!wide.empty()) head = wide;
  SkipProlog(head);
  if (!absl::ConsumePrefix(&head, "<")) return false;
  absl::string_view name = head.substr(0, head.find_first_of(" \t\r\n/>"));
  if (const std::size_t colon = name.find(':'); colon != absl::string_view::npos) {
    name.remove_prefix(colon + 1);
  }
  return name == "svg";
}

}  // namespace hestia
