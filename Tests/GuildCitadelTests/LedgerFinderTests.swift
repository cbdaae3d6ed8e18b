import Foundation
import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import Synchronization
import Testing

@testable import GuildCitadel

/// Which ledger a codex finds: with real repositories and a state folder of its own.
@Suite(.timeLimit(.minutes(5))) struct LedgerFinderTests {
    private func settings(_ folder: TemporaryFolder, _ codex: String) -> Settings {
        Settings(
            codex: "\(folder.path)/\(codex)",
            environment: ["XDG_STATE_HOME": folder.path + "/state", "PATH": "/usr/bin:/bin"],
            workingDirectory: folder.path, logger: silent)
    }

    private func finder(_ folder: TemporaryFolder, _ codex: String) throws -> LedgerFinder {
        let settings = settings(folder, codex)
        return LedgerFinder(try CodexAccess(settings), environment: settings.environment)
    }

    /// The path of the ledger that a writer has, made where it is not there.
    private func write(_ folder: TemporaryFolder, _ codex: String) throws -> String {
        let location = try #require(try finder(folder, codex).claim(isMaking: true).location)
        try Ledger(at: location).close()
        return location.path
    }

    private func repository(_ folder: TemporaryFolder, _ name: String, isGiven: Bool = true) throws {
        let files = OfficeCodex.files().map { ($0.key, Array($0.value.utf8)) }
        _ = try NewRepository.make(at: "\(folder.path)/\(name)", files: files, message: "\(name) \(UUID())")
        if !isGiven { try git(folder, "-C", name, "config", "--unset", "guild.id") }
    }

    private func git(_ folder: TemporaryFolder, _ arguments: String...) throws {
        try shell(folder, ["git"] + arguments)
    }

    private func shell(_ folder: TemporaryFolder, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = [
            "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@localhost",
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.failed, "\(arguments) failed") }
    }

    @Test func `a repository without an id gets one with its first ledger, and keeps both`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop", isGiven: false)
        #expect(try finder(folder, "shop").find().standing == .unknown)
        let path = try write(folder, "shop")
        let id = try #require(try CodexAccess(settings(folder, "shop")).repository.identity.id())
        #expect(path == "\(folder.path)/state/guild/shop-\(id.short)/ledger.sqlite")
        #expect(try write(folder, "shop") == path)
        #expect(try finder(folder, "shop").find().standing == .own)
    }

    @Test func `a move and a work tree keep the ledger`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        try git(folder, "-C", "shop", "worktree", "add", "-q", "../branch", "-b", "branch")
        #expect(try write(folder, "branch") == path)
        try FileManager.default.moveItem(atPath: folder.path + "/shop", toPath: folder.path + "/store")
        #expect(try finder(folder, "store").find().location?.path == path)
        #expect(try write(folder, "store") == path)
        // What was moved to another file system has other numbers there.
        try shell(folder, ["cp", "-r", "store", "elsewhere"])
        try FileManager.default.removeItem(atPath: folder.path + "/store")
        #expect(try write(folder, "elsewhere") == path)
    }

    @Test(arguments: [["--bare"], ["--mirror"], []])
    func `a clone is only alike: it is read, and not written to until somebody says so`(options: [String]) throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        try shell(folder, ["git", "clone", "-q"] + options + ["shop", "clone"])
        let home = try finder(folder, "clone").find()
        #expect(home.standing == .alike(copyOf: nil))
        #expect(home.location?.path == path)
        #expect(home.remark?.contains("guild ledger use \(path)") == true)
        let refusal = #expect(throws: Failure.self) { try finder(folder, "clone").claim(isMaking: true) }
        #expect(refusal?.kind == .usage)
        #expect(refusal?.hint?.contains("guild ledger use \(path)") == true)
        #expect(refusal?.hint?.contains("--new") == true)
        #expect(try CodexAccess(settings(folder, "clone")).repository.identity.id() == nil)
    }

    @Test func `a clone of another history is not alike, a codex of another name is`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        try git(folder, "clone", "-q", "shop", "renamed")
        try folder.write(["guild.yaml": OfficeCodex.manifest("Guild", "globex", "{}")], in: "renamed")
        try git(folder, "-C", "renamed", "commit", "-q", "-a", "-m", "another name")
        #expect(try finder(folder, "renamed").find().standing == .alike(copyOf: nil))
        #expect(try finder(folder, "renamed").find().location?.path == path)
        try git(folder, "clone", "-q", "shop", "fresh")
        try git(folder, "-C", "fresh", "checkout", "-q", "--orphan", "fresh")
        try git(folder, "-C", "fresh", "commit", "-q", "-m", "another root")
        #expect(try finder(folder, "fresh").find().standing == .unknown)
        #expect(try write(folder, "fresh") != path)
    }

    @Test func `a shallow clone, whose roots are not known, is asked about by its organisation`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        try folder.write(["notes.txt": "More history.\n"], in: "shop")
        try git(folder, "-C", "shop", "add", "--all")
        try git(folder, "-C", "shop", "commit", "-q", "-m", "more history")
        let path = try write(folder, "shop")
        try git(folder, "clone", "-q", "--depth", "1", "file://\(folder.path)/shop", "clone")
        #expect(try finder(folder, "clone").find().standing == .alike(copyOf: nil))
        let refusal = #expect(throws: Failure.self) { try finder(folder, "clone").claim(isMaking: true) }
        #expect(refusal?.kind == .usage)
        #expect(refusal?.hint?.contains("guild ledger use \(path)") == true)

        // A ledger that began in the shallow clone is asked about in a whole one.
        let (new, _) = try finder(folder, "clone").use(nil)
        #expect(try write(folder, "clone") == new.path)
        try git(folder, "clone", "-q", "shop", "whole")
        #expect(Set(try finder(folder, "whole").find().locations.map(\.path)) == [path, new.path])
        try folder.write(["guild.yaml": OfficeCodex.manifest("Guild", "globex", "{}")], in: "clone")
        try git(folder, "-C", "clone", "commit", "-q", "-a", "-m", "another name")
        try git(folder, "-C", "clone", "config", "--unset", "guild.id")
        try git(folder, "clone", "-q", "--depth", "1", "file://\(folder.path)/clone", "stranger")
        #expect(try finder(folder, "stranger").find().standing == .unknown)
    }

    @Test func `a codex made anew in the place of another begins a ledger of its own`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        // The git directory itself stays, as where a file system gives its inode to the next folder.
        try shell(folder, ["find", "shop/.git", "-mindepth", "1", "-delete"])
        try git(folder, "init", "-q", "shop")
        #expect(try finder(folder, "shop").find().standing == .unknown)
        try git(folder, "-C", "shop", "add", "--all")
        try git(folder, "-C", "shop", "commit", "-q", "-m", "another codex")
        #expect(try finder(folder, "shop").find().standing == .unknown)
        let new = try write(folder, "shop")
        #expect(new != path)
        #expect(try write(folder, "shop") == new)
        // An id that is lost does not lead back.
        try git(folder, "-C", "shop", "config", "--unset", "guild.id")
        #expect(try write(folder, "shop") == new)
    }

    @Test func `a clone uses the ledger that it is told to, or one of its own`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        for name in ["one", "two"] { try git(folder, "clone", "-q", "shop", name) }
        #expect(try finder(folder, "one").use(LedgerLocation(path: path)).ledger.path == path)
        #expect(try write(folder, "one") == path)
        #expect(try write(folder, "shop") == path)
        let (new, before) = try finder(folder, "two").use(nil)
        #expect(new.path != path)
        #expect(before?.path == path)
        #expect(try write(folder, "two") == new.path)
        // Now two are alike, and neither is read by guessing.
        try git(folder, "clone", "-q", "shop", "three")
        let home = try finder(folder, "three").find()
        #expect(home.location == nil)
        #expect(Set(home.locations.map(\.path)) == [path, new.path])
        #expect(home.refusal.kind == .usage)
    }

    @Test func `who takes another ledger is told which processes stay with the one before`() async throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        let ledger = try Ledger(at: LedgerLocation(path: path))
        defer { ledger.close() }
        let worker = try await ledger.workers.register(components: ["executor"], version: "test", now: start)
        let said = Mutex<[String]>([])
        var settings = settings(folder, "shop")
        settings.remark = { text in said.withLock { $0.append(text) } }
        let taking = LedgerTaking(settings, actor: "user:ada")
        let outcome = try await taking.take(nil)
        #expect(outcome.before == path)
        #expect(said.withLock { $0 } == ["still using \(path) until restarted: process \(getpid())"])
        try await ledger.workers.unregister(worker, now: start)
        _ = try await taking.take(path)
        _ = try await taking.take(nil)
        #expect(said.withLock { $0.count } == 1)
    }

    @Test func `another codex's ledger is taken only if that is said`() async throws {
        let folder = try TemporaryFolder()
        for name in ["shop", "store"] { try repository(folder, name) }
        let path = try write(folder, "shop")
        let taking = LedgerTaking(settings(folder, "store"), actor: "user:ada")
        let ledger = try Ledger(at: LedgerLocation(path: path))
        defer { ledger.close() }
        func accept(_ commit: String) async throws {
            try await ledger.codex.recordHead(commit: commit, accepted: true, problems: [], actor: "serve", now: start)
        }
        try await accept(String(repeating: "a", count: 40))
        let refusal = await #expect(throws: Failure.self) { try await taking.take(path) }
        #expect(refusal?.kind == .usage && refusal?.hint?.contains("--foreign") == true)
        #expect(try finder(folder, "store").find().standing == .unknown)
        #expect(try await taking.take(path, foreign: true).ledger == path)
        #expect(try await taking.take(nil).before == path)
        // One commit that is here makes it this codex's, whatever was accepted since.
        try await accept(try CodexAccess(settings(folder, "store")).snapshot().commit)
        try await accept(String(repeating: "b", count: 40))
        #expect(try await taking.take(path).ledger == path)
    }

    @Test func `a copy with the same id is noticed while the first is there`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        let path = try write(folder, "shop")
        try shell(folder, ["cp", "-r", "shop", "copy"])
        let home = try finder(folder, "copy").find()
        #expect(home.standing == .alike(copyOf: folder.path + "/shop/.git"))
        let refusal = #expect(throws: Failure.self) { try finder(folder, "copy").claim(isMaking: true) }
        #expect(refusal?.message.contains("copy of \(folder.path)/shop/.git") == true)
        #expect(try write(folder, "shop") == path)
        let (new, _) = try finder(folder, "copy").use(nil)
        #expect(new.path != path)
        #expect(try write(folder, "copy") == new.path)
        #expect(try write(folder, "shop") == path)
    }

    @Test func `a template that has an id gives it to two, and the second is noticed`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        for name in ["one", "two"] {
            try git(folder, "init", "-q", "--template=shop/.git", name)
            try shell(folder, ["sh", "-c", "cd \(name) && git fetch -q ../shop && git reset -q --hard FETCH_HEAD"])
        }
        _ = try write(folder, "one")
        #expect(throws: Failure.self) { try finder(folder, "two").claim(isMaking: true) }
    }

    @Test func `the ledger that 0.1.0 kept by path is adopted, once`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop", isGiven: false)
        let old = LedgerLocation.byPath(
            folder.path + "/shop", environment: ["XDG_STATE_HOME": folder.path + "/state"])
        try Ledger(at: old).close()
        #expect(try finder(folder, "shop").find().standing == .earlier)
        #expect(try CodexAccess(settings(folder, "shop")).repository.identity.id() == nil)
        #expect(try write(folder, "shop") == old.path)
        try FileManager.default.moveItem(atPath: folder.path + "/shop", toPath: folder.path + "/store")
        #expect(try write(folder, "store") == old.path)
        // Another repository in the old place does not take it over.
        try repository(folder, "shop", isGiven: false)
        #expect(try finder(folder, "shop").find().location != old)
    }

    @Test func `two ledgers of two work trees are not chosen between`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop", isGiven: false)
        try git(folder, "-C", "shop", "worktree", "add", "-q", "../branch", "-b", "branch")
        let environment = ["XDG_STATE_HOME": folder.path + "/state"]
        let old = ["shop", "branch"].map { LedgerLocation.byPath("\(folder.path)/\($0)", environment: environment) }
        for location in old { try Ledger(at: location).close() }
        #expect(throws: Failure.self) { try finder(folder, "branch").claim(isMaking: true) }
        #expect(try finder(folder, "branch").use(old[0]).ledger == old[0])
        #expect(try write(folder, "shop") == old[0].path)
    }

    @Test func `two codices of one repository have two ledgers`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        try folder.write(OfficeCodex.files(), in: "shop/teams/blue")
        try git(folder, "-C", "shop", "add", "--all")
        try git(folder, "-C", "shop", "commit", "-q", "-m", "another codex")
        let path = try write(folder, "shop")
        #expect(try write(folder, "shop/teams/blue") != path)
        #expect(try write(folder, "shop") == path)
    }

    @Test func `of many first commands at once one makes the id and the ledger`() async throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop", isGiven: false)
        let paths = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 { group.addTask { try write(folder, "shop") } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(paths.count == 1)
        let made = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/state/guild")
        #expect(made.filter { $0.hasPrefix("shop-") }.count == 1)
    }

    @Test(.enabled(if: geteuid() != 0, "root writes everywhere"))
    func `a repository that cannot be written to is remembered by its path`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop", isGiven: false)
        try shell(folder, ["chmod", "a-w", "shop/.git", "shop/.git/config"])
        let path = try write(folder, "shop")
        #expect(try CodexAccess(settings(folder, "shop")).repository.identity.id() == nil)
        #expect(try finder(folder, "shop").find().standing == .own)
        #expect(try write(folder, "shop") == path)
        try shell(folder, ["chmod", "u+w", "shop/.git"])
    }

    @Test func `a key that is no id is refused by its name`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop")
        try git(folder, "-C", "shop", "config", "guild.id", "mine")
        let refusal = #expect(throws: Failure.self) { try finder(folder, "shop").find() }
        #expect(refusal?.message.contains("guild.id") == true)
    }

    @Test func `the user's own configuration gives no codex an id`() throws {
        let folder = try TemporaryFolder()
        try repository(folder, "shop", isGiven: false)
        try git(folder, "-C", "shop", "config", "extensions.worktreeConfig", "true")
        try git(folder, "-C", "shop", "config", "--worktree", "guild.id", String(repeating: "a", count: 32))
        #expect(try CodexAccess(settings(folder, "shop")).repository.identity.id() == nil)
    }
}
