#include "isolate/child_phase.h"

namespace parallax {

using Type = ControlMessage::Type;

bool may_say(ChildPhase phase, Type type) {
    switch (type) {
        case Type::hello:
            return phase == ChildPhase::born;
        case Type::mapped:
            return phase == ChildPhase::mapping;
        case Type::ready:
            return phase == ChildPhase::building;
        case Type::post:
            return phase >= ChildPhase::building;
        case Type::failed:
            return phase >= ChildPhase::mapping && phase != ChildPhase::finished;
        case Type::metric:
        case Type::finished:
        case Type::rested:
            return phase == ChildPhase::finishing;
        case Type::rebound:
        case Type::pong:
            return phase >= ChildPhase::ready;
        case Type::first_frame:
        case Type::ended:
        case Type::reconfigure_wanted:
        case Type::flush_wanted:
        case Type::up_event:
        case Type::upstream_done:
        case Type::property_set:
            return phase >= ChildPhase::ready && phase <= ChildPhase::finishing;
        default:
            return false;
    }
}

ChildPhase after(ChildPhase phase, Type type) {
    switch (type) {
        case Type::hello:
            return ChildPhase::mapping;
        case Type::mapped:
            return ChildPhase::building;
        case Type::ready:
            return ChildPhase::ready;
        case Type::finished:
        case Type::rested:
            return ChildPhase::finished;
        default:
            return phase;
    }
}

}  // namespace parallax
