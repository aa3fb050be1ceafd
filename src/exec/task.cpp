#include "parallax/task.h"

#include <exception>
#include <new>
#include <string>

#include "base/check.h"

namespace parallax {

// The door of what throws: no exception passes it.
Result<> Task::operator()() {
    PX_CHECK(kind_ != nullptr);
    Result<> result;
    try {
        result = kind_->call(place());
    } catch (const std::bad_alloc&) {
        result = fail(Errc::system, "a task found no memory");
    } catch (const std::exception& thrown) {
        result = fail(Errc::system, std::string("a task threw: ") + thrown.what());
    } catch (...) {
        result = fail(Errc::system, "a task threw what is no std::exception");
    }
    drop();
    return result;
}

}  // namespace parallax
