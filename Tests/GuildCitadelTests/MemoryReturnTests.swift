import Testing

@testable import GuildCitadel

@Suite struct MemoryReturnTests {
    @Test(arguments: [
        ("5630a8f43000-5630aadce000 r-xp 00ac9000 fe:00 16228512                   /usr/bin/guild", true),
        ("7f0000000000-7f0000001000 r-xp 00000000 fe:00 1 /usr/lib/a library.so", true),
        ("5630a8479000-5630a8f43000 r--p 00000000 fe:00 16228512                   /usr/bin/guild", false),
        ("5630aaeee000-5630ad42b000 rw-p 02a72000 fe:00 16228512                   /usr/bin/guild", false),
        ("7ffd5b5d8000-7ffd5b5da000 r-xp 00000000 00:00 0                          [vdso]", false),
        ("7f203c000000-7f203c021000 rwxp 00000000 00:00 0 ", false), ("", false), ("x-y r-xp 0 0 0 /a", false),
        ("2-1 r-xp 0 0 0 /a", false), ("0-1 r-xp 0 0 0 /a", false),
    ])
    func `only code that is mapped from a file, and never written to, is given back`(line: String, isCode: Bool) {
        #expect((MemoryReturn.fileRange(line[...], "r-xp") != nil) == isCode)
    }

    @Test func `the addresses are those of the line`() {
        #expect(MemoryReturn.fileRange("1000-3000 r--p 0 0 0   /a", "r--p") == 0x1000..<0x3000)
    }

    @Test func `a process runs on after its start was given back`() {
        MemoryReturn.ofStartup()
        #expect("\(["still", "here"])" == "[\"still\", \"here\"]")
    }
}
