// ThumbnailService::Capabilities.
#include "thumbnail-service/rpc/thumbnail_service.h"

namespace hestia {

namespace v1 = thumbnail::v1;

namespace {

void ToProto(const FormatAbility& format, v1::Format& proto) {
  proto.set_name(format.name);
  proto.set_can_read(!format.reader.name.empty());
  proto.set_can_write(!format.writer.name.empty());
  proto.set_library(format.reader.name);
  proto.set_version(format.reader.version);
  proto.set_write_library(format.writer.name);
  proto.set_write_version(format.writer.version);
  proto.set_max_source_bytes(static_cast<std::uint64_t>(format.max_source_bytes));
  proto.set_max_pixels(static_cast<std::uint64_t>(format.max_pixels));
  proto.set_max_side_px(static_cast<std::uint32_t>(format.max_side_px));
  proto.set_max_channels(static_cast<std::uint32_t>(format.max_channels));
  proto.set_max_frames(static_cast<std::uint64_t>(format.max_frames));
  proto.set_max_ratio(static_cast<std::uint64_t>(format.max_ratio));
  proto.set_max_scans(static_cast<std::uint32_t>(format.max_scans));
  proto.set_max_chunk_bytes(static_cast<std::uint64_t>(format.max_chunk_bytes));
  proto.set_max_icc_bytes(static_cast<std::uint64_t>(format.max_icc_bytes));
  proto.set_max_exif_bytes(static_cast<std::uint64_t>(format.max_exif_bytes));
}

}  // namespace

grpc::ServerUnaryReactor* ThumbnailService::Capabilities(grpc::CallbackServerContext* context,
                                                         const v1::CapabilitiesRequest*,
                                                         v1::CapabilitiesResponse* response) {
  // On the pool of calls that wait for others: the first one starts programs.
  return RunOn(sync_pool_, context, [this, response]() -> absl::Status {
    const absl::StatusOr<std::vector<FormatAbility>> formats = operator_.capabilities();
    if (!formats.ok()) return formats.status();
    for (const FormatAbility& format : *formats) ToProto(format, *response->add_formats());
    return absl::OkStatus();
  });
}

}  // namespace hestia
