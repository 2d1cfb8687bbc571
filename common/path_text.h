#ifndef HESTIA_COMMON_PATH_TEXT_H_
#define HESTIA_COMMON_PATH_TEXT_H_

#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace hestia {

// The text form of file names and paths, used everywhere but next to system calls: valid
// UTF-8 stands for itself, '\' is written "\\", and a byte that is not part of valid UTF-8
// "\xHH" with lower-case digits. The mapping is one to one on what EncodePathText makes, so
// any Linux name survives the round trip through protobuf, PostgreSQL and a terminal.
//
// UTF-8 as in RFC 3629: no surrogates, no overlong forms, at most U+10FFFF.
//
// Thread-safety: pure functions. Memory: the result is at most 4 times the input.

// Raw bytes of a name or path to text. '/' is kept. Cannot fail.
std::string EncodePathText(absl::string_view raw);

// Text back to raw bytes.
//   kInvalidArgument  a '\' that begins neither "\\" nor "\xHH", an escape of a byte that
//                     needs none, bytes that are not UTF-8, or a NUL: tell the sender.
absl::StatusOr<std::string> DecodePathText(absl::string_view text);

// Whether `text` is a relative path as the services' contracts demand: decodable, at most
// 4,095 raw bytes, no empty, "." or ".." component, no leading or trailing '/'.
//   kInvalidArgument  a sentence that names the path and what is wrong with it.
absl::Status ValidateRelativePath(absl::string_view text);

// "a/b" and "c" to "a/b/c"; an empty parent is the root.
std::string JoinPath(absl::string_view parent, absl::string_view name);

// Whether `path` lies strictly beneath `directory` (empty: the root, above everything).
bool IsBeneath(absl::string_view path, absl::string_view directory);

}  // namespace hestia

#endif  // HESTIA_COMMON_PATH_TEXT_H_
