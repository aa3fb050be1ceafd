// Prying: a sink that looks for memory which it could write, through any descriptor that its
// process has: when it is made, when it is configured and with each frame. What it finds is its
// error. For tests of what a stage is shown of others.
//
// Threads: as an element.
#pragma once

#include <string>

#include <sys/mman.h>
#include <sys/stat.h>

#include "parallax/element.h"

namespace parallax::testing {

class Prying final : public ElementWith<NoOptions> {
  public:
    static Pads pads() { return {.pads = {{"sink", PadDirection::sink}}, .allocates = false}; }
    Prying() { pry(); }
    Result<> configure(const Negotiated& /*formats*/) override {
        pry();
        return {};
    }
    Result<Flow> process(Context& /*context*/) override {
        pry();
        if (found_.empty()) return Flow::more;
        return fail(Errc::permission, "it can write through" + found_);
    }

  private:
    void pry() {
        for (int fd = 3; fd < 512; ++fd) {
            struct stat about{};
            if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) continue;
            void* page = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (page == MAP_FAILED) continue;
            ::munmap(page, 1);
            found_ += " " + std::to_string(fd);
        }
    }
    std::string found_;
};

}  // namespace parallax::testing
