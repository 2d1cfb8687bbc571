#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_STRIP_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_STRIP_READER_H_

#include <OpenImageIO/imageio.h>

#include <cstddef>
#include <string>
#include <vector>

namespace hestia {

// The error of an OpenImageIO reader, without the path, which is a descriptor's and of no use to
// anybody.
std::string CleanError(std::string error, const std::string& path);

// Reads an opened picture strip by strip from the top, and remembers which rows it could not get.
//
// Refuses (refuse.h) what cannot be read, unless it is tolerant: then only a picture without any
// row is refused, at its end. Thread-safety: none. Ownership: borrows `input`. Memory: a bit a row.
class StripReader {
 public:
  // `channels` from the file's first. `row_by_row`: no more than a row is asked for at once.
  StripReader(OIIO::ImageInput& input, int channels, std::string path, bool tolerant,
              bool row_by_row = false);

  // How many rows are best read at once.
  int rows() const;

  // Rows [begin, end) as OpenImageIO's `type`. Those that are not there are left as they were.
  void Read(int begin, int end, OIIO::TypeDesc type, void* data);
  bool IsThere(int row) const { return !lost_[static_cast<std::size_t>(row)]; }

  // After the last read: what is missing, for people; empty: nothing. Refuses when every row that
  // was read is.
  std::string Damage() const;

 private:
  int packed_rows() const;
  bool ReadRows(int begin, int end, OIIO::TypeDesc type, void* data);
  bool ReadNow(int begin, int end, OIIO::TypeDesc type, void* data);
  void ReadApart(int begin, int end, OIIO::TypeDesc type, void* data);

  OIIO::ImageInput& input_;
  const int channels_;
  const std::string path_;
  const bool tolerant_;
  const bool row_by_row_;
  bool any_there_ = false;
  std::vector<bool> lost_;  // a flag a row
  std::string error_;       // the first
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_STRIP_READER_H_
