#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_ISOLATION_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_ISOLATION_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hestia {

// How far this replica's renderer processes are cut off from everything, by the names of the
// layers; found out when they started.
struct Isolation {
  std::vector<std::string> layers;
  std::vector<std::string> missing;
  std::uint32_t landlock_abi = 0;  // 0: no Landlock
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_ISOLATION_H_
