#include "thumbnail-service/store/pg_known_files.h"

#include <algorithm>

#include <absl/strings/str_cat.h>

#include "thumbnail-service/store/pg_ingest_sql.h"

namespace hestia {
namespace {

constexpr int kRowsPerPage = 2000;
// Behind a directory that was jumped over may lie the next one at once.
constexpr int kRowsAfterJump = 16;

// Paths from `from` on and before `to`, in byte order.
struct PathRange {
  std::string from;
  std::string to;
};

// No path holds a NUL, so this is the first one behind `path`.
std::string JustPast(absl::string_view path) { return absl::StrCat(path, "\x01"); }

// Greater than any path: the highest character, more often than a path has room for.
std::string PastEverything() {
  std::string text;
  for (int i = 0; i < 1024; ++i) text += "\xF4\x8F\xBF\xBF";
  return text;
}

// What of the listing's scope has not been ingested yet.
PathRange Rest(const OpenListing& listing) {
  const bool root = listing.scope.empty();
  PathRange range{.from = root ? "" : FirstBeneath(listing.scope),
                  .to = root ? PastEverything() : PastBeneath(listing.scope)};
  if (!listing.after.empty()) range.from = JustPast(listing.after);
  return range;
}

// The directory, directly in the scope, in which `path` lies; empty when itself lies there.
absl::string_view DirectoryInScope(absl::string_view scope, absl::string_view path) {
  const std::size_t slash = path.find('/', scope.empty() ? 0 : scope.size() + 1);
  return slash == absl::string_view::npos ? absl::string_view() : path.substr(0, slash);
}

void ReadRange(pqxx::work& tx, const Lease& lease, const OpenListing& listing, PathRange range,
               absl::FunctionRef<void(const KnownFile&)> add) {
  int limit = listing.shallow ? kRowsAfterJump : kRowsPerPage;
  for (bool more = true; more;) {
    const pqxx::result page =
        tx.exec_prepared(kReadRange.name, lease.library_id, range.from, range.to, limit);
    more = page.size() == static_cast<pqxx::result::size_type>(limit);
    limit = std::min(2 * limit, kRowsPerPage);
    for (const pqxx::row row : page) {
      const KnownFile known = ToKnownFile(row);
      const absl::string_view directory = DirectoryInScope(listing.scope, known.path);
      if (listing.shallow && !directory.empty()) {
        range.from = PastBeneath(directory);
        limit = kRowsAfterJump;
        more = true;
        break;
      }
      add(known);
      range.from = JustPast(known.path);
    }
  }
}

}  // namespace

std::string FirstBeneath(absl::string_view directory) { return absl::StrCat(directory, "/"); }
std::string PastBeneath(absl::string_view directory) { return absl::StrCat(directory, "0"); }

KnownFile ToKnownFile(const pqxx::row& row) {
  return KnownFile{.id = row[0].as<std::int64_t>(),
                   .path = row[1].as<std::string>(),
                   .stamp = {.size_bytes = row[2].as<std::int64_t>(),
                             .mtime_ns = row[3].as<std::int64_t>(),
                             .inode = Unsigned(row[4].as<std::int64_t>())},
                   .status = static_cast<FileStatus>(row[5].as<int>()),
                   .marked = row[6].as<bool>()};
}

void ReadKnown(pqxx::work& tx, const Lease& lease, const OpenListing& listing,
               absl::string_view last, absl::FunctionRef<void(const KnownFile&)> add) {
  ReadRange(tx, lease, listing, {.from = Rest(listing).from, .to = JustPast(last)}, add);
}

void SetMarks(pqxx::work& tx, const std::vector<std::int64_t>& ids, bool marked) {
  if (!ids.empty()) tx.exec_prepared(kMark.name, PgArray(ids), marked);
}

void MarkRest(pqxx::work& tx, const Lease& lease, const OpenListing& listing) {
  const PathRange rest = Rest(listing);
  if (!listing.shallow) {
    tx.exec_prepared(kMarkRange.name, lease.library_id, rest.from, rest.to);
    return;
  }
  std::vector<std::int64_t> ids;
  ReadRange(tx, lease, listing, rest, [&](const KnownFile& known) {
    ids.push_back(known.id);
    if (ids.size() < kRowsPerPage) return;
    SetMarks(tx, ids, true);
    ids.clear();
  });
  SetMarks(tx, ids, true);
}

bool Spare(pqxx::work& tx, const Lease& lease, absl::Span<const std::string> unread) {
  for (const std::string& path : unread) {
    if (path.empty()) return false;
    tx.exec_prepared(kSpare.name, lease.library_id, path, PastBeneath(path));
  }
  return true;
}

}  // namespace hestia
