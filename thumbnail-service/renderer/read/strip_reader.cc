#include "thumbnail-service/renderer/read/strip_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr int kStripRows = 64;
}  // namespace

std::string CleanError(std::string error, const std::string& path) {
  for (std::size_t at = error.find(path); at != std::string::npos; at = error.find(path)) {
    error.replace(at, path.size(), "the file");
  }
  return error.empty() ? "the reader failed without a message" : error;
}

StripReader::StripReader(OIIO::ImageInput& input, int channels, std::string path, bool tolerant,
                         bool row_by_row)
    : input_(input),
      channels_(channels),
      path_(std::move(path)),
      tolerant_(tolerant),
      row_by_row_(row_by_row),
      lost_(static_cast<std::size_t>(input.spec().height)) {}

int StripReader::packed_rows() const {
  return std::max(input_.spec().get_int_attribute("tiff:RowsPerStrip", 1), 1);
}

int StripReader::rows() const {
  if (input_.spec().tile_height > 0) return input_.spec().tile_height;
  const int packed = packed_rows();
  return packed < kStripRows ? (kStripRows + packed - 1) / packed * packed : kStripRows;
}

bool StripReader::ReadRows(int begin, int end, OIIO::TypeDesc type, void* data) {
  const OIIO::ImageSpec& spec = input_.spec();
  const int frame = input_.current_subimage();
  if (spec.tile_width != 0) {
    return input_.read_tiles(frame, 0, spec.x, spec.x + spec.width, spec.y + begin, spec.y + end,
                             spec.z, spec.z + 1, 0, channels_, type, data);
  }
  const std::size_t row =
      static_cast<std::size_t>(spec.width) * static_cast<std::size_t>(channels_) * type.size();
  const int step = row_by_row_ ? 1 : end - begin;
  for (int y = begin; y < end; y += step) {
    void* const there = static_cast<char*>(data) + static_cast<std::size_t>(y - begin) * row;
    if (!input_.read_scanlines(frame, 0, spec.y + y, spec.y + y + step, spec.z, 0, channels_, type,
                               there)) {
      return false;
    }
  }
  return true;
}

bool StripReader::ReadNow(int begin, int end, OIIO::TypeDesc type, void* data) {
  const bool read = ReadRows(begin, end, type, data);
  // Of several strips it may have failed to read one and not say so.
  if (read && !input_.has_error()) return true;
  const std::string error = CleanError(input_.geterror(), path_);
  if (!tolerant_) Refuse(wire::Outcome::kDecodeFailed, "%s", error.c_str());
  if (error_.empty()) error_ = error;
  return false;
}

// What is packed together at once, or, where that is too much, row by row until one fails: a packed
// row cannot be had without those before it.
void StripReader::ReadApart(int begin, int end, OIIO::TypeDesc type, void* data) {
  const std::size_t stride = static_cast<std::size_t>(input_.spec().width) *
                             static_cast<std::size_t>(channels_) * type.size();
  const int packed = packed_rows();
  const int step = packed <= rows() ? packed : 1;
  for (int y = begin; y < end;) {
    const int next = std::min(y + step, end);
    if (ReadNow(y, next, type,
                static_cast<char*>(data) + static_cast<std::size_t>(y - begin) * stride)) {
      std::fill(lost_.begin() + y, lost_.begin() + next, false);
      y = next;
    } else {
      y += packed - y % packed;
    }
  }
}

void StripReader::Read(int begin, int end, OIIO::TypeDesc type, void* data) {
  const bool read = ReadNow(begin, end, type, data);
  std::fill(lost_.begin() + begin, lost_.begin() + end, !read);
  if (!read && input_.spec().tile_width == 0) ReadApart(begin, end, type, data);
  for (int y = begin; y < end && !any_there_; ++y) any_there_ = IsThere(y);
}

std::string StripReader::Damage() const {
  const auto lost = std::count(lost_.begin(), lost_.end(), true);
  if (lost == 0) return "";
  if (!any_there_) Refuse(wire::Outcome::kDecodeFailed, "%s", error_.c_str());
  return std::to_string(lost) + " of " + std::to_string(lost_.size()) +
         " rows cannot be read: " + error_;
}

}  // namespace hestia
