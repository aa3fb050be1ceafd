#include "base/thread.h"

#include <cerrno>
#include <memory>
#include <string>

namespace parallax {
namespace {

struct Start {
    std::string name;
    std::move_only_function<void()> body;
};

void* begin(void* raw) {
    const std::unique_ptr<Start> start(static_cast<Start*>(raw));
    ::pthread_setname_np(::pthread_self(), start->name.c_str());
    start->body();
    return nullptr;
}

}  // namespace

Result<Thread> Thread::start(std::string_view name, std::move_only_function<void()> body) {
    auto start = std::make_unique<Start>(Start{std::string(name.substr(0, 15)), std::move(body)});
    pthread_t id{};
    if (const int refused = ::pthread_create(&id, nullptr, &begin, start.get())) {
        errno = refused;
        return fail_errno("a thread for " + std::string(name));
    }
    (void)start.release();  // NOLINT(bugprone-unused-return-value): the thread owns it now.
    Thread thread;
    thread.id_ = id;
    return thread;
}

void Thread::join() {
    if (id_) ::pthread_join(*std::exchange(id_, std::nullopt), nullptr);
}

}  // namespace parallax
