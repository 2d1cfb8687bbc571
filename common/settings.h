#ifndef HESTIA_COMMON_SETTINGS_H_
#define HESTIA_COMMON_SETTINGS_H_

#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace hestia {

// Settings are abseil flags, declared (ABSL_FLAG) in the room that reads them. Each can
// also be given as HESTIA_<NAME> in the environment; the command line wins. All that is
// wrong with them is reported at once, by name.
//
// Thread-safety: call from main(), before any other thread.

// What a program is, for --help and --version.
struct ProgramInfo {
  absl::string_view name;
  absl::string_view summary;  // one or two sentences
  absl::string_view version;
  absl::string_view examples;  // whole lines, shown last by --help; may be empty
};

// Collects what is wrong, so that it can be told together.
class SettingErrors {
 public:
  // `flag` is the flag's name without dashes, `problem` a sentence that says what to do.
  void Add(absl::string_view flag, absl::string_view problem);
  // Adds `status` under `flag` unless it is OK.
  void AddIfError(absl::string_view flag, const absl::Status& status);
  bool empty() const { return lines_.empty(); }
  // One line a problem.
  std::string Describe() const;

 private:
  std::vector<std::string> lines_;
};

// Reads the environment and the command line into the flags, then runs `validate`, which
// adds what is wrong with their values or combination. --help and --version print and exit
// with code 0; any error prints all errors on stderr and exits with code 2. Returns only
// when everything is right.
void ReadSettingsOrExit(int argc, char** argv, const ProgramInfo& program,
                        const std::function<void(SettingErrors&)>& validate);

// The part of ReadSettingsOrExit that does not exit, for tests: `environment` has
// "NAME=value" entries, `arguments` leaves out the program's name.
void ReadSettings(const std::vector<std::string>& environment,
                  const std::vector<std::string>& arguments, SettingErrors& errors);

// Text of --help: every flag declared in this project, with its variable and default.
std::string HelpText(const ProgramInfo& program);

}  // namespace hestia

#endif  // HESTIA_COMMON_SETTINGS_H_
