#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_KNOWN_FILES_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_KNOWN_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>
#include <pqxx/pqxx>

#include "thumbnail-service/jobs/file_state.h"
#include "thumbnail-service/jobs/ingest_store.h"

namespace hestia {

// The rows of `files` as ingest reads and marks them, within its transactions (statements of
// pg_ingest_sql.h). Errors: exceptions of libpqxx, caught by PgSession.
//
// Memory: one page of rows.

// PostgreSQL has no unsigned 64-bit type; the bit pattern is kept.
inline std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint64_t Unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

// Everything beneath a directory orders between directory + '/' and directory + '0'.
std::string FirstBeneath(absl::string_view directory);
std::string PastBeneath(absl::string_view directory);

// A row of kFindByPath or kReadRange.
KnownFile ToKnownFile(const pqxx::row& row);

// Calls `add` with the rows that the listing is about, beyond what is ingested of it up to
// `last` inclusive, in order of path. A shallow listing jumps over each directory, however
// many rows lie beneath.
void ReadKnown(pqxx::work& tx, const Lease& lease, const OpenListing& listing,
               absl::string_view last, absl::FunctionRef<void(const KnownFile&)> add);

void SetMarks(pqxx::work& tx, const std::vector<std::int64_t>& ids, bool marked);

// Marks the rows that the listing is about, beyond what is ingested of it.
void MarkRest(pqxx::work& tx, const Lease& lease, const OpenListing& listing);

// Takes the mark from these paths and what lies beneath them. False: that is everything.
bool Spare(pqxx::work& tx, const Lease& lease, absl::Span<const std::string> unread);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_KNOWN_FILES_H_
