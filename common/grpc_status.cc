#include "common/grpc_status.h"

#include <optional>
#include <string>

#include "common/error_reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hestia {
namespace {
constexpr char kDomain[] = "hestia";
// Clients refuse trailers of more than 8 KiB by default, and the message is in them up to three
// times, escaped or in base64.
constexpr std::size_t kMaxMessageBytes = 600;

// `message`, cut on a character's border if it is too long.
std::string Shortened(absl::string_view message) {
  if (message.size() <= kMaxMessageBytes) return std::string(message);
  std::size_t end = kMaxMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
  return std::string(message.substr(0, end)) + "…";
}
}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message = Shortened(status.message());
  const std::optional<std::string> reason = ReasonOf(status);
  if (!reason.has_value()) return {code, message};

  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(*reason);
  info.set_domain(kDomain);
  details.add_details()->PackFrom(info);
  if (const std::optional<std::string> field = FieldOf(status)) {
    google::rpc::BadRequest bad;
    google::rpc::BadRequest::FieldViolation* violation = bad.add_field_violations();
    violation->set_field(*field);
    details.add_details()->PackFrom(bad);
  }
  return {code, message, details.SerializeAsString()};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&info)) return WithReason(result, info.reason());
  }
  return result;
}

}  // namespace hestia
