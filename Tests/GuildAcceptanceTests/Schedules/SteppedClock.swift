import Foundation
import GuildDomain
import GuildTestSupport

/// A wall clock of a test's own for the programs it starts, and that it sets while they run: a small library that is
/// loaded before glibc's and adds what a shared file holds to `CLOCK_REALTIME`.
final class SteppedClock: Sendable {
    private let folder: String
    private var offsetFile: String { folder + "/offset" }
    private var library: String { folder + "/clock.so" }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <time.h>
        #include <unistd.h>
        static volatile int64_t *offset;
        static int (*actual)(clockid_t, struct timespec *);
        __attribute__((constructor)) static void load(void) {
            actual = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
            int file = open(getenv("STEPPED_CLOCK"), O_RDONLY | O_CLOEXEC);
            if (file < 0) return;
            void *page = mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
            if (page != MAP_FAILED) offset = page;
            close(file);
        }
        int clock_gettime(clockid_t clock, struct timespec *time) {
            if (!actual) load();
            int result = actual(clock, time);
            if (result == 0 && clock == CLOCK_REALTIME && offset) time->tv_sec += *offset;
            return result;
        }

        """

    /// The C compiler; nil where there is none.
    static func compiler() async -> String? {
        for name in ["clang", "cc", "gcc"] {
            // One that cannot be started is one that is not there.
            let tried = try? await ChildProcess.run("/usr/bin/env", [name, "--version"])
            if tried?.status == 0 { return name }
        }
        return nil
    }

    init() async throws {
        folder = NSTemporaryDirectory() + "guild-clock-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(Self.source.utf8).write(to: URL(fileURLWithPath: folder + "/clock.c"))
        try Data(count: 8).write(to: URL(fileURLWithPath: offsetFile))
        let made = try await ChildProcess.run(
            "/usr/bin/env",
            [await Self.compiler() ?? "cc", "-shared", "-fPIC", "-O1", "-o", library, folder + "/clock.c", "-ldl"])
        guard made.status == 0 else { throw Failure(.unavailable, "cannot build the clock: \(made.errors)") }
    }

    deinit {
        // A folder that stays behind is only litter.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What a program is started with to live by this clock.
    var environment: [String: String?] { ["LD_PRELOAD": library, "STEPPED_CLOCK": offsetFile] }

    /// Sets the clock so many seconds beside the machine's own, for everybody at once.
    func set(offsetSeconds: Int64) throws {
        let file = open(offsetFile, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        var value = offsetSeconds
        guard file >= 0, pwrite(file, &value, 8, 0) == 8 else {
            throw Failure(.unavailable, "cannot set the clock: \(String(cString: strerror(errno)))")
        }
    }
}
