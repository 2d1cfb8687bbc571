#include "common/logging.h"

#include <memory>
#include <string>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/named_thread.h"
#include "common/text_view.h"

namespace hestia {
namespace {

// spdlog knows thread numbers only; a name says which room is speaking.
class ThreadNameFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string name = CurrentThreadName();
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<ThreadNameFlag>();
  }
};

void Log(spdlog::level::level_enum level, absl::string_view message) {
  spdlog::default_logger_raw()->log(level, ToStd(message));
}

}  // namespace

absl::Status SetUpLogging(absl::string_view level) {
  const std::string name(level);
  const spdlog::level::level_enum parsed = spdlog::level::from_str(name);
  if (name != "debug" && name != "info" && name != "warning" && name != "error") {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", level, "\" is not a log level; use debug, info, warning or error"));
  }
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<ThreadNameFlag>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %-7l [%*] %v");
  auto logger = spdlog::stderr_logger_mt("hestia");
  logger->set_formatter(std::move(formatter));
  logger->set_level(parsed);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

void LogDebug(absl::string_view message) { Log(spdlog::level::debug, message); }
void LogInfo(absl::string_view message) { Log(spdlog::level::info, message); }
void LogWarning(absl::string_view message) { Log(spdlog::level::warn, message); }
void LogError(absl::string_view message) { Log(spdlog::level::err, message); }

}  // namespace hestia
