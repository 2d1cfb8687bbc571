#include "common/address_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <absl/strings/str_cat.h>

namespace hestia {

absl::Status WriteAddressFile(const std::string& path, const std::string& address) {
  const std::string draft = path + ".new";
  std::ofstream file(draft, std::ios::trunc);
  file << address << "\n";
  file.close();
  if (file.good() && std::rename(draft.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

}  // namespace hestia
