#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_VERDICT_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_VERDICT_H_

#include <optional>
#include <string>

#include <absl/status/status.h>

namespace hestia {

// Why a file will not get a thumbnail until it, the decoder or the settings change.
struct Verdict {
  std::string code;    // UNSUPPORTED_FORMAT, DECODE_FAILED, TOO_LARGE, TIMED_OUT,
                       // DECODER_CRASHED, UNREADABLE, REPLICA_DIED
  std::string detail;  // a sentence for people
};

// Whether another decoder, or other limits, may come to another verdict.
bool HangsOnDecoder(const Verdict& verdict);

// What a failed attempt means.
struct FailedAttempt {
  // Set: give up. Unset: try again later.
  std::optional<Verdict> verdict = std::nullopt;
  // A fresh process deserves one more try before the verdict (crashes, timeouts).
  bool try_once_more = false;
  // Trouble of the moment that must not count against the file.
  bool free_of_charge = false;
};

// Judges the status that reading or rendering a file ended with:
//   reason UNSUPPORTED_FORMAT, DECODE_FAILED, TOO_LARGE  verdict at once
//   reason TIMED_OUT, DECODER_CRASHED                    verdict after one more try
//   kPermissionDenied, kFailedPrecondition               verdict UNREADABLE
//   kNotFound, kAborted (gone or changed under the reader)  retry, free of charge
//   anything else (EIO, a renderer that does not start)  retry with backoff
FailedAttempt Judge(const absl::Status& status);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_VERDICT_H_
