#include "app/commands.h"

#include <array>

namespace parallax::app {
namespace {

constexpr OptionSpec kHelp{.name = "help", .letter = 'h', .doc = "print this"};
constexpr OptionSpec kVersion{.name = "version", .doc = "print the version"};
constexpr OptionSpec kJson{.name = "json", .doc = "print JSON"};

constexpr std::array kRunOptions{
    OptionSpec{.name = "file", .letter = 'f', .value = "FILE", .doc = "read the launch line there"},
    OptionSpec{.name = "resource-group",
               .value = "NAME:cores=0-1,threads=2,policy=fifo:10,nice=0",
               .doc = "threads for the elements with group=NAME; may repeat"},
    OptionSpec{.name = "list-elements", .doc = "list the elements"},
    OptionSpec{.name = "inspect", .value = "ELEMENT", .doc = "all about one element"},
    OptionSpec{.name = "dry-run",
               .value = "STEP",
               .doc = "stop after parse, negotiate or plan (the default) and print it",
               .value_optional = true,
               .words = "parse|negotiate|plan"},
    OptionSpec{.name = "format",
               .value = "FORMAT",
               .doc = "of --dry-run: text, json or dot",
               .words = "text|json|dot"},
    OptionSpec{
        .name = "report", .value = "FILE", .doc = "write a JSON report of the run; - is stdout"},
    OptionSpec{.name = "progress",
               .value = "MODE",
               .doc = "auto, plain or none",
               .words = "auto|plain|none"},
    OptionSpec{.name = "timeout", .value = "TIME", .doc = "end after 10s, 500ms …; exit 124"},
    OptionSpec{.name = "quiet", .letter = 'q', .doc = "print errors only"},
    OptionSpec{.name = "verbose", .letter = 'v', .doc = "print debug messages too"},
    OptionSpec{.name = "isolated",
               .value = "PATTERN,…",
               .doc = "each element, or each that matches, in a sandboxed process of its own",
               .value_optional = true},
    OptionSpec{.name = "grouped",
               .value = "NAME=PATTERN,…",
               .doc = "matching elements that follow each other in one process; may repeat"},
    OptionSpec{.name = "sandbox",
               .value = "PRESET|FILE",
               .doc = "what processes may: minimal-compute (the default), with-network, "
                      "with-filesystem, off, or a policy file"},
    OptionSpec{.name = "sandbox-layers",
               .value = "MODE",
               .doc = "when the machine lacks a layer: require (the default) or best-effort",
               .words = "require|best-effort"},
    OptionSpec{.name = "memory-max", .value = "SIZE", .doc = "of each process: 512M, 2G"},
    OptionSpec{.name = "cpu-quota", .value = "CORES", .doc = "of each process: 0.5"},
    OptionSpec{.name = "pids-max", .value = "COUNT", .doc = "threads of each process: 64"},
    OptionSpec{.name = "restart",
               .value = "max=5,delay=10ms,backoff=exponential,max-delay=30s,window=60s",
               .doc = "how processes that crash are started again"},
    OptionSpec{.name = "delivery",
               .value = "WHAT",
               .doc = "across crashes: exact (every frame once, or an error) or live (what crashes "
                      "an element is passed over at once, and counted)",
               .words = "exact|live"},
    OptionSpec{.name = "on-crash",
               .value = "WHAT",
               .doc = "restart (the default), drop (the branch ends) or stop (the run ends)",
               .words = "restart|drop|stop"},
    OptionSpec{.name = "poison-after",
               .value = "COUNT",
               .doc = "crashes of one frame until it is passed over: 3"},
    OptionSpec{.name = "strict", .doc = "a branch that ends by a crash ends the run"},
    OptionSpec{.name = "heartbeat", .value = "TIME", .doc = "of processes: 500ms"},
    OptionSpec{.name = "frame-deadline",
               .value = "TIME",
               .doc = "after which a frame's process counts as hung: auto, 2s"},
    OptionSpec{.name = "journal",
               .value = "DIR",
               .doc = "keep a journal of the run there; parallax journal reads it"},
    OptionSpec{.name = "journal-sync",
               .value = "WHEN",
               .doc = "when it goes to the disk: record (each, before anything else), a time like "
                      "100ms (the default), or none"},
    OptionSpec{.name = "journal-keep",
               .value = "SIZE",
               .doc = "delete its oldest segments beyond so much: 64M; all are kept without"},
    OptionSpec{.name = "trace",
               .value = "FILE",
               .doc = "write every call of an element there, for Perfetto or chrome://tracing"},
    OptionSpec{.name = "metrics",
               .value = "FILE",
               .doc = "write the counters there each second, as Prometheus reads them"},
    kHelp,
    kVersion};

constexpr std::array kJournalOptions{
    OptionSpec{.name = "format",
               .value = "FORMAT",
               .doc = "text (the default), jsonl (of export) or csv",
               .words = "text|jsonl|csv"},
    OptionSpec{.name = "lines", .letter = 'n', .value = "COUNT", .doc = "of tail: how many; 10"},
    OptionSpec{.name = "follow", .letter = 'F', .doc = "of tail: go on as it is written"},
    OptionSpec{.name = "json", .doc = "of verify: print JSON"},
    kHelp,
    kVersion};
constexpr std::array kListOptions{kJson, kHelp, kVersion};
constexpr std::array kPlainOptions{kHelp, kVersion};

constexpr std::array kCommands{
    Command{.name = "run",
            .program = "parallax-launch",
            .synopsis = "parallax-launch [options] PIPELINE…\n"
                        "parallax-launch \"rawtestsrc num-buffers=3 ! softisp ! pngenc ! "
                        "multifilesink location=out_%03d.png\"",
            .doc = "run a pipeline that is written as one line of text",
            .options = kRunOptions,
            .body = run_command},
    Command{.name = "inspect",
            .program = "parallax-inspect",
            .synopsis = "parallax-inspect [--json] [ELEMENT | sandbox | machine]\n"
                        "parallax-inspect caps VERB …",
            .doc = "list the elements, or tell all about one",
            .verbs = "caps|machine|sandbox",
            .options = kListOptions,
            .body = inspect_command},
    Command{.name = "caps",
            .program = "parallax-caps",
            .synopsis =
                "parallax caps intersect A B | subset A B | equal A B | can-intersect A B |\n"
                "              is-fixed A | fixate A | nearest FIELD A TARGET | parse A | solve "
                "FILE.json",
            .doc = "calculate with caps",
            .verbs = "intersect|subset|equal|can-intersect|is-fixed|fixate|nearest|parse|solve",
            .options = kPlainOptions,
            .body = caps_command},
    Command{.name = "journal",
            .program = "parallax-journal",
            .synopsis = "parallax journal cat|tail|verify|export [options] FOLDER\n"
                        "parallax journal export --format csv runs",
            .doc = "read, check or export what parallax-launch --journal has written",
            .verbs = "cat|tail|verify|export",
            .options = kJournalOptions,
            .body = journal_command},
    Command{.name = "top",
            .program = "parallax-top",
            .synopsis = "parallax top [options] PIPELINE…\n"
                        "parallax top \"videotestsrc ! queue ! jpegenc ! fakesink\"",
            .doc = "run a pipeline and show what each of its elements does, once a second; on a "
                   "terminal keys sort the table, pause it (p) and stop the run (q)",
            .options = kRunOptions,
            .body = top_command},
    Command{.name = "completion",
            .program = "parallax-completion",
            .synopsis = "parallax completion bash|zsh|fish\neval \"$(parallax completion bash)\"",
            .doc = "print shell completion",
            .verbs = "bash|zsh|fish",
            .options = kPlainOptions,
            .body = completion_command},
    Command{.name = "man",
            .program = "parallax-man",
            .synopsis = "parallax man [COMMAND|ELEMENT]\nparallax man run | man -l -",
            .doc = "print a man page",
            .options = kPlainOptions,
            .body = man_command}};

constexpr std::array<std::string_view, 7> kLater{"serve",  "ctl",   "model", "calibrate",
                                                 "doctor", "batch", "worker"};

}  // namespace

std::span<const Command> commands() { return kCommands; }
std::span<const std::string_view> later_commands() { return kLater; }

}  // namespace parallax::app
