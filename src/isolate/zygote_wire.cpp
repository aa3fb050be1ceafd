#include "isolate/zygote_wire.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

#include "isolate/fd_packet.h"

namespace parallax::zygote_wire {
namespace {

constexpr std::size_t kLargestBytes = std::size_t{64} << 10;
constexpr std::size_t kCmsgFds = kMostFds + kOwnFds;
static_assert(kCmsgFds <= kMostFdsInPacket);

class Writer {
  public:
    void put(std::uint64_t number) {
        const auto raw = std::bit_cast<std::array<std::byte, 8>>(number);
        bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    }
    void put(std::span<const std::byte> data) {
        put(std::uint64_t{data.size()});
        bytes_.insert(bytes_.end(), data.begin(), data.end());
    }
    void put(const std::string& text) { put(std::as_bytes(std::span(text))); }
    void put(const std::vector<std::string>& texts) {
        put(std::uint64_t{texts.size()});
        for (const std::string& text : texts) put(text);
    }
    Bytes finish() && { return std::move(bytes_); }

  private:
    Bytes bytes_;
};

class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    std::uint64_t number() {
        std::array<std::byte, 8> raw{};
        if (rest_.size() < raw.size()) {
            good_ = false;
            return 0;
        }
        std::memcpy(raw.data(), rest_.data(), raw.size());
        rest_ = rest_.subspan(raw.size());
        return std::bit_cast<std::uint64_t>(raw);
    }
    Bytes bytes() {
        const std::uint64_t size = number();
        if (size > rest_.size()) {
            good_ = false;
            return {};
        }
        const auto part = rest_.first(static_cast<std::size_t>(size));
        rest_ = rest_.subspan(part.size());
        return {part.begin(), part.end()};
    }
    std::string text() {
        const Bytes raw = bytes();
        std::string text(raw.size(), '\0');
        std::ranges::transform(raw, text.begin(), [](std::byte b) { return static_cast<char>(b); });
        return text;
    }
    std::vector<std::string> texts() {
        std::vector<std::string> texts;
        for (std::uint64_t left = number(); left > 0 && good_; --left) texts.push_back(text());
        return texts;
    }
    bool good() const { return good_ && rest_.empty(); }

  private:
    std::span<const std::byte> rest_;
    bool good_ = true;
};

void put(Writer& to, const SandboxPolicy& policy) {
    to.put(static_cast<std::uint64_t>(policy.preset));
    to.put(static_cast<std::uint64_t>(policy.layers));
    to.put(policy.allow);
    to.put(policy.deny);
    const SandboxGrants& grants = policy.grants;
    for (const auto* texts : {&grants.read_paths, &grants.write_paths, &grants.device_paths,
                              &grants.endpoints, &grants.load_paths}) {
        to.put(*texts);
    }
    to.put(policy.limits.memory_max_bytes.value_or(0));
    to.put(std::bit_cast<std::uint64_t>(policy.limits.cpu_quota.value_or(0)));
    to.put(std::uint64_t{policy.limits.pids_max});
}

SandboxPolicy policy_of(Reader& from) {
    SandboxPolicy policy;
    policy.preset = static_cast<SandboxPreset>(from.number());
    policy.layers = static_cast<SandboxLayers>(from.number());
    policy.allow = from.texts();
    policy.deny = from.texts();
    SandboxGrants& grants = policy.grants;
    for (auto* texts : {&grants.read_paths, &grants.write_paths, &grants.device_paths,
                        &grants.endpoints, &grants.load_paths}) {
        *texts = from.texts();
    }
    if (const std::uint64_t bytes = from.number(); bytes != 0) {
        policy.limits.memory_max_bytes = bytes;
    }
    if (const auto cores = std::bit_cast<double>(from.number()); cores > 0) {
        policy.limits.cpu_quota = cores;
    }
    policy.limits.pids_max = static_cast<std::uint32_t>(from.number());
    return policy;
}

std::vector<int> cores_of(Reader& from, bool& sound) {
    const std::uint64_t count = from.number();
    sound = count <= kMostCores;
    std::vector<int> cores;
    for (std::uint64_t i = 0; sound && i < count; ++i) {
        const std::uint64_t core = from.number();
        sound = core < kMostCores;
        cores.push_back(static_cast<int>(core));
    }
    return cores;
}

}  // namespace

Bytes encode(const SpawnRequest& request) {
    Writer to;
    to.put(request.id);
    to.put(request.name);
    to.put(request.entry);
    put(to, request.policy);
    to.put(std::uint64_t{request.cores.size()});
    for (const int core : request.cores) to.put(static_cast<std::uint64_t>(core));
    to.put(std::uint64_t{request.raised});
    to.put(request.start_up_filter);
    to.put(request.final_filter);
    return std::move(to).finish();
}

Result<SpawnRequest> decode_request(std::span<const std::byte> bytes) {
    Reader from(bytes);
    SpawnRequest request;
    request.id = from.number();
    request.name = from.text();
    request.entry = from.text();
    request.policy = policy_of(from);
    bool sound = false;
    request.cores = cores_of(from, sound);
    request.raised = from.number() != 0;
    request.start_up_filter = from.bytes();
    request.final_filter = from.bytes();
    if (!from.good() || !sound)
        return fail(Errc::corrupt, "a request to the fork server is malformed");
    return request;
}

Bytes encode(const Reply& reply) {
    Writer to;
    to.put(static_cast<std::uint64_t>(reply.kind));
    to.put(reply.id);
    to.put(static_cast<std::uint64_t>(reply.pid));
    to.put(static_cast<std::uint64_t>(reply.code));
    to.put(static_cast<std::uint64_t>(reply.signal));
    to.put(std::uint64_t{reply.out_of_memory});
    to.put(std::uint64_t{reply.from_spare});
    to.put(std::uint64_t{reply.cores_held});
    to.put(reply.missing_layers);
    to.put(static_cast<std::uint64_t>(reply.error.code));
    to.put(reply.error.message);
    to.put(reply.error.hint);
    to.put(reply.error.context);
    return std::move(to).finish();
}

Result<Reply> decode_reply(std::span<const std::byte> bytes) {
    Reader from(bytes);
    Reply reply;
    const std::uint64_t kind = from.number();
    reply.kind = static_cast<ReplyKind>(kind);
    reply.id = from.number();
    reply.pid = static_cast<std::int64_t>(from.number());
    reply.code = static_cast<std::int64_t>(from.number());
    reply.signal = static_cast<std::int64_t>(from.number());
    reply.out_of_memory = from.number() != 0;
    reply.from_spare = from.number() != 0;
    reply.cores_held = from.number() != 0;
    reply.missing_layers = from.texts();
    const std::uint64_t error = from.number();
    reply.error.code = static_cast<Errc>(error);
    reply.error.message = from.text();
    reply.error.hint = from.text();
    reply.error.context = from.texts();
    const bool known = kind <= static_cast<std::uint64_t>(ReplyKind::exited) &&
                       error <= static_cast<std::uint64_t>(Errc::system);
    if (!from.good() || !known) {
        return fail(Errc::corrupt, "an answer of the fork server is malformed");
    }
    return reply;
}

Result<> send(int socket, std::span<const std::byte> bytes, std::span<const int> fds) {
    if (bytes.size() > kLargestBytes) {
        return fail(Errc::invalid_argument, "a sandbox policy is too long for the fork server");
    }
    if (fds.size() > kCmsgFds) {
        return fail(Errc::invalid_argument, "too many descriptors at once");
    }
    const Result<bool> sent = send_packet(socket, bytes, fds, true);
    if (!sent) return Failure(sent.error());
    return *sent ? Result<>{} : fail(Errc::quota_exceeded, "too many descriptors are on their way");
}

Result<std::optional<Packet>> receive(int socket, bool wait) {
    // Not cleared: most messages are short, and clearing it would cost a new child 16 page faults.
    const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kLargestBytes);
    auto received = receive_packet(socket, {buffer.get(), kLargestBytes}, kCmsgFds, wait);
    if (!received && received.error().code == Errc::peer_died) return Packet{};
    if (!received) return Failure(std::move(received).error());
    if (!*received) return std::optional<Packet>{};
    Packet packet{.bytes = {}, .fds = std::move((*received)->fds)};
    packet.bytes.assign((*received)->bytes.begin(), (*received)->bytes.end());
    return packet;
}

}  // namespace parallax::zygote_wire
