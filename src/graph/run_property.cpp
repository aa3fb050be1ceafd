// The properties of a run's elements, whoever asks and whenever.
#include <algorithm>
#include <chrono>
#include <future>
#include <memory>

#include "graph/run.h"

namespace parallax {
namespace {

// A stage between two frames answers at once; one that is busy for longer is not waited for.
constexpr std::chrono::seconds kPatience(5);

// Once it plays, an element has made of its options what it needs; only live ones it reads anew.
Result<> check_live(const ElementRun& run, std::string_view name) {
    for (const PropertySpec& spec : run.element->properties()) {
        if (spec.name != name || spec.detail.live || spec.detail.read_only) continue;
        return fail(Errc::invalid_argument, std::string(name) + " may not change any more",
                    "set it before play()");
    }
    return {};
}

std::vector<Caps> caps_of_pads(const ElementRun& run) {
    std::vector<Caps> all;
    all.reserve(run.pads.pads.size());
    for (const Pad& pad : run.pads.pads) all.push_back(run.element->pad_caps(pad));
    return all;
}

}  // namespace

ElementRun* Run::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);  // A renegotiation may add elements.
    const auto found =
        std::ranges::find(elements_, name, [](const auto& run) { return run->name; });
    return found == elements_.end() ? nullptr : found->get();
}

Element* Run::element(std::string_view name) {
    ElementRun* run = find(name);
    return run == nullptr ? nullptr : run->element.get();
}

Stage* Run::stage_of(const ElementRun& run) const {
    for (Stage& stage : local_stages()) {
        for (const Stage::Step& step : stage.chain()) {
            if (step.run == &run) return &stage;
        }
    }
    return nullptr;
}

// Runs `work` where nothing else touches the element: on its stage's thread between two frames,
// or here when it is in no stage.
template <class T>
Result<T> Run::between_frames(ElementRun& run,
                              std::move_only_function<Result<T>(bool playing)> work) const {
    const auto promise = std::make_shared<std::promise<Result<T>>>();
    auto answer = promise->get_future();
    {
        const std::lock_guard lock(control_);
        Stage* stage = stage_of(run);
        if (stage == nullptr) return work(false);
        stage->post(
            [promise, work = std::move(work)]() mutable { promise->set_value(work(true)); });
    }
    if (answer.wait_for(kPatience) != std::future_status::ready) {
        return parallax::fail(Errc::timed_out, run.name + " does not answer: its stage is busy");
    }
    return answer.get();
}

Result<> Run::set_property(std::string_view element, std::string_view name, std::string_view text) {
    ElementRun* run = find(element);
    if (run == nullptr) return fail_not_found(element);
    if (const std::lock_guard lock(control_); runs_elsewhere(*run)) {
        return set_remote(*run, name, text);
    }
    const auto set = [this, run, name = std::string(name),
                      text = std::string(text)](bool playing) -> Result<> {
        run->configure_again = true;
        if (!playing) return run->element->set_property(name, text);
        PX_TRY(check_live(*run, name));
        const std::vector<Caps> before = caps_of_pads(*run);
        PX_TRY(run->element->set_property(name, text));
        PX_TRY(run->element->property_changed(name));
        // What pads can have is another now: what is under way drains, then all agree anew.
        if (caps_of_pads(*run) != before) reconfigure_wanted();
        return {};
    };
    return between_frames<void>(*run, set);
}

// Also here, where formats are agreed on: a successor of its process starts with it, too.
Result<> Run::set_remote(ElementRun& run, std::string_view name, std::string_view text) {
    // One that is not live takes effect in a successor, which begins where its process stands.
    const bool live = check_live(run, name).has_value();
    const std::vector<Caps> before = caps_of_pads(run);
    PX_TRY(run.element->set_property(name, text));
    const auto number = std::ranges::find(elements_, &run, &std::unique_ptr<ElementRun>::get);
    PX_TRY(remote_->set_property(static_cast<std::size_t>(number - elements_.begin()), name, text,
                                 live));
    if (caps_of_pads(run) != before) reconfigure_wanted();
    return {};
}

Result<> Run::replace(std::string_view element) {
    ElementRun* run = find(element);
    if (run == nullptr) return fail_not_found(element);
    const std::lock_guard lock(control_);
    if (!runs_elsewhere(*run)) {
        const bool plays = state_ == State::playing || state_ == State::paused;
        return parallax::fail(Errc::invalid_argument,
                              plays
                                  ? run->name + " runs in the program: it has no process to replace"
                                  : "nothing plays: there is no process to replace",
                              plays ? "isolate=process gives it one" : "");
    }
    const auto number = std::ranges::find(elements_, run, &std::unique_ptr<ElementRun>::get);
    remote_->replace(static_cast<std::size_t>(number - elements_.begin()));
    return {};
}

bool Run::runs_elsewhere(const ElementRun& run) const {
    const auto number = std::ranges::find(elements_, &run, &std::unique_ptr<ElementRun>::get);
    return remote_ != nullptr && (state_ == State::playing || state_ == State::paused) &&
           is_remote(static_cast<std::size_t>(number - elements_.begin()));
}

Result<PropertyValue> Run::property(std::string_view element, std::string_view name) const {
    ElementRun* run = find(element);
    if (run == nullptr) return fail_not_found(element);
    const auto get = [run, name = std::string(name)](bool) -> Result<PropertyValue> {
        if (auto value = run->element->property(name)) return *std::move(value);
        return parallax::fail(Errc::not_found, run->name + " has no property called " + name);
    };
    return between_frames<PropertyValue>(*run, get);
}

Failure Run::fail_not_found(std::string_view element) {
    return parallax::fail(Errc::not_found, "no element called " + std::string(element));
}

}  // namespace parallax
