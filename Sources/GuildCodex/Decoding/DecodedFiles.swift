import Dispatch
import GuildDomain
import Synchronization

/// The result of decoding one file: a function of its path, its bytes and the organisation's time zone, and therefore
/// worth keeping. A class, because each load takes over all known ones.
final class DecodedFile: Sendable {
    let key: CodexMemory.Key?
    let codex: DecodedCodex
    let problems: [Problem]
    let references: [Reference]
    /// The path, if it may be a prompt: whether it is one, a reference says.
    let prompt: String?
    /// The prompts that its agents name.
    let prompts: [String]

    /// Decodes a file.
    init(_ file: CodexFile, timezone: String, budget: ComparisonBudget, systems: SystemCatalogue) {
        let findings = Findings(timezone: timezone, budget: budget, systems: systems)
        if ManifestFiles.mayBePrompt(file) {
            codex = DecodedCodex([])
            prompt = file.path
            FrontMatter.check(file, findings: findings)
        } else {
            codex = DecodedCodex(ManifestParser.documents(of: file, findings: findings))
            prompt = nil
        }
        problems = findings.problems
        references = findings.references
        prompts = references.compactMap { if case .file("prompt") = $0.kind { $0.name } else { nil } }
        key = file.blob.map { CodexMemory.Key(path: file.path, blob: $0, timezone: timezone) }
    }

    /// A file with errors is decoded again each time: its suggestions depend on the remaining budget of comparisons.
    var isWorthKeeping: Bool { key != nil && !problems.contains { $0.severity == .error } }

    /// Whether another file's bytes decide on a reference of it.
    var dependsOnContents: Bool { references.contains { $0.kind == .schema } }
}

/// Every manifest file of one tree, decoded; those that are known are not parsed again, the others on all cores.
struct DecodedFiles {
    let files: [DecodedFile]
    /// The result of comparing each with all other files; nil if that is not known for this world.
    private(set) var crossProblems: [[Problem]?]
    let codex: DecodedCodex
    let timezone: String
    private let deadline: LoadDeadline?

    /// Files decoded by one core at a time.
    private static let chunk = 32

    /// - Parameter deadline: past it the remaining files are not decoded; the caller that set it discards the result.
    init(
        _ files: [CodexFile], systems: SystemCatalogue, memory: CodexMemory?, budget: ComparisonBudget,
        deadline: LoadDeadline? = nil
    ) {
        self.deadline = deadline
        let decode = { (files: [CodexFile], timezone: String) in
            Self.decode(files, timezone: timezone, systems, memory, budget, deadline)
        }
        let manifests = files.filter { ManifestFiles.isManifest($0) || ManifestFiles.mayBePrompt($0) }
        // One of the files that need the time zone defines it: so it is guessed, and if the guess was wrong all is
        // decoded again.
        let guess = memory?.timezone ?? Self.likelyTimezone(of: manifests, budget: budget, systems: systems)
        let first = decode(manifests, guess)
        let merged = DecodedCodex(merging: first)
        crossProblems = Array(repeating: nil, count: first.count)
        let actual = merged.guilds.first?.timezone ?? Findings.defaultTimezone
        guard actual != guess else {
            self.files = first
            codex = merged
            timezone = actual
            return
        }
        let second = decode(manifests, actual)
        self.files = second
        codex = DecodedCodex(merging: second)
        timezone = actual
    }

    private static func likelyTimezone(
        of files: [CodexFile], budget: ComparisonBudget, systems: SystemCatalogue
    ) -> String {
        guard let file = files.first(where: { $0.path == "guild.yaml" }) else { return Findings.defaultTimezone }
        let decoded = DecodedFile(file, timezone: Findings.defaultTimezone, budget: budget, systems: systems)
        return decoded.codex.guilds.first?.timezone ?? Findings.defaultTimezone
    }

    private static func decode(
        _ files: [CodexFile], timezone: String, _ systems: SystemCatalogue, _ memory: CodexMemory?,
        _ budget: ComparisonBudget, _ deadline: LoadDeadline?
    ) -> [DecodedFile] {
        var known: [DecodedFile?] =
            memory?.decoded(files, timezone: timezone) ?? Array(repeating: nil, count: files.count)
        let missing = known.indices.filter { known[$0] == nil }
        let chunks = (missing.count + chunk - 1) / chunk
        let results = Mutex<[Int: [DecodedFile]]>([:])
        let work = { @Sendable (number: Int) in
            let slice = missing[(number * chunk)..<min((number + 1) * chunk, missing.count)]
            var decoded: [DecodedFile] = []
            for index in slice {
                guard deadline?.isOver != true else { return }
                decoded.append(DecodedFile(files[index], timezone: timezone, budget: budget, systems: systems))
            }
            results.withLock { $0[number] = decoded }
        }
        if chunks > 1 {
            DispatchQueue.concurrentPerform(iterations: chunks, execute: work)
        } else if chunks == 1 {
            work(0)
        }
        results.withLock { results in
            for (number, decoded) in results {
                for (offset, file) in decoded.enumerated() { known[missing[number * chunk + offset]] = file }
            }
        }
        return known.compactMap(\.self)
    }
}

extension DecodedFiles {
    /// Compares each file with the others.
    ///
    /// - Parameter known: earlier results that still hold; empty if none does.
    mutating func compare(by checks: inout CrossChecks, known: [[Problem]?]) {
        checks.checkWhole()
        if !known.isEmpty { crossProblems = known }
        for (index, file) in files.enumerated() {
            guard deadline?.isOver != true else { return }
            if let problems = crossProblems[index] {
                checks.repeatKnown(problems)
            } else {
                let found = checks.check(file)
                crossProblems[index] = file.dependsOnContents ? nil : found
            }
        }
    }
}
