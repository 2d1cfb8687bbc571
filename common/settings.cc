#include "common/settings.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include <absl/flags/commandlineflag.h>
#include <absl/flags/reflection.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

namespace hestia {
namespace {

constexpr absl::string_view kPrefix = "HESTIA_";
constexpr int kUsageExitCode = 2;

std::string VariableName(absl::string_view flag) {
  return absl::StrCat(kPrefix, absl::AsciiStrToUpper(flag));
}

// abseil's own flags (--flagfile, --undefok …) share the registry; ours are those declared
// in a room of this project.
bool IsOurs(const absl::CommandLineFlag& flag) {
  const std::string file = flag.Filename();
  return absl::StrContains(file, "watcher-service/") ||
         absl::StrContains(file, "thumbnail-service/") || absl::StrContains(file, "common/") ||
         absl::StrContains(file, "tests/") || absl::StrContains(file, "deploy/");
}

absl::CommandLineFlag* FindOurs(absl::string_view name) {
  absl::CommandLineFlag* const flag = absl::FindCommandLineFlag(name);
  return flag != nullptr && IsOurs(*flag) ? flag : nullptr;
}

void Assign(absl::CommandLineFlag& flag, absl::string_view value, absl::string_view source,
            SettingErrors& errors) {
  std::string problem;
  if (flag.ParseFrom(value, &problem)) return;
  // abseil ends its sentences differently per type; the part before it names no source.
  errors.Add(flag.Name(), absl::StrCat("cannot take \"", value, "\" from ", source, ": ", problem));
}

void ReadEnvironment(const std::vector<std::string>& environment, SettingErrors& errors) {
  for (const std::string& entry : environment) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(entry, absl::MaxSplits('=', 1));
    if (!absl::StartsWith(pair.first, kPrefix)) continue;
    const std::string name = absl::AsciiStrToLower(absl::StripPrefix(pair.first, kPrefix));
    // A variable of the other service is no error: both are often started from one file.
    if (absl::CommandLineFlag* const flag = FindOurs(name)) {
      Assign(*flag, pair.second, pair.first, errors);
    }
  }
}

void ReadArguments(const std::vector<std::string>& arguments, SettingErrors& errors) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    absl::string_view argument = arguments[i];
    if (!absl::ConsumePrefix(&argument, "--")) {
      errors.Add(arguments[i], "is not a setting; settings are written --name=value");
      continue;
    }
    const std::size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    absl::CommandLineFlag* const flag = FindOurs(name);
    if (flag == nullptr) {
      errors.Add(name, "is not known; --help lists the settings");
    } else if (equals != absl::string_view::npos) {
      Assign(*flag, argument.substr(equals + 1), "the command line", errors);
    } else if (flag->IsOfType<bool>()) {
      Assign(*flag, "true", "the command line", errors);
    } else if (i + 1 < arguments.size()) {
      Assign(*flag, arguments[++i], "the command line", errors);
    } else {
      errors.Add(name, "needs a value; write --name=value");
    }
  }
}

// A help text as an indented paragraph; its own line breaks do not count.
std::string Wrapped(absl::string_view text) {
  constexpr std::size_t kHelpColumns = 90;
  constexpr absl::string_view kIndent = "      ";
  std::string wrapped;
  std::string line(kIndent);
  for (const absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (line.size() > kIndent.size() && line.size() + 1 + word.size() > kHelpColumns) {
      absl::StrAppend(&wrapped, line, "\n");
      line = std::string(kIndent);
    }
    absl::StrAppend(&line, line.size() > kIndent.size() ? " " : "", word);
  }
  absl::StrAppend(&wrapped, line);
  // A sentence ends with a full stop, whoever wrote it.
  if (!wrapped.empty() && wrapped.back() != '.') wrapped.push_back('.');
  return wrapped;
}

std::vector<std::string> Environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

}  // namespace

void SettingErrors::Add(absl::string_view flag, absl::string_view problem) {
  lines_.push_back(absl::StrCat("  --", flag, " (", VariableName(flag), "): ", problem));
}

void SettingErrors::AddIfError(absl::string_view flag, const absl::Status& status) {
  if (!status.ok()) Add(flag, status.message());
}

std::string SettingErrors::Describe() const { return absl::StrJoin(lines_, "\n"); }

void ReadSettings(const std::vector<std::string>& environment,
                  const std::vector<std::string>& arguments, SettingErrors& errors) {
  ReadEnvironment(environment, errors);
  ReadArguments(arguments, errors);
}

std::string HelpText(const ProgramInfo& program) {
  std::map<std::string, const absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (IsOurs(*flag)) flags.emplace(std::string(name), flag);
  }
  std::string text = absl::StrCat(program.name, " ", program.version, "\n\n", program.summary,
                                  "\n\nSettings, as --name=value or in the environment "
                                  "(the command line wins):\n");
  for (const auto& [name, flag] : flags) {
    const std::string fallback = flag->DefaultValue();
    absl::StrAppend(&text, "\n  --", name, "   ", VariableName(name), "\n", Wrapped(flag->Help()),
                    "\n      Default: ", fallback.empty() ? "none" : fallback, "\n");
  }
  absl::StrAppend(&text, "\n  --help      Prints this text.\n  --version   Prints the version.\n");
  if (!program.examples.empty()) absl::StrAppend(&text, "\nExamples:\n", program.examples);
  return text;
}

void ReadSettingsOrExit(int argc, char** argv, const ProgramInfo& program,
                        const std::function<void(SettingErrors&)>& validate) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::cout << HelpText(program);
      std::exit(EXIT_SUCCESS);
    }
    if (argument == "--version") {
      std::cout << program.name << " " << program.version << "\n";
      std::exit(EXIT_SUCCESS);
    }
  }
  SettingErrors errors;
  ReadSettings(Environment(), arguments, errors);
  validate(errors);
  if (errors.empty()) return;
  std::cerr << program.name << ": these settings are wrong:\n"
            << errors.Describe() << "\nNothing was started; --help explains each.\n";
  std::exit(kUsageExitCode);
}

}  // namespace hestia
