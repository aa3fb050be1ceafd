#include "app/top_screen.h"

#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "app/commands.h"

namespace parallax::app {
namespace {

constexpr std::int64_t kPlainNs = 1'000'000'000;

}  // namespace

// The screen behind the one that was there, without echo; as it was once this goes.
class TopScreen::Terminal {
  public:
    static std::unique_ptr<Terminal> take() {
        termios before{};
        const bool both = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
        if (!both || ::tcgetattr(STDIN_FILENO, &before) != 0) return nullptr;
        termios raw = before;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ^C stays a signal.
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) return nullptr;
        return std::make_unique<Terminal>(before);
    }
    explicit Terminal(const termios& before) : before_(before) { draw("\x1b[?1049h\x1b[?25l"); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        draw("\x1b[?25h\x1b[?1049l");
        ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }

    // What cannot be drawn is drawn anew soon.
    static void draw(std::string_view text) {
        (void)!::write(STDOUT_FILENO, text.data(), text.size());
    }
    static void measure(TopLook& look) {
        winsize size{};
        if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return;
        look.columns = size.ws_col;
        look.lines = size.ws_row;
    }
    static std::string keys() {
        std::string keys(64, '\0');
        pollfd pressed{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        if (::poll(&pressed, 1, 0) <= 0) return "";
        const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
        keys.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return keys;
    }

  private:
    const termios before_;
};

TopScreen::TopScreen(std::string_view program)
    : program_(program), sampler_(rss_bytes_of), terminal_(Terminal::take()) {
    look_.keys = terminal_ != nullptr;
    next_ns_ = terminal_ ? 0 : kPlainNs;
}

TopScreen::~TopScreen() = default;

void TopScreen::hear_keys() {
    for (const char key : Terminal::keys()) {
        changed_ = true;
        if (const auto order = top_order_of(key)) look_.order = *order;
        if (key == 'p' || key == ' ') look_.paused = !look_.paused;
        if (key == 'q') stop_ = true;
    }
}

bool TopScreen::update(const std::optional<TelemetryLook>& news) {
    if (terminal_) hear_keys();
    if (news && !look_.paused && news->elements.front().time_ns >= next_ns_) {
        shown_ = news->elements.front();
        if (!terminal_) next_ns_ = shown_.time_ns + kPlainNs;
        rows_ = sampler_.look(news->elements);
        changed_ = true;
    }
    if (!std::exchange(changed_, false)) return !stop_;
    if (!terminal_) {
        closed_ = print(program_, top_text(shown_, rows_, look_) + "\n") != kExitOk;
        return !closed_;
    }
    Terminal::measure(look_);
    // Each line to its end, then all below: nothing flickers that stays.
    std::string screen = "\x1b[H";
    for (const char letter : top_text(shown_, rows_, look_)) {
        screen += letter == '\n' ? "\x1b[K\r\n" : std::string(1, letter);
    }
    Terminal::draw(screen + "\x1b[J");
    return !stop_;
}

void TopScreen::leave(std::span<const TelemetrySample> now) {
    terminal_.reset();
    if (closed_ || now.empty()) return;
    look_.paused = false;
    look_.keys = false;
    look_.lines = 0;
    TopSampler whole(rss_bytes_of);  // Since the run began. What cannot be printed is lost anyway.
    (void)print(program_, top_text(now.front(), whole.look(now), look_));
}

}  // namespace parallax::app
