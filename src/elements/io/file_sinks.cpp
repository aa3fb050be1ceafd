#include "elements/io/file_sinks.h"

#include <unistd.h>

#include "elements/io/output_file.h"
#include "elements/rewrite_start.h"

namespace parallax::elements {
namespace {

Pads one_sink() {
    return {
        .pads = {{"sink", PadDirection::sink}}, .state = StateClass::opaque, .allocates = false};
}

}  // namespace

Pads FileSink::pads() { return one_sink(); }

Result<> FileSink::open() {
    file_ = PX_TRY(open_output(options().location.path));
    return {};
}

Result<Flow> FileSink::process(Context& context) {
    PX_TRY(file_->write(context.in()));
    return Flow::more;
}

Result<bool> FileSink::event(Context&, const Event& event) {
    const auto bytes = rewritten_start(event);
    if (!bytes || !file_) return false;
    PX_TRY(file_->rewrite_start(*bytes));
    return true;
}

Result<> FileSink::finish(bool complete) {
    if (complete && file_) PX_TRY(file_->commit());
    file_.reset();
    return {};
}

Pads MultiFileSink::pads() { return one_sink(); }

// The first file is tried at once: what cannot be written is known before anything is computed.
Result<> MultiFileSink::open() {
    pattern_ = PX_TRY(FilePattern::parse(options().location.path));
    PX_TRY(open_output(pattern_.name(options().index)));
    return {};
}

Result<Flow> MultiFileSink::process(Context& context) {
    std::string name = pattern_.name(options().index);
    codec::AtomicFile file = PX_TRY(open_output(name));
    PX_TRY(file.write(context.in()));
    PX_TRY(file.commit());
    ++options().index;
    if (options().max_files == 0 || !pattern_.numbered()) return Flow::more;
    written_.push_back(std::move(name));
    if (written_.size() > options().max_files) {
        ::unlink(written_.front().c_str());  // Somebody else may have taken it away: no matter.
        written_.pop_front();
    }
    return Flow::more;
}

}  // namespace parallax::elements
