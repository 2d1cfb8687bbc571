#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_VIDEO_STREAM_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_VIDEO_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

template <auto kFree>
struct FreedByAddress {
  template <typename T>
  void operator()(T* thing) const {
    kFree(&thing);
  }
};

// The pictures of a video, from its first on, by libav: the containers MP4 and QuickTime, Matroska
// and WebM, AVI, FLV, MPEG and ASF, nothing outside of the file.
//
// Refuses (refuse.h) what has no pictures, cannot be read or is over a limit, before anything is
// decoded; where neither the container nor the packets' headers tell a size, when the first picture
// is, of which the decoder itself takes none far over the limit. One reader of containers sees the bytes, by how they begin. How far it
// looks is bounded: by frames, by their pixels, and by bytes of the file.
//
// Thread-safety: none; no threads of its own. Ownership: borrows the bytes and the demand. Memory:
// what the codec keeps, some frames.
class VideoStream {
 public:
  VideoStream(std::span<const std::uint8_t> bytes, const Demand& demand);

  // The next picture, valid until the next call; null at the end, or where the bound is reached.
  const AVFrame* Next();

  // How the pictures lie, in EXIF's numbers.
  int orientation() const;
  // Width : height of a pixel.
  double PixelAspect(const AVFrame& frame) const;

 private:
  // The file, as libav reads it.
  struct Input {
    std::span<const std::uint8_t> bytes;
    std::size_t at = 0;
  };
  static int Read(void* input, std::uint8_t* target, int size);
  static std::int64_t Seek(void* input, std::int64_t to, int whence);

  void Open();
  void Choose();
  void AdmitPacket(const AVPacket& packet);
  // Gives the decoder the next packet of the stream; false at the end.
  void Send(const AVPacket* packet);
  bool Feed();

  using Format = std::unique_ptr<AVFormatContext, FreedByAddress<avformat_close_input>>;
  struct FreeIo {
    void operator()(AVIOContext* io) const {
      av_freep(&io->buffer);
      avio_context_free(&io);
    }
  };

  const Demand& demand_;
  Input input_;
  std::unique_ptr<AVIOContext, FreeIo> io_;
  Format format_;
  AVStream* stream_ = nullptr;  // of format_
  std::unique_ptr<AVCodecContext, FreedByAddress<avcodec_free_context>> decoder_;
  // While no size is known.
  struct CloseParser {
    void operator()(AVCodecParserContext* parser) const { av_parser_close(parser); }
  };
  std::unique_ptr<AVCodecParserContext, CloseParser> parser_;
  std::unique_ptr<AVCodecContext, FreedByAddress<avcodec_free_context>> parsed_;
  std::unique_ptr<AVPacket, FreedByAddress<av_packet_free>> packet_;
  std::unique_ptr<AVFrame, FreedByAddress<av_frame_free>> frame_;
  std::int64_t frames_ = 0;
  std::int64_t pixels_ = 0;
  std::int64_t packet_bytes_ = 0;
  bool drained_ = false;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_VIDEO_STREAM_H_
