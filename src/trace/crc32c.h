// crc32c: the Castagnoli checksum, of bytes that may come in pieces.
//
// Polynomial 0x1EDC6F41, reflected, as in RFC 3720 (iSCSI), appendix B.4. It finds any one to three
// flipped bits in records of up to 16 MiB and any burst of 32; it is no guard against an attacker.
// On x86-64 with SSE4.2 by the processor's own instruction, asked for at run time; else by tables.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parallax {

// Of `bytes` after others whose sum was `before`: crc32c(b, crc32c(a)) is that of a and b in a row.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

// The same by tables, on any machine.
std::uint32_t crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace parallax
