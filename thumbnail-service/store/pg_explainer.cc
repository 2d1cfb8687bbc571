#include "thumbnail-service/store/pg_explainer.h"

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "thumbnail-service/jobs/file_state.h"

namespace hestia {
namespace {

constexpr PgStatement kFile = {"explain_file", R"sql(
  SELECT f.id, f.state, f.version, f.size_bytes, f.mtime_ns, f.inode, f.changed_sequence, f.held,
         l.state, l.paused OR (SELECT paused FROM service_state), l.cursor_epoch,
         l.cursor_sequence, coalesce(e.replica_id, ''),
         c.id, encode(c.digest, 'hex'), c.width_px, c.height_px, c.rendered_by, c.read_us,
         c.render_us, c.created_at::text,
         (SELECT count(*) FROM files o WHERE o.content_id = f.content_id AND o.id <> f.id)
  FROM files f
  JOIN libraries l ON l.id = f.library_id
  LEFT JOIN library_leases e ON e.library_id = l.id AND e.expires_at >= now()
  LEFT JOIN contents c ON c.id = f.content_id
  WHERE f.library_id = $1 AND f.path_hash = sha256(convert_to($2, 'UTF8')))sql"};

constexpr PgStatement kJob = {"explain_job", R"sql(
  SELECT wanted_version, claim_token, coalesce(claimed_by, ''), claimed_version,
         claimed_at::text, attempts, tries, crashes, last_error,
         CASE WHEN run_after > now() THEN run_after::text ELSE '' END,
         (SELECT count(*) FROM jobs o WHERE o.library_id = j.library_id
                                        AND o.order_key < j.order_key AND o.claim_token IS NULL)
  FROM jobs j WHERE file_id = $1)sql"};

constexpr PgStatement kVerdict = {"explain_verdict", R"sql(
  SELECT code, detail, attempts, failed_at::text, decoder_version, content_id IS NOT NULL
  FROM failures WHERE file_id = $1 OR content_id = $2 ORDER BY content_id NULLS FIRST LIMIT 1)sql"};

constexpr PgStatement kThumbnails = {"explain_thumbnails", R"sql(
  SELECT r.name, r.definition, r.is_current, n.width_px, n.height_px, octet_length(n.data),
         n.created_at::text
  FROM recipes r LEFT JOIN thumbnail_images n ON n.recipe_id = r.id AND n.content_id = $1
  WHERE r.is_current OR n.content_id IS NOT NULL ORDER BY r.is_current DESC, r.id)sql"};

constexpr PgStatement kProblems = {"explain_problems", R"sql(
  SELECT name, problem FROM replicas WHERE problem <> '' ORDER BY started_at, id)sql"};

constexpr PgStatement kStatements[] = {kFile, kJob, kVerdict, kThumbnails, kProblems};

using Facts = PgExplainer::Facts;

const char* StateText(int state) {
  switch (static_cast<FileStatus>(state)) {
    case FileStatus::kReady:
      return "READY";
    case FileStatus::kPending:
      return "PENDING";
    case FileStatus::kFailed:
      return "FAILED";
  }
  return "UNKNOWN";
}

std::string Milliseconds(const pqxx::field& microseconds) {
  return absl::FormatDuration(absl::Microseconds(microseconds.as<std::int64_t>()));
}

// The bits of an unsigned number kept in a signed column.
std::string Unsigned(const pqxx::field& field) {
  return absl::StrCat(static_cast<std::uint64_t>(field.as<std::int64_t>()));
}

void AddFile(const pqxx::row& row, Facts& facts) {
  facts.emplace_back("state", StateText(row[1].as<int>()));
  facts.emplace_back("version", row[2].as<std::string>());
  facts.emplace_back("size_bytes", row[3].as<std::string>());
  facts.emplace_back("modified_at",
                     absl::FormatTime(absl::RFC3339_full,
                                      absl::FromUnixNanos(row[4].as<std::int64_t>()),
                                      absl::UTCTimeZone()));
  facts.emplace_back("inode", Unsigned(row[5]));
  facts.emplace_back("changed_by", row[6].as<std::int64_t>() == 0
                                       ? "a listing"
                                       : absl::StrCat("the change with sequence ", Unsigned(row[6])));
  if (row[7].as<bool>()) {
    facts.emplace_back("removal", "held: a listing missed it among too many others; see "
                                  "ConfirmRemovals");
  }
  facts.emplace_back("library_state", row[8].as<std::string>());
  if (row[9].as<bool>()) facts.emplace_back("paused", "yes: no job of the library is claimed");
  if (!row[10].is_null()) {
    facts.emplace_back("library_cursor", absl::StrCat(Unsigned(row[10]), ":", Unsigned(row[11])));
  }
  facts.emplace_back("ingested_by", row[12].as<std::string>());
}

void AddContent(const pqxx::row& row, Facts& facts) {
  if (row[13].is_null()) {
    facts.emplace_back("content", "not read yet in this version");
    return;
  }
  facts.emplace_back("content_digest", absl::StrCat("xxh3-128:", row[14].as<std::string>()));
  facts.emplace_back("image_size", absl::StrCat(row[15].as<int>(), "x", row[16].as<int>()));
  facts.emplace_back("content_first_seen", row[20].as<std::string>());
  facts.emplace_back("other_files_with_these_bytes", row[21].as<std::string>());
  if (row[19].as<std::int64_t>() == 0) return;
  facts.emplace_back("rendered_by", row[17].as<std::string>());
  facts.emplace_back("reading_took", Milliseconds(row[18]));
  facts.emplace_back("rendering_took", Milliseconds(row[19]));
}

void AddJob(const pqxx::row& row, Facts& facts) {
  if (!row[1].is_null()) {
    facts.emplace_back("job", absl::StrCat("in work since ", row[4].as<std::string>()));
    facts.emplace_back("job_replica", row[2].as<std::string>());
    facts.emplace_back("job_token", row[1].as<std::string>());
    facts.emplace_back("job_claimed_version", row[3].as<std::string>());
  } else if (!row[9].as<std::string>().empty()) {
    facts.emplace_back("job", absl::StrCat("waits for its next try until ",
                                           row[9].as<std::string>()));
  } else {
    facts.emplace_back("job", absl::StrCat("waits; jobs of the library before it: ",
                                           row[10].as<std::string>()));
  }
  facts.emplace_back("job_wanted_version", row[0].as<std::string>());
  facts.emplace_back("job_attempts", row[5].as<std::string>());
  facts.emplace_back("job_tries", row[6].as<std::string>());
  if (row[7].as<int>() > 0) {
    facts.emplace_back("job_replica_deaths", row[7].as<std::string>());
  }
  if (const std::string error = row[8].as<std::string>(); !error.empty()) {
    facts.emplace_back("job_last_error", error);
  }
}

// Of a replica, which may be why nobody takes the job up.
void AddProblem(const pqxx::row& row, Facts& facts) {
  facts.emplace_back(absl::StrCat("replica_problem ", row[0].as<std::string>()),
                     row[1].as<std::string>());
}

void AddVerdict(const pqxx::row& row, const std::string& decoder_version, Facts& facts) {
  const bool of_bytes = row[5].as<bool>();
  facts.emplace_back("verdict", absl::StrCat(row[0].as<std::string>(), ": ",
                                             row[1].as<std::string>()));
  facts.emplace_back("verdict_attempts", row[2].as<std::string>());
  facts.emplace_back("verdict_at", row[3].as<std::string>());
  const std::string decoder = row[4].as<std::string>();
  std::string until = of_bytes ? "" : "the file changes, ";
  if (!decoder.empty()) {
    absl::StrAppend(&until, "every replica has another decoder or other limits than ", decoder,
                    " (this one has ", decoder_version, "), ");
  }
  facts.emplace_back("verdict_holds_until", absl::StrCat(until, "or RetryFailures"));
}

void AddThumbnail(const pqxx::row& row, Facts& facts) {
  const std::string name = absl::StrCat(row[2].as<bool>() ? "thumbnail " : "past thumbnail ",
                                        row[0].as<std::string>());
  if (row[3].is_null()) {
    facts.emplace_back(name, absl::StrCat("missing (", row[1].as<std::string>(), ")"));
    return;
  }
  facts.emplace_back(name, absl::StrCat(row[3].as<int>(), "x", row[4].as<int>(), ", ",
                                        row[5].as<std::int64_t>(), " bytes, made ",
                                        row[6].as<std::string>(), " (", row[1].as<std::string>(),
                                        ")"));
}

}  // namespace

PgExplainer::PgExplainer(const std::string& url, std::string decoder_version, int connections)
    : pool_(url, kStatements, connections), decoder_version_(std::move(decoder_version)) {}

absl::StatusOr<std::optional<Facts>> PgExplainer::Explain(std::int64_t library_id,
                                                          absl::string_view path) {
  return pool_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::optional<Facts>> {
    const pqxx::result files = tx.exec_prepared(kFile.name, library_id, std::string(path));
    if (files.empty()) return std::optional<Facts>();
    const pqxx::row file = files[0];
    Facts facts;
    AddFile(file, facts);
    const std::int64_t content = file[13].is_null() ? 0 : file[13].as<std::int64_t>();
    for (const pqxx::row row : tx.exec_prepared(kVerdict.name, file[0].as<std::int64_t>(), content)) {
      AddVerdict(row, decoder_version_, facts);
    }
    for (const pqxx::row row : tx.exec_prepared(kJob.name, file[0].as<std::int64_t>())) {
      AddJob(row, facts);
      if (!row[1].is_null()) continue;
      for (const pqxx::row problem : tx.exec_prepared(kProblems.name)) AddProblem(problem, facts);
    }
    AddContent(file, facts);
    for (const pqxx::row row : tx.exec_prepared(kThumbnails.name, content)) {
      AddThumbnail(row, facts);
    }
    return std::optional<Facts>(std::move(facts));
  });
}

}  // namespace hestia
