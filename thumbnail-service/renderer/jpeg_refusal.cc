#include "thumbnail-service/renderer/jpeg_refusal.h"

#include <jerror.h>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
[[noreturn]] void OnError(j_common_ptr codec) {
  if (codec->err->msg_code == JERR_OUT_OF_MEMORY) RefuseForMemory();
  if (codec->err->msg_code == JERR_IMAGE_TOO_BIG && codec->is_decompressor) {
    const auto* image = reinterpret_cast<jpeg_decompress_struct*>(codec);
    Refuse(wire::Outcome::kTooLarge, "%u x %u pixels; sides of a JPEG may be %ld pixels",
           image->image_width, image->image_height, JPEG_MAX_DIMENSION);
  }
  char message[JMSG_LENGTH_MAX] = {};
  codec->err->format_message(codec, message);
  const bool unsupported = codec->err->msg_code == JERR_BAD_PRECISION ||
                           codec->err->msg_code == JERR_SOF_UNSUPPORTED ||
                           codec->err->msg_code == JERR_ARITH_NOTIMPL;
  Refuse(unsupported ? wire::Outcome::kUnsupported : wire::Outcome::kDecodeFailed, "JPEG: %s",
         message);
}

void OnMessage(j_common_ptr codec, int level) {
  if (level >= 0) return;
  ++codec->err->num_warnings;
  auto* errors = reinterpret_cast<JpegErrors*>(codec->err);
  switch (codec->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
      errors->data_missing = true;
      break;
    case JWRN_JPEG_EOF:
      errors->file_ended = true;
      break;
    default:
      break;
  }
}

void PrintNothing(j_common_ptr) {}
}  // namespace

jpeg_error_mgr* RefuseOnJpegError(JpegErrors& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = OnError;
  errors.base.emit_message = OnMessage;
  errors.base.output_message = PrintNothing;
  return &errors.base;
}

}  // namespace hestia
