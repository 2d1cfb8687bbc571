#ifndef HESTIA_TESTS_E2E_STACK_H_
#define HESTIA_TESTS_E2E_STACK_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hestia/thumbnail/v1/thumbnail.grpc.pb.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "tests/e2e/service_process.h"
#include "tests/support/test_database.h"
#include "tests/watcher-service/temp_folder.h"

namespace hestia::test {

// The whole of Hestia on one folder: a watcher, thumbnail replicas, a database of its own.
class StackTest : public testing::Test {
 protected:
  using State = thumbnail::v1::File::State;

  // Further flags may override.
  void StartWatcher(const std::vector<std::string>& flags = {});
  // Adds a replica with its own workers; further flags may override.
  void StartReplica(const std::vector<std::string>& flags = {});
  void Start() {
    StartWatcher();
    StartReplica();
  }

  // Writes a file beneath the library, its directories made as needed.
  void Put(const std::string& path, const std::string& content);

  // A JPEG that no other seed makes.
  static std::string Photo(int seed, int width = 640, int height = 480);

  // Waits until everything done to the folder is ingested and rendered.
  void Sync(const std::string& library = "photos");
  std::map<std::string, State> Files(const std::string& library = "photos");
  thumbnail::v1::GetStatsResponse Stats();
  grpc::Status GetThumbnail(const std::string& path, const std::string& recipe,
                            thumbnail::v1::GetThumbnailResponse* response,
                            const std::string& library = "photos");
  // One number out of one SELECT.
  std::int64_t Number(const std::string& sql);
  void Execute(const std::string& sql);

  // Waits for a WatchStats message that `wanted` accepts; fails the test after a minute.
  void AwaitStats(const std::function<bool(const thumbnail::v1::GetStatsResponse&)>& wanted);

  TestDatabase database_;
  TempFolder media_;
  TempFolder state_;
  std::unique_ptr<ServiceProcess> watcher_;
  std::vector<std::unique_ptr<ServiceProcess>> replicas_;
  std::unique_ptr<watcher::v1::WatcherService::Stub> watcher_stub_;
  // Of the last replica started.
  std::unique_ptr<thumbnail::v1::ThumbnailService::Stub> thumbnail_stub_;
};

// A context for one call, with a deadline that only a hang reaches.
class PatientContext : public grpc::ClientContext {
 public:
  PatientContext();
};

}  // namespace hestia::test

#endif  // HESTIA_TESTS_E2E_STACK_H_
