#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_ESCAPES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_ESCAPES_H_

#include <ostream>
#include <span>
#include <string>

namespace hestia {

// Ways out of the jail, to be tried by a process that is in it.

// How an attempt must end.
enum class Fate {
  kKilled,   // SIGSYS
  kRefused,  // an error, and the process goes on
  kUntried,  // no way out from there
};

// What an attempt has at hand.
struct Cell {
  int source = -1;
  int result = -1;
  long result_bytes = 0;
  int parent = 0;  // pid of the launcher
};

struct Escape {
  const char* name;
  // True when it got out.
  bool (*attempt)(const Cell& cell);
  Fate decoder;  // in a process made for one image
  Fate worker;   // in a persistent one
};

std::span<const Escape> Escapes();

// For the test's output.
inline void PrintTo(const Escape& escape, std::ostream* out) { *out << escape.name; }

// Tries the way of that name and exits: kEscaped or kRefused, unless it is killed.
constexpr int kEscapedCode = 42;
constexpr int kRefusedCode = 43;
[[noreturn]] void TryEscape(const std::string& name, const Cell& cell);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_ESCAPES_H_
