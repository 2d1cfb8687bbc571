#include "tests/e2e/stack.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <pqxx/pqxx>

#include "common/grpc_server.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia::test {
namespace {
constexpr absl::Duration kPatience = absl::Seconds(60);
}  // namespace

PatientContext::PatientContext() {
  set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  set_wait_for_ready(true);
}

void StackTest::StartWatcher(const std::vector<std::string>& flags) {
  // On the same port again after a restart, as in a real installation.
  const std::string listen = watcher_ == nullptr ? "127.0.0.1:0" : watcher_->address();
  watcher_.reset();
  std::vector<std::string> arguments = {
      absl::StrCat("--watcher_listen=", listen), absl::StrCat("--libraries=photos=", media_.path()),
      absl::StrCat("--state_dir=", state_.path()), "--log_level=warning"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  watcher_ = std::make_unique<ServiceProcess>(HESTIA_WATCHER_BINARY, std::move(arguments),
                                              state_.path());
  watcher_stub_ = watcher::v1::WatcherService::NewStub(GrpcClientChannel(watcher_->address()));
}

void StackTest::StartReplica(const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {
      "--thumbnail_listen=127.0.0.1:0", absl::StrCat("--watcher_address=", watcher_->address()),
      absl::StrCat("--database_url=", database_.url()), "--workers=2", "--log_level=warning"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  replicas_.push_back(
      std::make_unique<ServiceProcess>(HESTIA_THUMBNAIL_BINARY, arguments, state_.path()));
  thumbnail_stub_ =
      thumbnail::v1::ThumbnailService::NewStub(GrpcClientChannel(replicas_.back()->address()));
}

void StackTest::Put(const std::string& path, const std::string& content) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos) media_.MakeDirs(path.substr(0, slash));
  media_.Write(path, content);
}

std::string StackTest::Photo(int seed, int width, int height) {
  Pixels pixels = FourCorners(width, height);
  for (int x = 0; x < width; ++x) {
    pixels.At(x, height / 2) = Rgba{seed & 255, (seed >> 8) & 255, (seed * 37) & 255};
  }
  return MakeJpeg(pixels);
}

void StackTest::Sync(const std::string& library) {
  PatientContext context;
  thumbnail::v1::SyncRequest request;
  request.set_library(library);
  thumbnail::v1::SyncResponse response;
  const grpc::Status status = thumbnail_stub_->Sync(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

std::map<std::string, StackTest::State> StackTest::Files(const std::string& library) {
  std::map<std::string, State> files;
  thumbnail::v1::ListFilesRequest request;
  request.set_library(library);
  request.set_page_size(50);
  do {
    PatientContext context;
    thumbnail::v1::ListFilesResponse response;
    const grpc::Status status = thumbnail_stub_->ListFiles(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const thumbnail::v1::File& file : response.files()) files[file.path()] = file.state();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return files;
}

thumbnail::v1::GetStatsResponse StackTest::Stats() {
  PatientContext context;
  thumbnail::v1::GetStatsResponse response;
  const grpc::Status status = thumbnail_stub_->GetStats(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

grpc::Status StackTest::GetThumbnail(const std::string& path, const std::string& recipe,
                                     thumbnail::v1::GetThumbnailResponse* response,
                                     const std::string& library) {
  PatientContext context;
  thumbnail::v1::GetThumbnailRequest request;
  request.set_library(library);
  request.set_path(path);
  request.set_recipe(recipe);
  return thumbnail_stub_->GetThumbnail(&context, request, response);
}

std::int64_t StackTest::Number(const std::string& sql) {
  pqxx::connection connection(database_.url());
  pqxx::nontransaction direct(connection);
  return direct.exec1(sql)[0].as<std::int64_t>();
}

void StackTest::Execute(const std::string& sql) {
  pqxx::connection connection(database_.url());
  pqxx::nontransaction direct(connection);
  direct.exec(sql);
}

void StackTest::AwaitStats(
    const std::function<bool(const thumbnail::v1::GetStatsResponse&)>& wanted) {
  PatientContext context;
  thumbnail::v1::WatchStatsRequest request;
  request.mutable_interval()->set_nanos(100'000'000);
  const auto stream = thumbnail_stub_->WatchStats(&context, request);
  thumbnail::v1::WatchStatsResponse response;
  while (stream->Read(&response)) {
    if (!wanted(response.stats())) continue;
    context.TryCancel();
    stream->Finish();
    return;
  }
  FAIL() << "never came: " << stream->Finish().error_message();
}

}  // namespace hestia::test
