// Parallax, and the floor below all: moving the bytes.
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>

#include <sched.h>

#include "isp/unpack.h"
#include "parallax/isp.h"
#include "peers/contender.h"

namespace parallax::peers {
namespace {

using isp::Demosaic;

RawInfo sensor() {
    RawInfo info;
    info.black_level.fill(Frame::kBlack);
    info.white_level = Frame::kWhite;
    const auto& [red, green, blue] = Frame::kGains;
    info.as_shot_neutral = {1 / red, 1 / green, 1 / blue};
    info.calibrations = {{6504.0F, {0.9F, -0.3F, -0.1F, -0.4F, 1.2F, 0.2F, -0.1F, 0.2F, 0.6F}}};
    return info;
}

// Keeps this thread off that core: a scheduler with other work to do may take longer to spread two
// threads than both take to be done.
void avoid(int core) {
    cpu_set_t cores;
    if (::sched_getaffinity(0, sizeof cores, &cores) != 0 || CPU_COUNT(&cores) < 2) return;
    CPU_CLR(static_cast<std::size_t>(core), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);
}

// Two threads take slices as they come.
void run_slices(int count, const std::function<void(int)>& body) {
    std::atomic<int> next{0};  // Pairs with itself: each slice goes to one thread.
    const auto work = [&] {
        for (int i = next++; i < count; i = next++) body(i);
    };
    const std::jthread other([&, here = ::sched_getcpu()] {
        avoid(here);
        work();
    });
    work();
}

struct Kind {
    const char* name;
    Demosaic demosaic = Demosaic::mhc;
    PixelFormat out = PixelFormat::rgb;
    int threads = 1;
};

class Developing {
  public:
    Developing(const Frame& frame, const Kind& kind)
        : frame_(frame),
          threads_(kind.threads),
          raw_(*image_layout(PixelFormat::rggb12le, frame.width, frame.height)) {
        const auto [width, height] = natural_size_px(kind.demosaic, raw_);
        out_ = *image_layout(kind.out, width, height);
        bytes_.resize(out_.size_bytes);
        const isp::Settings settings{
            .demosaic = kind.demosaic, .correct_defects = false, .correct_shading = false};
        developer_.emplace(*isp::Developer::create(settings, raw_, out_));
    }

    isp::Development run() {
        const auto samples = std::as_bytes(std::span(frame_.samples));
        return *developer_->develop(*view_image(raw_, samples), sensor(),
                                    *view_image(out_, std::span(bytes_)),
                                    threads_ == 2 ? run_slices : isp::Slices{});
    }
    std::vector<std::uint8_t> picture() const {
        std::vector<std::uint8_t> rgb(bytes_.size());
        std::memcpy(rgb.data(), bytes_.data(), rgb.size());
        return rgb;
    }

  private:
    const Frame& frame_;
    int threads_;
    ImageLayout raw_;
    ImageLayout out_;
    std::vector<std::byte> bytes_;
    std::optional<isp::Developer> developer_;
};

void add_unpacking(const Frame& frame, Contenders& all) {
    auto packed = std::make_shared<std::vector<std::byte>>(frame.samples.size() / 4 * 5);
    auto samples = std::make_shared<std::vector<std::uint16_t>>(frame.samples.size() / 4 * 4);
    all.push_back({"ours, RAW10 unpack", 1, [=] { isp::unpack_raw10(*packed, *samples); }});
}

// Reads and writes as many bytes as developing does: 2 in and 3 out of each pixel.
void add_floor(const Frame& frame, Contenders& all) {
    const std::size_t size = frame.samples.size() * 5 / 2;
    auto from = std::make_shared<std::vector<std::byte>>(size);
    auto to = std::make_shared<std::vector<std::byte>>(size);
    all.push_back({"memcpy of the same bytes", 1, [=] {
                       std::memcpy(to->data(), from->data(), from->size());
                       asm volatile("" : : "r"(to->data()) : "memory");
                   }});
}

// Vector arithmetic in registers, as much as the machine lets us do: its pace at the time.
void add_probe(const Frame& frame, Contenders& all) {
    const int rounds = static_cast<int>(frame.samples.size() / 64);
    all.push_back({"probe", 1, [rounds] {
                       using Lanes [[gnu::vector_size(16)]] = std::uint16_t;
                       std::array<Lanes, 8> v{};
                       for (int i = 0; i < rounds; ++i)
                           for (Lanes& lane : v) {
                               lane = lane * 3 + 1;
                               asm volatile("" : "+x"(lane));
                           }
                   }});
}

}  // namespace

void add_ours(Frame& frame, Contenders& all) {
    for (const Kind& kind :
         {Kind{"ours, mhc"}, Kind{.name = "ours, mhc, two threads", .threads = 2},
          Kind{"ours, bilinear", Demosaic::bilinear}, Kind{"ours, rcd", Demosaic::rcd},
          Kind{"ours, superpixel", Demosaic::superpixel},
          Kind{"ours, mhc to NV12", Demosaic::mhc, PixelFormat::nv12}}) {
        auto developing = std::make_shared<Developing>(frame, kind);
        frame.camera_to_srgb = developing->run().camera_to_srgb;
        Contender contender{kind.name, kind.threads, [=] { developing->run(); }};
        if (kind.out == PixelFormat::rgb && kind.demosaic != Demosaic::superpixel) {
            contender.picture = [=] { return developing->picture(); };
        }
        all.push_back(std::move(contender));
    }
    add_unpacking(frame, all);
    add_floor(frame, all);
    add_probe(frame, all);
}

}  // namespace parallax::peers
