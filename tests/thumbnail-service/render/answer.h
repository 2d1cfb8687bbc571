#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_ANSWER_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_ANSWER_H_

#include <unistd.h>

#include <cstdio>
#include <string>

#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// A WebP of 5 x 4 pixels, as far as its header goes; no more of it is looked at.
inline std::string TinyWebp() {
  return std::string("RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x05\0\x04\0", 30);
}

// The header of an answer in which every image is that one, and lies right behind it.
inline wire::ResultHeader TinyAnswer(const wire::Request& request) {
  wire::ResultHeader header;
  header.magic = wire::kMagic;
  header.version = wire::kVersion;
  header.outcome = wire::Outcome::kRendered;
  header.image_count = request.image_count;
  header.source_width_px = header.source_height_px = 5;
  // A square's without alpha: 27 and twice 5 waves behind a head of 5 bytes.
  header.thumbhash_bytes = 24;
  header.thumbhash[3] = 7;
  for (wire::ResultImage& one : header.images) one = {5, 4, sizeof(header), TinyWebp().size()};
  return header;
}

// A verdict that names the program's environment.
inline wire::ResultHeader TellEnvironment() {
  wire::ResultHeader header;
  header.magic = wire::kMagic;
  header.version = wire::kVersion;
  header.outcome = wire::Outcome::kDecodeFailed;
  std::string told = "has";
  for (char** variable = environ; *variable != nullptr; ++variable) told.append(" ").append(*variable);
  std::snprintf(header.detail, sizeof(header.detail), "%s.", told.c_str());
  return header;
}

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_ANSWER_H_
