#include "tests/thumbnail-service/render/video_images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}

// One stream encoded and put into a file in memory.
class Recorder {
 public:
  Recorder(const std::string& container, const std::string& codec) {
    av_log_set_level(AV_LOG_ERROR);
    Require(avformat_alloc_output_context2(&file_, nullptr, container.c_str(), nullptr) >= 0);
    const AVCodec* encoder = avcodec_find_encoder_by_name(codec.c_str());
    Require(encoder != nullptr);
    coder_ = avcodec_alloc_context3(encoder);
    stream_ = avformat_new_stream(file_, nullptr);
    packet_ = av_packet_alloc();
    Require(coder_ != nullptr && stream_ != nullptr && packet_ != nullptr);
    coder_->thread_count = 1;
    if ((file_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
      coder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
  }
  ~Recorder() {
    av_packet_free(&packet_);
    avcodec_free_context(&coder_);
    avformat_free_context(file_);
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  AVCodecContext* coder() { return coder_; }
  AVStream* stream() { return stream_; }

  void Begin() {
    Require(avcodec_open2(coder_, nullptr, nullptr) >= 0);
    Require(avcodec_parameters_from_context(stream_->codecpar, coder_) >= 0);
    stream_->time_base = coder_->time_base;
    stream_->sample_aspect_ratio = coder_->sample_aspect_ratio;
    constexpr int kBufferBytes = 4096;
    auto* const buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    file_->pb = avio_alloc_context(buffer, kBufferBytes, 1, &memory_, nullptr, Write, Seek);
    Require(buffer != nullptr && file_->pb != nullptr);
    Require(avformat_write_header(file_, nullptr) >= 0);
  }
  // Null: the end.
  void Put(const AVFrame* frame) {
    Require(avcodec_send_frame(coder_, frame) >= 0);
    while (avcodec_receive_packet(coder_, packet_) >= 0) {
      av_packet_rescale_ts(packet_, coder_->time_base, stream_->time_base);
      packet_->stream_index = 0;
      Require(av_interleaved_write_frame(file_, packet_) >= 0);
    }
  }
  std::string End() {
    Put(nullptr);
    Require(av_write_trailer(file_) >= 0);
    avio_flush(file_->pb);
    av_freep(&file_->pb->buffer);
    avio_context_free(&file_->pb);
    return memory_.bytes;
  }

 private:
  struct Memory {
    std::string bytes;
    std::size_t at = 0;
  };
  static int Write(void* memory, std::uint8_t* data, int size) {
    auto& to = *static_cast<Memory*>(memory);
    const auto count = static_cast<std::size_t>(size);
    if (to.bytes.size() < to.at + count) to.bytes.resize(to.at + count);
    std::memcpy(to.bytes.data() + to.at, data, count);
    to.at += count;
    return size;
  }
  static std::int64_t Seek(void* memory, std::int64_t to, int whence) {
    auto& in = *static_cast<Memory*>(memory);
    const auto size = static_cast<std::int64_t>(in.bytes.size());
    if (whence == AVSEEK_SIZE) return size;
    if (whence == SEEK_CUR) to += static_cast<std::int64_t>(in.at);
    if (whence == SEEK_END) to += size;
    in.at = static_cast<std::size_t>(to);
    return to;
  }

  Memory memory_;
  AVFormatContext* file_ = nullptr;
  AVCodecContext* coder_ = nullptr;
  AVStream* stream_ = nullptr;  // the file's
  AVPacket* packet_ = nullptr;
};

// What a viewer must do with the pixels, as libavutil writes it down: turned clockwise, then
// mirrored.
void AddDisplayMatrix(AVStream* stream, int orientation) {
  struct Move {
    double degrees;
    bool mirrored;
  };
  constexpr std::array<Move, 8> kMoves = {{{0, false},
                                           {0, true},
                                           {180, false},
                                           {180, true},
                                           {90, true},
                                           {90, false},
                                           {270, true},
                                           {270, false}}};
  const Move move = kMoves[static_cast<std::size_t>(orientation - 1)];
  std::int32_t matrix[9];
  av_display_rotation_set(matrix, move.degrees);
  av_display_matrix_flip(matrix, move.mirrored ? 1 : 0, 0);
  std::uint8_t* data = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, sizeof(matrix));
  Require(data != nullptr);
  std::memcpy(data, matrix, sizeof(matrix));
}

void Fill(AVFrame* frame, const Pixels& pixels, SwsContext* scaler) {
  std::vector<std::uint8_t> rgb;
  for (const Rgba& colour : pixels.colours) {
    for (const int value : {colour.red, colour.green, colour.blue}) {
      rgb.push_back(static_cast<std::uint8_t>(value));
    }
  }
  const std::uint8_t* const planes[] = {rgb.data()};
  const int strides[] = {pixels.width * 3};
  Require(av_frame_make_writable(frame) >= 0);
  Require(sws_scale(scaler, planes, strides, 0, pixels.height, frame->data, frame->linesize) > 0);
}

void FillDeep(AVFrame* frame, const DeepPixels& pixels) {
  const auto put = [&](int plane, int x, int y, double code) {
    auto* const row =
        reinterpret_cast<std::uint16_t*>(frame->data[plane] + y * frame->linesize[plane]);
    row[x] = static_cast<std::uint16_t>(std::lround(code));
  };
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      const DeepColour& c = pixels.At(x, y);
      const double luma = 0.2627 * c[0] + 0.6780 * c[1] + 0.0593 * c[2];
      put(0, x, y, 64 + 876 * luma);
      if (x % 2 != 0 || y % 2 != 0) continue;
      // Chroma lies on the left one of two columns.
      put(1, x / 2, y / 2, 512 + 896 * (c[2] - luma) / 1.8814);
      put(2, x / 2, y / 2, 512 + 896 * (c[0] - luma) / 1.4746);
    }
  }
}
}  // namespace

bool HasVideoEncoder(const std::string& codec) {
  return avcodec_find_encoder_by_name(codec.c_str()) != nullptr;
}

std::string MakeVideo(const std::vector<Pixels>& pictures, const VideoOptions& options) {
  Recorder recorder(options.container, options.codec);
  AVCodecContext* coder = recorder.coder();
  coder->width = pictures.front().width;
  coder->height = pictures.front().height;
  coder->pix_fmt = options.codec == "mjpeg" ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
  coder->time_base = {1, 25};
  coder->framerate = {25, 1};
  coder->sample_aspect_ratio = {options.aspect_width, options.aspect_height};
  coder->gop_size = 12;
  coder->bit_rate = 8'000'000;
  if (options.orientation != 1) AddDisplayMatrix(recorder.stream(), options.orientation);
  recorder.Begin();
  AVFrame* frame = av_frame_alloc();
  Require(frame != nullptr);
  frame->format = coder->pix_fmt;
  frame->width = coder->width;
  frame->height = coder->height;
  Require(av_frame_get_buffer(frame, 0) >= 0);
  SwsContext* scaler =
      sws_getContext(coder->width, coder->height, AV_PIX_FMT_RGB24, coder->width, coder->height,
                     coder->pix_fmt, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
  Require(scaler != nullptr);
  std::int64_t time = 0;
  for (const Pixels& pixels : pictures) {
    Fill(frame, pixels, scaler);
    frame->pts = time++;
    recorder.Put(frame);
  }
  sws_freeContext(scaler);
  av_frame_free(&frame);
  return recorder.End();
}

std::string MakeDeepVideo(const DeepPixels& pixels, const std::string& codec, Cicp numbers) {
  Recorder recorder("matroska", codec);
  AVCodecContext* coder = recorder.coder();
  coder->width = pixels.width;
  coder->height = pixels.height;
  coder->pix_fmt = AV_PIX_FMT_YUV420P10;
  coder->time_base = {1, 25};
  coder->framerate = {25, 1};
  coder->bit_rate = 20'000'000;
  coder->color_range = AVCOL_RANGE_MPEG;
  coder->colorspace = AVCOL_SPC_BT2020_NCL;
  coder->color_primaries = static_cast<AVColorPrimaries>(numbers.primaries);
  coder->color_trc = static_cast<AVColorTransferCharacteristic>(numbers.transfer);
  // Each knows its own.
  av_opt_set(coder->priv_data, "preset", "ultrafast", 0);
  av_opt_set(coder->priv_data, "x265-params", "log-level=none:crf=2", 0);
  av_opt_set(coder->priv_data, "crf", "2", 0);
  av_opt_set_int(coder->priv_data, "cpu-used", 8, 0);
  recorder.Begin();
  AVFrame* frame = av_frame_alloc();
  Require(frame != nullptr);
  frame->format = coder->pix_fmt;
  frame->width = coder->width;
  frame->height = coder->height;
  for (int i = 0; i < 3; ++i) {
    Require((i > 0 || av_frame_get_buffer(frame, 0) >= 0) && av_frame_make_writable(frame) >= 0);
    FillDeep(frame, pixels);
    frame->pts = i;
    recorder.Put(frame);
  }
  av_frame_free(&frame);
  return recorder.End();
}

std::string ReferringTo(const std::string& path, std::string mp4) {
  const auto number = [&](std::size_t at) {
    unsigned value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(mp4[at + i]);
    return value;
  };
  const auto big = [](unsigned value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    return text;
  };
  const std::size_t data = mp4.find("mdat");
  const std::size_t tail = mp4.find("moov");
  Require(data != std::string::npos && tail != std::string::npos && data < tail);
  std::fill(mp4.begin() + static_cast<std::ptrdiff_t>(data) + 4,
            mp4.begin() + static_cast<std::ptrdiff_t>(tail) - 4, '\0');
  // An alias: what is fixed, of a volume called "/" and a file, then the path as its second part.
  std::string alias(10, '\0');
  alias += "\1/" + std::string(26 + 12, '\0');
  alias += "\4file" + std::string(59 + 16, '\0');
  alias += big(0, 2) + big(0, 2) + std::string(16, '\0');
  const std::string named = "/" + path + std::string(path.size() % 2 == 0 ? 1 : 0, '\0');
  alias += big(2, 2) + big(static_cast<unsigned>(named.size()), 2) + named + "\xff\xff" + big(0, 2);
  const std::string entry =
      big(static_cast<unsigned>(alias.size()) + 12, 4) + "alis" + big(0, 4) + alias;
  const std::size_t table = mp4.find("dref");
  Require(table != std::string::npos && number(table + 8) == 1);
  const unsigned before = number(table + 12);
  mp4.replace(table + 12, before, entry);
  const unsigned more = static_cast<unsigned>(entry.size()) - before;
  for (const char* box : {"moov", "trak", "mdia", "minf", "dinf", "dref"}) {
    const std::size_t at = mp4.find(box) - 4;
    mp4.replace(at, 4, big(number(at) + more, 4));
  }
  return mp4;
}

std::string MakeSound() {
  Recorder recorder("mp4", "aac");
  AVCodecContext* coder = recorder.coder();
  coder->sample_fmt = AV_SAMPLE_FMT_FLTP;
  coder->sample_rate = 44'100;
  coder->time_base = {1, 44'100};
  av_channel_layout_default(&coder->ch_layout, 1);
  recorder.Begin();
  AVFrame* frame = av_frame_alloc();
  Require(frame != nullptr);
  frame->format = coder->sample_fmt;
  frame->sample_rate = coder->sample_rate;
  frame->nb_samples = coder->frame_size;
  Require(av_channel_layout_copy(&frame->ch_layout, &coder->ch_layout) >= 0);
  Require(av_frame_get_buffer(frame, 0) >= 0);
  std::memset(frame->data[0], 0, static_cast<std::size_t>(coder->frame_size) * sizeof(float));
  for (int i = 0; i < 10; ++i) {
    frame->pts = std::int64_t{i} * coder->frame_size;
    recorder.Put(frame);
  }
  av_frame_free(&frame);
  return recorder.End();
}

}  // namespace hestia
