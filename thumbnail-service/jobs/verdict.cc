#include "thumbnail-service/jobs/verdict.h"

#include <absl/strings/string_view.h>

#include "common/error_reason.h"

namespace hestia {
namespace {
constexpr absl::string_view kAtOnce[] = {"UNSUPPORTED_FORMAT", "DECODE_FAILED", "TOO_LARGE"};
constexpr absl::string_view kAfterOneMoreTry[] = {"TIMED_OUT", "DECODER_CRASHED"};
}  // namespace

bool HangsOnDecoder(const Verdict& verdict) {
  return verdict.code != "UNREADABLE" && verdict.code != "REPLICA_DIED";
}

FailedAttempt Judge(const absl::Status& status) {
  const std::string reason = ReasonOf(status).value_or("");
  const std::string detail(status.message());
  for (const absl::string_view code : kAtOnce) {
    if (reason == code) return {.verdict = Verdict{reason, detail}};
  }
  for (const absl::string_view code : kAfterOneMoreTry) {
    if (reason == code) return {.verdict = Verdict{reason, detail}, .try_once_more = true};
  }
  if (absl::IsPermissionDenied(status) || absl::IsFailedPrecondition(status)) {
    return {.verdict = Verdict{"UNREADABLE", detail}};
  }
  const bool moved = absl::IsNotFound(status) || absl::IsAborted(status);
  return {.verdict = std::nullopt, .try_once_more = false, .free_of_charge = moved};
}

}  // namespace hestia
