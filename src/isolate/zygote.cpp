#include "isolate/zygote.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isolate/zygote_wire.h"

namespace parallax {
namespace {

using zygote_wire::Packet;
using zygote_wire::Reply;
using zygote_wire::ReplyKind;
using zygote_wire::SpawnRequest;

constexpr int kAnswerSeconds = 30;  // A busy machine, with a sanitizer; a healthy one: 1 ms.
constexpr int kDeathMs = 1000;      // Between a fork server's death and its children's.

// What the fork server may know of our surroundings: what loading needs, and the sanitizers.
constexpr auto kKeptVariables = std::to_array<const char*>(
    {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"});

// Set where a program serves as a fork server: should its main() not know, it starts no other.
constexpr const char* kWithin = "PARALLAX_FORK_SERVER=1";

bool within_fork_server() {
    return std::getenv("PARALLAX_FORK_SERVER") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

std::vector<std::string> clean_environment() {
    std::vector<std::string> variables{"LC_ALL=C.UTF-8", kWithin};
    for (const char* name : kKeptVariables) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
        if (value != nullptr) variables.push_back(std::string(name) + "=" + value);
    }
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// posix_spawn returns its error instead of setting errno.
Result<pid_t> spawn_program(const std::string& program, std::vector<std::string> arguments,
                            int socket) {
    std::vector<std::string> environment = clean_environment();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, socket, kZygoteFd);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kZygoteFd + 1);
    // A session of its own: ^C at the terminal is the supervisor's affair. No blocked signals.
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes,
                                    pointers(arguments).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error == 0) return pid;
    errno = error;
    return fail_errno("starting the fork server " + program);
}

// The library's own is declared without C linkage in glibc 2.36.
UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool readable(int fd, int timeout_ms) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, timeout_ms) == 1;
}

Result<> watch(int epoll, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno("epoll_ctl");
    return {};
}

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    // A full pipe loses what a stage prints; it never stops the stage.
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("pipe2");
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

struct Filters {
    zygote_wire::Bytes start_up;
    zygote_wire::Bytes final;
};

Result<zygote_wire::Bytes> compiled(const SandboxPolicy& policy, FilterPhase phase) {
    const auto rules = PX_TRY(syscall_rules(policy, phase));
    const SeccompFilter filter = PX_TRY(SeccompFilter::compile(rules));
    return zygote_wire::Bytes(filter.bytes().begin(), filter.bytes().end());
}

// All that the rules depend on: which files are granted is not theirs to know.
std::string filter_key(const SandboxPolicy& policy) {
    std::string key = std::to_string(static_cast<int>(policy.preset));
    for (const bool each : {policy.needs_files(), policy.writes_files(), policy.needs_sockets(),
                            policy.grants.device_paths.empty()}) {
        key += each ? '1' : '0';
    }
    for (const auto* names : {&policy.allow, &policy.deny}) {
        key += '/';
        for (const std::string& name : *names) key += name + ' ';
    }
    return key;
}

}  // namespace

// One process. There are two when a stage needs the machine's network: one lives in an empty one.
class Zygote::Server {
  public:
    static Result<std::unique_ptr<Server>> start(const Options& options, bool network);
    ~Server();

    int socket() const { return socket_.get(); }
    int pidfd() const { return pidfd_.get(); }
    pid_t pid() const { return pid_; }
    bool alive() const { return !readable(pidfd_.get(), 0); }
    bool has_served() const { return has_served_; }

    // Sends, and waits for the answer; exits that arrive meanwhile are put aside.
    Result<Child> spawn(const SpawnRequest& request, std::span<const int> fds,
                        std::deque<ChildExit>& exits);
    // The next exit that is told, or, of a dead server, that must have been.
    std::optional<ChildExit> reaped();

    Server(pid_t pid, UniqueFd pidfd, UniqueFd socket)
        : pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)) {}

  private:
    Result<std::optional<Packet>> next(bool wait) const;
    Result<Packet> answer(std::uint64_t id, Reply& reply, std::deque<ChildExit>& exits);
    std::optional<ChildExit> orphan();

    pid_t pid_;
    UniqueFd pidfd_;
    UniqueFd socket_;
    bool has_served_ = false;
    std::map<std::uint64_t, pid_t> running_;
};

struct Zygote::State {
    Options options;
    std::array<std::unique_ptr<Server>, 2> servers;  // Without network, and with.
    UniqueFd epoll;
    UniqueFd put_aside;  // Counts `exits`, so that epoll sees them.
    std::deque<ChildExit> exits;
    std::uint64_t last_id = 0;
    // Compiling takes longer than starting the child.
    std::map<std::string, Filters> filters;

    Result<const Filters*> filters_for(const SandboxPolicy& policy);
};

Result<const Filters*> Zygote::State::filters_for(const SandboxPolicy& policy) {
    const std::string key = filter_key(policy);
    auto found = filters.find(key);
    if (found == filters.end()) {
        Filters made{.start_up = PX_TRY(compiled(policy, FilterPhase::start_up)),
                     .final = PX_TRY(compiled(policy, FilterPhase::final))};
        found = filters.emplace(key, std::move(made)).first;
    }
    return &found->second;
}

Result<std::unique_ptr<Zygote::Server>> Zygote::Server::start(const Options& options,
                                                              bool network) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("socketpair");
    }
    UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    const timeval patience{.tv_sec = kAnswerSeconds, .tv_usec = 0};
    ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::vector<std::string> arguments{"parallax-stage", "--parallax-zygote",
                                       network ? "network" : "no-network"};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    const pid_t pid = PX_TRY(spawn_program(options.program, std::move(arguments), theirs.get()));
    UniqueFd pidfd = open_pidfd(pid);
    if (!pidfd) return fail_errno("pidfd_open");
    return std::make_unique<Server>(pid, std::move(pidfd), std::move(ours));
}

Zygote::Server::~Server() {
    socket_ = UniqueFd();  // It kills its children, removes their cgroups, and ends.
    if (!readable(pidfd_.get(), kAnswerSeconds * 1000)) ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

Result<std::optional<Packet>> Zygote::Server::next(bool wait) const {
    return zygote_wire::receive(socket_.get(), wait);
}

Result<Packet> Zygote::Server::answer(std::uint64_t id, Reply& reply,
                                      std::deque<ChildExit>& exits) {
    for (;;) {
        std::optional<Packet> packet = PX_TRY(next(true));
        if (!packet) return fail(Errc::timed_out, "the fork server does not answer");
        if (packet->bytes.empty()) {
            return fail(Errc::peer_died, "the fork server ended", kMainHint);
        }
        reply = PX_TRY(zygote_wire::decode_reply(packet->bytes));
        has_served_ = true;
        if (reply.kind != ReplyKind::exited && reply.id == id) return std::move(*packet);
        if (reply.kind != ReplyKind::exited) continue;  // Of a spawn that was given up.
        running_.erase(reply.id);
        exits.push_back({reply.id, static_cast<pid_t>(reply.pid), static_cast<int>(reply.code),
                         static_cast<int>(reply.signal), reply.out_of_memory});
    }
}

Result<Child> Zygote::Server::spawn(const SpawnRequest& request, std::span<const int> fds,
                                    std::deque<ChildExit>& exits) {
    CrashPage page = PX_TRY(CrashPage::create());
    Pipe errors = PX_TRY(make_pipe());
    std::vector<int> all{page.fd(), errors.write.get()};
    all.insert(all.end(), fds.begin(), fds.end());
    PX_TRY(zygote_wire::send(socket_.get(), zygote_wire::encode(request), all));
    Reply reply;
    Packet packet = PX_TRY(answer(request.id, reply, exits));
    if (reply.kind == ReplyKind::failed) {
        return Failure(std::move(reply.error));
    }
    if (packet.fds.size() != 1) return fail(Errc::corrupt, "the fork server sent no pidfd");
    const auto pid = static_cast<pid_t>(reply.pid);
    running_.emplace(request.id, pid);
    return Child{.id = request.id,
                 .pid = pid,
                 .pidfd = std::move(packet.fds.front()),
                 .stderr_read = std::move(errors.read),
                 .crash_page = std::move(page),
                 .missing_layers = std::move(reply.missing_layers),
                 .cores_held = reply.cores_held,
                 .from_spare = reply.from_spare};
}

std::optional<ChildExit> Zygote::Server::reaped() {
    for (;;) {
        const Result<std::optional<Packet>> packet = next(false);
        if (!packet || (*packet && (*packet)->bytes.empty())) return orphan();
        if (!*packet) return alive() ? std::nullopt : orphan();
        const Result<Reply> reply = zygote_wire::decode_reply((*packet)->bytes);
        if (!reply || reply->kind != ReplyKind::exited) continue;
        running_.erase(reply->id);
        return ChildExit{reply->id, static_cast<pid_t>(reply->pid), static_cast<int>(reply->code),
                         static_cast<int>(reply->signal), reply->out_of_memory};
    }
}

// The kernel kills the children of a dead server; nobody is left to say so.
std::optional<ChildExit> Zygote::Server::orphan() {
    if (running_.empty()) return std::nullopt;
    const auto [id, pid] = *running_.begin();
    running_.erase(running_.begin());
    const UniqueFd pidfd = open_pidfd(pid);
    if (pidfd) (void)readable(pidfd.get(), kDeathMs);
    return ChildExit{.id = id, .pid = pid, .code = 0, .signal = SIGKILL, .out_of_memory = false};
}

Zygote::Zygote(std::unique_ptr<State> state) : state_(std::move(state)) {}

Zygote::~Zygote() = default;

Result<std::unique_ptr<Zygote>> Zygote::start(Options options) {
    if (within_fork_server()) {
        return fail(Errc::invalid_argument, "this process was started to serve as a fork server",
                    kMainHint);
    }
    auto zygote = std::make_unique<Zygote>(std::make_unique<State>());
    State& state = *zygote->state_;
    state.options = std::move(options);
    state.epoll = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!state.epoll) return fail_errno("epoll_create1");
    state.put_aside = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!state.put_aside) return fail_errno("eventfd");
    PX_TRY(watch(state.epoll.get(), state.put_aside.get()));
    (void)PX_TRY(zygote->server(false));
    return zygote;
}

Result<std::unique_ptr<Zygote>> Zygote::another() const { return start(state_->options); }

bool Zygote::has_served() const {
    return std::ranges::any_of(state_->servers, [](const std::unique_ptr<Server>& server) {
        return server && server->has_served();
    });
}

// Started when first needed.
Result<Zygote::Server*> Zygote::server(bool network) {
    std::unique_ptr<Server>& server = state_->servers.at(network ? 1 : 0);
    if (!server) {
        auto started = PX_TRY(Server::start(state_->options, network));
        PX_TRY(watch(state_->epoll.get(), started->socket()));
        PX_TRY(watch(state_->epoll.get(), started->pidfd()));
        server = std::move(started);
    }
    return server.get();
}

Result<Child> Zygote::spawn(const SpawnOptions& options, std::span<const int> fds) {
    if (fds.size() > zygote_wire::kMostFds) {
        return fail(Errc::invalid_argument, "a stage takes at most " +
                                                std::to_string(zygote_wire::kMostFds) +
                                                " descriptors at its start");
    }
    PX_TRY(check_policy(options.policy));
    SpawnRequest request{.id = ++state_->last_id,
                         .name = options.name,
                         .entry = options.entry,
                         .policy = options.policy,
                         .cores = options.cores,
                         .raised = options.raised,
                         .start_up_filter = {},
                         .final_filter = {}};
    if (options.policy.preset != SandboxPreset::off) {
        const Filters* filters = PX_TRY(state_->filters_for(options.policy));
        request.start_up_filter = filters->start_up;
        request.final_filter = filters->final;
    }
    Server* from = PX_TRY(server(options.policy.needs_network()));
    const std::size_t before = state_->exits.size();
    Result<Child> child = from->spawn(request, fds, state_->exits);
    if (state_->exits.size() > before) ::eventfd_write(state_->put_aside.get(), 1);
    return std::move(child).context(options.name);
}

std::optional<ChildExit> Zygote::reaped() {
    State& state = *state_;
    if (!state.exits.empty()) {
        const ChildExit exit = state.exits.front();
        state.exits.pop_front();
        eventfd_t count = 0;
        if (state.exits.empty()) ::eventfd_read(state.put_aside.get(), &count);
        return exit;
    }
    for (const auto& server : state.servers) {
        if (!server) continue;
        if (auto exit = server->reaped()) return exit;
    }
    return std::nullopt;
}

int Zygote::event_fd() const { return state_->epoll.get(); }

bool Zygote::alive() const {
    return std::ranges::all_of(state_->servers,
                               [](const auto& server) { return !server || server->alive(); });
}

pid_t Zygote::pid() const { return state_->servers.front()->pid(); }

int signal_of(const ChildExit& exit, const CrashPage& page) {
    if (exit.signal == 0 || exit.signal == SIGKILL || exit.signal == SIGTERM) return exit.signal;
    const auto record = page.read();
    return record && *record ? (*record)->signal : exit.signal;
}

bool is_zygote(int argc, char** argv) {
    return argc > 1 && std::strcmp(argv[1], "--parallax-zygote") == 0;
}

}  // namespace parallax
