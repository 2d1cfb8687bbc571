#include "thumbnail-service/store/pg_finish.h"

#include <optional>
#include <utility>

#include <absl/time/clock.h>

#include "common/crash_point.h"
#include "thumbnail-service/jobs/order_key.h"
#include "thumbnail-service/store/pg_bytea_array.h"
#include "thumbnail-service/store/pg_finish_sql.h"

namespace hestia {
namespace {

using Numbers = std::vector<std::int64_t>;

// The first of a result's thumbnails with the bytes of number `index`; 0: none before it.
std::int64_t SharedWith(const std::vector<Thumbnail>& thumbnails, std::size_t index) {
  for (std::size_t i = 0; i < index; ++i) {
    if (thumbnails[i].format == thumbnails[index].format &&
        thumbnails[i].data == thumbnails[index].data) {
      return thumbnails[i].recipe_id;
    }
  }
  return 0;
}

}  // namespace

absl::Span<const PgStatement> FinishStatements() { return kFinishStatements; }

absl::StatusOr<std::vector<FinishEffect>> FinishBatch::Run() {
  effects_.assign(results_.size(), FinishEffect::kStale);
  content_ids_.assign(results_.size(), 0);
  LockClaims();
  Absolve();
  // What was rendered of an outdated version is referred to by no row: nothing would ever
  // collect it.
  Unclaim();
  PutContents();
  PutThumbnails();
  PutVerdicts();
  if (absl::Status settled = Settle(); !settled.ok()) return settled;
  HESTIA_CRASH_POINT("finish.before_commit");
  return std::move(effects_);
}

void FinishBatch::LockClaims() {
  Numbers files;
  Numbers tokens;
  for (const JobResult& result : results_) {
    files.push_back(result.job.file_id);
    tokens.push_back(result.job.token);
  }
  NotePlaces(tx_.exec_prepared(kLockClaimed.name, PgArray(tokens)));
  if (!ReadClaims(tokens)) {
    // A row that is missing above is locked all the same, as a rule; so hardly ever one is locked
    // out of the order of ids here. Should two of these meet, PostgreSQL ends one and it is repeated.
    NotePlaces(tx_.exec_prepared(kLockFiles.name, PgArray(files)));
    ReadClaims(tokens);
  }
}

void FinishBatch::NotePlaces(const pqxx::result& locked) {
  for (const pqxx::row row : locked) places_[row[0].as<std::int64_t>()] = row[1].as<std::string>();
}

bool FinishBatch::ReadClaims(const std::vector<std::int64_t>& tokens) {
  current_.clear();
  outdated_.clear();
  bool all_locked = true;
  for (const pqxx::row row : tx_.exec_prepared(kReadClaims.name, PgArray(tokens))) {
    const auto index = row[0].as<std::size_t>();
    (row[1].as<bool>() ? current_ : outdated_).push_back(index);
    all_locked = all_locked && places_.contains(results_[index].job.file_id);
  }
  return all_locked;
}

void FinishBatch::Absolve() {
  std::vector<bool> stands(results_.size(), false);
  for (const std::vector<std::size_t>* const standing : {&current_, &outdated_}) {
    for (const std::size_t index : *standing) stands[index] = true;
  }
  Numbers files;
  Numbers versions;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (stands[i]) continue;
    files.push_back(results_[i].job.file_id);
    versions.push_back(results_[i].job.version);
  }
  if (files.empty()) return;
  tx_.exec_prepared(kLockFiles.name, PgArray(files));
  tx_.exec_prepared(kAbsolve.name, PgArray(files), PgArray(versions),
                    OrderKey(absl::Now(), JobClass::kLive));
}

void FinishBatch::Unclaim() {
  if (outdated_.empty()) return;
  Numbers files;
  for (const std::size_t index : outdated_) {
    files.push_back(results_[index].job.file_id);
    effects_[index] = FinishEffect::kRequeued;
  }
  tx_.exec_prepared(kUnclaim.name, PgArray(files));
}

void FinishBatch::PutContents() {
  std::vector<std::size_t> told;
  PgByteaArray digests;
  Numbers sizes;
  Numbers widths;
  Numbers heights;
  Numbers read_us;
  Numbers render_us;
  PgByteaArray thumbhashes;
  Numbers dominants;
  std::vector<std::string> damages;
  for (const std::size_t index : current_) {
    const JobResult& result = results_[index];
    if (!result.content.has_value()) continue;
    told.push_back(index);
    const auto* const digest = reinterpret_cast<const char*>(result.content->digest.data());
    digests.Add(absl::string_view(digest, result.content->digest.size()));
    sizes.push_back(result.content->size_bytes);
    widths.push_back(result.source_width_px);
    heights.push_back(result.source_height_px);
    read_us.push_back(absl::ToInt64Microseconds(result.read_time));
    render_us.push_back(absl::ToInt64Microseconds(result.render_time));
    thumbhashes.Add(result.placeholder.thumbhash);
    damages.push_back(PgText(result.damage));
    const std::optional<Rgb> dominant = result.placeholder.dominant;
    dominants.push_back(dominant.has_value() ? std::int64_t{dominant->Packed()} : -1);
  }
  if (told.empty()) return;
  for (const pqxx::row row :
       tx_.exec_prepared(kPutContents.name, digests.Parameter(), PgArray(sizes), PgArray(widths),
                         PgArray(heights), PgArray(read_us), PgArray(render_us), replica_id_,
                         thumbhashes.Parameter(), PgArray(dominants), PgArray(damages))) {
    content_ids_[told[row[0].as<std::size_t>()]] = row[1].as<std::int64_t>();
  }
}

void FinishBatch::PutThumbnails() {
  Numbers contents;
  Numbers recipes;
  std::vector<std::string> types;
  Numbers widths;
  Numbers heights;
  PgByteaArray images;
  Numbers shares;
  for (const std::size_t index : current_) {
    const std::vector<Thumbnail>& thumbnails = results_[index].thumbnails;
    for (std::size_t i = 0; i < thumbnails.size(); ++i) {
      const Thumbnail& thumbnail = thumbnails[i];
      contents.push_back(content_ids_[index]);
      recipes.push_back(thumbnail.recipe_id);
      types.emplace_back(MediaType(thumbnail.format));
      widths.push_back(thumbnail.width_px);
      heights.push_back(thumbnail.height_px);
      images.Add(thumbnail.data);
      shares.push_back(SharedWith(thumbnails, i));
    }
  }
  if (contents.empty()) return;
  tx_.exec_prepared(kPutThumbnails.name, PgArray(contents), PgArray(recipes), PgArray(types),
                    PgArray(widths), PgArray(heights), images.Parameter(), PgArray(shares));
}

void FinishBatch::PutVerdicts() {
  for (const std::size_t index : current_) {
    const JobResult& result = results_[index];
    if (!result.verdict.has_value()) continue;
    const std::string code = PgText(result.verdict->code);
    const std::string detail = PgText(result.verdict->detail);
    const int attempts = result.job.attempts + 1;
    if (content_ids_[index] != 0) {
      tx_.exec_prepared(kPutContentFailure.name, content_ids_[index], decoder_version_, code,
                        detail, attempts);
    } else {
      const std::string decoder = HangsOnDecoder(*result.verdict) ? decoder_version_ : "";
      tx_.exec_prepared(kPutFileFailure.name, result.job.file_id, result.job.version, decoder, code,
                        detail, attempts);
    }
  }
}

absl::Status FinishBatch::Settle() {
  if (current_.empty()) return absl::OkStatus();
  std::vector<std::string> places;
  Numbers tokens;
  Numbers contents;
  Numbers states;
  for (const std::size_t index : current_) {
    places.push_back(places_[results_[index].job.file_id]);
    tokens.push_back(results_[index].job.token);
    contents.push_back(content_ids_[index]);
    states.push_back(static_cast<std::int64_t>(results_[index].verdict ? FileStatus::kFailed
                                                                       : FileStatus::kReady));
  }
  for (const pqxx::row row : tx_.exec_prepared(kSettle.name, PgArray(places), PgArray(tokens),
                                               PgArray(contents), PgArray(states))) {
    if (row[2].as<std::size_t>() != current_.size()) {
      return absl::InternalError("a file moved within the table although it was locked");
    }
    effects_[current_[row[0].as<std::size_t>()]] =
        row[1].as<bool>() ? FinishEffect::kStored : FinishEffect::kRequeued;
  }
  return absl::OkStatus();
}

}  // namespace hestia
