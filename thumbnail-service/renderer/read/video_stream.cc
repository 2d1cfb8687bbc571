#include "thumbnail-service/renderer/read/video_stream.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr char kContainers[] = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpegts,mpeg,asf";
// Of a frame's pixels, at most as many bytes lie in one piece (16-bit RGBA).
constexpr std::size_t kMostPixelBytes = 8;
constexpr int kBufferBytes = 32 << 10;
constexpr std::int64_t kProbedBytes = 5'000'000;
// Twelve seconds at 25 a second, of standard size; a second and a half in 4K.
constexpr std::int64_t kMostFrames = 300;
constexpr std::int64_t kMostPixels = 300'000'000;
constexpr std::int64_t kMostPacketBytes = std::int64_t{64} << 20;

void RefuseUnlessDone(int result) {
  if (result >= 0) return;
  if (result == AVERROR(ENOMEM)) RefuseForMemory();
  std::array<char, AV_ERROR_MAX_STRING_SIZE> message{};
  av_strerror(result, message.data(), message.size());
  Refuse(wire::Outcome::kDecodeFailed, "video: %s", message.data());
}

// What a container refers to outside of itself is not opened. Nothing asks for it today: libav's
// enable_drefs is off, and playlists are no containers here.
int OpenNothing(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EACCES);
}

void Admit(int width, int height, const Demand& demand) {
  demand.Admit({.width_px = static_cast<std::uint64_t>(width),
                .height_px = static_cast<std::uint64_t>(height)});
}

void Admit(const AVCodecParameters& parameters, const Demand& demand) {
  if (parameters.width > 0 && parameters.height > 0) {
    Admit(parameters.width, parameters.height, demand);
  }
}

bool Begins(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view with) {
  return bytes.size() >= at + with.size() &&
         std::memcmp(bytes.data() + at, with.data(), with.size()) == 0;
}

// The one reader for a file that begins so: libav would show it to each of hundreds and ask for
// their guess. What nothing else is, is what ISO media files are.
const AVInputFormat* ContainerOf(std::span<const std::uint8_t> bytes) {
  using std::string_view_literals::operator""sv;
  const auto packets = [&](std::size_t at, std::size_t size) {
    return Begins(bytes, at, "G") && Begins(bytes, at + size, "G") &&
           Begins(bytes, at + 2 * size, "G");
  };
  const char* name = "mov";
  if (Begins(bytes, 0, "\x1a\x45\xdf\xa3")) name = "matroska";
  if (Begins(bytes, 0, "FLV")) name = "flv";
  if (Begins(bytes, 0, "RIFF")) name = "avi";
  if (Begins(bytes, 0, "\0\0\1\xba"sv)) name = "mpeg";
  if (Begins(bytes, 0, "\x30\x26\xb2\x75")) name = "asf";
  if (packets(0, 188) || packets(4, 192)) name = "mpegts";
  return av_find_input_format(name);
}

bool HasPictures(const AVFormatContext& format) {
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    if (format.streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) return true;
  }
  return false;
}
}  // namespace

int VideoStream::Read(void* input, std::uint8_t* target, int size) {
  auto& from = *static_cast<Input*>(input);
  const std::size_t left = from.bytes.size() - from.at;
  if (left == 0) return AVERROR_EOF;
  const std::size_t read = std::min(left, static_cast<std::size_t>(size));
  std::memcpy(target, from.bytes.data() + from.at, read);
  from.at += read;
  return static_cast<int>(read);
}

std::int64_t VideoStream::Seek(void* input, std::int64_t to, int whence) {
  auto& from = *static_cast<Input*>(input);
  const auto size = static_cast<std::int64_t>(from.bytes.size());
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return size;
    case SEEK_CUR:
      to += static_cast<std::int64_t>(from.at);
      break;
    case SEEK_END:
      to += size;
      break;
    default:
      break;
  }
  if (to < 0 || to > size) return AVERROR(EINVAL);
  from.at = static_cast<std::size_t>(to);
  return to;
}

VideoStream::VideoStream(std::span<const std::uint8_t> bytes, const Demand& demand)
    : demand_(demand), input_{bytes}, packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
  if (packet_ == nullptr || frame_ == nullptr) RefuseForMemory();
  av_log_set_level(AV_LOG_QUIET);
  // One picture's pixels, or a packet; above it libav says that there is no memory.
  av_max_alloc(std::max(static_cast<std::size_t>(demand.limits.max_pixels) * kMostPixelBytes,
                        static_cast<std::size_t>(kMostPacketBytes)));
  Open();
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    const AVCodecParameters& parameters = *format_->streams[i]->codecpar;
    if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) {
      Admit(parameters, demand);
    } else {
      format_->streams[i]->discard = AVDISCARD_ALL;
    }
  }
  // Some containers name their streams only as these come. It decodes nothing to find out more:
  // no decoder is on the list for it.
  if (!HasPictures(*format_)) RefuseUnlessDone(avformat_find_stream_info(format_.get(), nullptr));
  Choose();
}

void VideoStream::Open() {
  auto* const buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) RefuseForMemory();
  io_.reset(avio_alloc_context(buffer, kBufferBytes, 0, &input_, Read, nullptr, Seek));
  format_.reset(avformat_alloc_context());
  if (io_ == nullptr || format_ == nullptr) RefuseForMemory();
  format_->pb = io_.get();
  format_->flags |= AVFMT_FLAG_CUSTOM_IO;
  format_->io_open = OpenNothing;
  format_->probesize = kProbedBytes;
  format_->format_whitelist = av_strdup(kContainers);
  format_->codec_whitelist = av_strdup("none");
  if (format_->format_whitelist == nullptr || format_->codec_whitelist == nullptr) {
    RefuseForMemory();
  }
  // It frees the context where it fails.
  AVFormatContext* opened = format_.release();
  const int result = avformat_open_input(&opened, "", ContainerOf(input_.bytes), nullptr);
  format_.reset(opened);
  RefuseUnlessDone(result);
}

void VideoStream::Choose() {
  const AVCodec* codec = nullptr;
  const int index = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (index == AVERROR_DECODER_NOT_FOUND) {
    Refuse(wire::Outcome::kUnsupported, "video: its codec is not known here");
  }
  if (index < 0) Refuse(wire::Outcome::kUnsupported, "video: there are no pictures in it");
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    if (static_cast<int>(i) != index) format_->streams[i]->discard = AVDISCARD_ALL;
  }
  stream_ = format_->streams[index];
  const AVCodecParameters& parameters = *stream_->codecpar;
  Admit(parameters, demand_);
  decoder_.reset(avcodec_alloc_context3(codec));
  if (decoder_ == nullptr) RefuseForMemory();
  RefuseUnlessDone(avcodec_parameters_to_context(decoder_.get(), &parameters));
  decoder_->thread_count = 1;
  // The header's size binds nobody, and there may be none. What libav judges by this has edges around
  // it, of a small picture more than itself; the picture is judged when it is there.
  constexpr std::int64_t kEdges = 1'000'000;
  decoder_->max_pixels = 2 * static_cast<std::int64_t>(demand_.limits.max_pixels) + kEdges;
  decoder_->pkt_timebase = stream_->time_base;
  RefuseUnlessDone(avcodec_open2(decoder_.get(), codec, nullptr));
  if (parameters.width > 0 && parameters.height > 0) return;
  parser_.reset(av_parser_init(parameters.codec_id));
  parsed_.reset(avcodec_alloc_context3(nullptr));
  if (parsed_ == nullptr) RefuseForMemory();
  RefuseUnlessDone(avcodec_parameters_to_context(parsed_.get(), &parameters));
}

// Where the container does not tell a size, the packets' own headers do; here, before the decoder
// gets to see them.
void VideoStream::AdmitPacket(const AVPacket& packet) {
  if (parser_ == nullptr) return;
  std::uint8_t* data = nullptr;
  int size = 0;
  parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  av_parser_parse2(parser_.get(), parsed_.get(), &data, &size, packet.data, packet.size, packet.pts,
                   packet.dts, packet.pos);
  const int width = std::max(parser_->width, parsed_->width);
  const int height = std::max(parser_->height, parsed_->height);
  if (width <= 0 || height <= 0) return;
  Admit(width, height, demand_);
  parser_.reset();
}

void VideoStream::Send(const AVPacket* packet) {
  if (avcodec_send_packet(decoder_.get(), packet) == AVERROR(ENOMEM)) RefuseForMemory();
}

bool VideoStream::Feed() {
  while (packet_bytes_ < kMostPacketBytes && av_read_frame(format_.get(), packet_.get()) >= 0) {
    packet_bytes_ += packet_->size;
    const bool ours = packet_->stream_index == stream_->index;
    // A damaged packet is passed over; the next may be whole.
    if (ours) {
      AdmitPacket(*packet_);
      Send(packet_.get());
    }
    av_packet_unref(packet_.get());
    if (ours) return true;
  }
  return false;
}

const AVFrame* VideoStream::Next() {
  if (frames_ >= kMostFrames || pixels_ >= kMostPixels) return nullptr;
  for (;;) {
    const int result = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (result == AVERROR(ENOMEM)) RefuseForMemory();
    if (result >= 0) {
      const std::int64_t pixels = std::int64_t{frame_->width} * frame_->height;
      if (frames_ == 0) Admit(frame_->width, frame_->height, demand_);
      // They may grow on the way.
      const int longer = std::max(frame_->width, frame_->height);
      if (static_cast<std::uint64_t>(pixels) > demand_.limits.max_pixels ||
          static_cast<std::uint64_t>(longer) > demand_.limits.max_side_px) {
        return nullptr;
      }
      ++frames_;
      pixels_ += pixels;
      return frame_.get();
    }
    if (result == AVERROR_EOF || (drained_ && result == AVERROR(EAGAIN))) return nullptr;
    if (!drained_ && !Feed()) {
      drained_ = true;
      Send(nullptr);
    }
  }
}

int VideoStream::orientation() const {
  std::size_t size = 0;
  const auto* const data = reinterpret_cast<const std::int32_t*>(
      av_stream_get_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, &size));
  if (data == nullptr || size < 9 * sizeof(std::int32_t)) return 1;
  const auto sign = [](std::int32_t value) { return (value > 0) - (value < 0); };
  // Where the directions right and down are shown: (x, y) to (ax + cy, bx + dy).
  const std::array<int, 4> shown = {sign(data[0]), sign(data[1]), sign(data[3]), sign(data[4])};
  constexpr std::array<std::array<int, 4>, 8> kOrientations = {{{1, 0, 0, 1},
                                                                {-1, 0, 0, 1},
                                                                {-1, 0, 0, -1},
                                                                {1, 0, 0, -1},
                                                                {0, 1, 1, 0},
                                                                {0, 1, -1, 0},
                                                                {0, -1, -1, 0},
                                                                {0, -1, 1, 0}}};
  const auto found = std::find(kOrientations.begin(), kOrientations.end(), shown);
  return found == kOrientations.end() ? 1 : static_cast<int>(found - kOrientations.begin()) + 1;
}

double VideoStream::PixelAspect(const AVFrame& frame) const {
  constexpr double kMost = 16;
  const AVRational aspect =
      av_guess_sample_aspect_ratio(format_.get(), stream_, const_cast<AVFrame*>(&frame));
  if (aspect.num <= 0 || aspect.den <= 0) return 1;
  return std::clamp(av_q2d(aspect), 1 / kMost, kMost);
}

}  // namespace hestia
