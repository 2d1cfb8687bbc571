#include "common/network_address.h"

#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(NetworkAddressTest, HostAndPortAreTaken) {
  for (const char* const address :
       {"127.0.0.1:0", "0.0.0.0:50051", "localhost:65535", "[::1]:50051", "[::]:0"}) {
    EXPECT_TRUE(CheckListenAddress(address).ok()) << address;
  }
  for (const char* const address :
       {"watcher:50051", "[::1]:1", "dns:///watcher:50051", "dns:watcher:50051", "unix:/run/watcher"}) {
    EXPECT_TRUE(CheckServerAddress(address).ok()) << address;
  }
}

TEST(NetworkAddressTest, APortThatNoAddressHasIsRefusedWithWhatIsTaken) {
  for (const char* const address :
       {"", ":", "nowhere", "127.0.0.1", "127.0.0.1:", ":50051", "127.0.0.1:65536", "127.0.0.1:99999",
        "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:0x10", "127.0.0.1:50051x", "127.0.0.1: 50051",
        "::1:50051", "127.0.0.1:99999999999999999999"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckListenAddress(address))) << address;
    EXPECT_TRUE(absl::IsInvalidArgument(CheckServerAddress(address))) << address;
  }
  EXPECT_EQ(CheckListenAddress("127.0.0.1:99999").message(),
            "\"127.0.0.1:99999\" is not host:port with a port of 0 to 65535, as in "
            "127.0.0.1:50051 or [::1]:50051");
}

TEST(NetworkAddressTest, NobodyCallsPortZeroOrListensOnANameToBeResolved) {
  EXPECT_FALSE(CheckServerAddress("127.0.0.1:0").ok());
  EXPECT_FALSE(CheckListenAddress("dns:///watcher:50051").ok());
  EXPECT_FALSE(CheckListenAddress("unix:/run/watcher").ok());
}

}  // namespace
}  // namespace hestia
