#ifndef HESTIA_DEPLOY_PROGRESS_LIBRARY_SYNC_H_
#define HESTIA_DEPLOY_PROGRESS_LIBRARY_SYNC_H_

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>

namespace hestia {

// Waits until every file of `library` has its thumbnails or a verdict. Asks again while the
// service, its database or the watcher cannot be reached.
//
// Blocking: until then, or until `deadline`.
//   kDeadlineExceeded    work is left: ask again.
//   kNotFound            the service has not heard of the library within `grace`: name
//                        another.
//   kFailedPrecondition  the watcher cannot see the folder; the message says why.
absl::Status SyncLibrary(const std::shared_ptr<grpc::Channel>& channel, const std::string& library,
                         absl::Time deadline, absl::Duration grace);

}  // namespace hestia

#endif  // HESTIA_DEPLOY_PROGRESS_LIBRARY_SYNC_H_
