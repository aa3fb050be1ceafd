// replay: feeds files, and every prefix of them, to one fuzz target.
//
// Prefixes, because truncation is what real files suffer most; long files are cut at 64 places.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  // NOLINT

int main(int argc, char** argv) {
    int fed = 0;
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        if (!file) {
            std::fprintf(stderr, "replay: error: cannot open %s\n", argv[i]);
            return 1;
        }
        const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        const std::size_t step = bytes.size() / 64 + 1;
        for (std::size_t size = 0; size < bytes.size(); size += step, ++fed) {
            // A copy of exactly this size, so that a sanitizer sees one byte too far.
            const std::vector<std::uint8_t> prefix(
                bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            LLVMFuzzerTestOneInput(prefix.data(), prefix.size());
        }
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++fed;
    }
    std::printf("replay: %d inputs from %d files\n", fed, argc - 1);
    return argc > 1 ? 0 : 1;  // A target without a corpus guards nothing.
}
