#include "thumbnail-service/rpc/stats_source.h"

#include <algorithm>
#include <cmath>

#include "common/monotonic_clock.h"
#include "common/version.h"

namespace hestia {
namespace {

namespace v1 = thumbnail::v1;

std::uint64_t Count(std::int64_t value) { return static_cast<std::uint64_t>(value); }

void SetDuration(absl::Duration duration, google::protobuf::Duration* proto) {
  proto->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto->set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(duration)));
}

void Overlay(const WorkFigures& own, ReplicaRow& row) {
  row.completed_jobs = own.completed_jobs;
  row.failed_jobs = own.failed_jobs;
  row.retried_jobs = own.retried_jobs;
  row.rendered_images = own.rendered_images;
  row.active_workers = own.active_workers;
  row.throughput_per_second = own.throughput_per_second;
  row.processing_time = own.processing_time;
}

void AddReplica(const ReplicaRow& row, v1::GetStatsResponse& stats) {
  v1::ReplicaStats* const replica = stats.add_replicas();
  replica->set_id(row.id);
  replica->set_name(row.name);
  replica->mutable_started_at()->set_seconds(absl::ToUnixSeconds(row.started_at));
  replica->set_completed_jobs(Count(row.completed_jobs));
  replica->set_failed_jobs(Count(row.failed_jobs));
  replica->set_retried_jobs(Count(row.retried_jobs));
  replica->set_rendered_images(Count(row.rendered_images));
  replica->set_active_workers(static_cast<std::uint32_t>(row.active_workers));
  replica->set_workers(static_cast<std::uint32_t>(row.workers));
  replica->set_throughput_per_second(row.throughput_per_second);
  SetDuration(row.processing_time, replica->mutable_processing_time());
  replica->set_problem(row.problem);

  stats.set_completed_jobs(stats.completed_jobs() + replica->completed_jobs());
  stats.set_failed_jobs(stats.failed_jobs() + replica->failed_jobs());
  stats.set_retried_jobs(stats.retried_jobs() + replica->retried_jobs());
  stats.set_rendered_images(stats.rendered_images() + replica->rendered_images());
  stats.set_active_workers(stats.active_workers() + replica->active_workers());
  stats.set_workers(stats.workers() + replica->workers());
  stats.set_throughput_per_second(stats.throughput_per_second() + row.throughput_per_second);
}

void AddLibrary(const LibraryRow& row, v1::GetStatsResponse& stats) {
  v1::LibraryStats* const library = stats.add_libraries();
  const std::int64_t files = row.ready_files + row.pending_files + row.failed_files;
  library->set_library(row.name);
  library->set_files(Count(files));
  library->set_ready_files(Count(row.ready_files));
  library->set_pending_files(Count(row.pending_files));
  library->set_failed_files(Count(row.failed_files));
  library->set_ingest_replica_id(row.ingest_replica_id);
  library->set_listing(row.listing);
  library->set_state(row.state);
  library->set_paused(row.paused);
  library->set_held_removals(Count(row.held_removals));

  stats.set_files(stats.files() + library->files());
  stats.set_ready_files(stats.ready_files() + library->ready_files());
  stats.set_failed_files(stats.failed_files() + library->failed_files());
}

void FillIsolation(const Isolation& from, v1::Isolation* to) {
  for (const std::string& layer : from.layers) to->add_layers(layer);
  for (const std::string& layer : from.missing) to->add_missing_layers(layer);
  to->set_landlock_abi(from.landlock_abi);
}

}  // namespace

absl::StatusOr<v1::GetStatsResponse> StatsSource::Read() {
  absl::StatusOr<CatalogStats> catalog = catalog_.ReadStats();
  if (!catalog.ok()) return catalog.status();
  const WorkFigures own = counters_.Read(MonotonicNow());

  v1::GetStatsResponse stats;
  absl::Duration processing_time;
  for (ReplicaRow& replica : catalog->replicas) {
    if (replica.id == replica_id_) Overlay(own, replica);
    AddReplica(replica, stats);
    processing_time += replica.processing_time;
  }
  for (const LibraryRow& library : catalog->libraries) AddLibrary(library, stats);
  // A job is in the table until its result is stored, so what no worker holds is waiting.
  const std::int64_t processing =
      std::min<std::int64_t>(stats.active_workers(), catalog->jobs);
  stats.set_processing_jobs(Count(processing));
  stats.set_pending_jobs(Count(catalog->jobs - processing));
  const std::uint64_t finished = stats.completed_jobs() + stats.failed_jobs();
  if (finished > 0) {
    SetDuration(processing_time / static_cast<std::int64_t>(finished),
                stats.mutable_average_processing_time());
  }
  stats.set_version(kVersion);
  stats.set_paused(catalog->paused);
  FillIsolation(isolation_, stats.mutable_isolation());
  return stats;
}

}  // namespace hestia
