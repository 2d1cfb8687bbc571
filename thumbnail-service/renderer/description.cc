#include "thumbnail-service/renderer/description.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "thumbnail-service/renderer/control_socket.h"

namespace hestia {
namespace {
template <std::size_t N>
void Copy(const std::string& text, char (&target)[N]) {
  std::copy_n(text.data(), std::min(text.size(), N - 1), target);
}
}  // namespace

void AddFormat(wire::Description& description, const std::string& name, const std::string& reader,
               const std::string& writer, bool scaled) {
  if (reader.empty() && writer.empty()) return;
  if (description.count >= std::size(description.formats)) return;
  wire::FormatAbility& format = description.formats[description.count++];
  Copy(name, format.name);
  Copy(reader, format.reader);
  Copy(writer, format.writer);
  format.scaled = scaled ? 1 : 0;
}

bool SendDescription(const wire::Request& request, DescribeTask describe) {
  wire::Description description;
  description.preamble.kind = wire::Kind::kDescription;
  description.preamble.request_id = request.preamble.request_id;
  describe(description);
  return wire::Send(wire::kControlFd, description);
}

}  // namespace hestia
