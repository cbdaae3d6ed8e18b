import Foundation
import Testing

/// Each target imports what Package.swift declares for it, and nothing else: what the build's own check for undeclared
/// imports says, and also that no declaration is left over. It reads Package.swift as text, so it needs no build.
@Suite struct ImportTests {
    /// Modules of the toolchain and the C library, which nobody declares.
    private static let builtIn: Set<String> = ["Dispatch", "Foundation", "Glibc", "Synchronization", "Testing"]
    /// Targets that a test needs built, not imported: their programs are run.
    private static let programs: Set<String> = ["guild", "GuildStandIn"]

    private struct Manifest {
        private let text: String
        /// The names of Package.swift for products: `crypto` is `Crypto`.
        private let products: [String: String]

        init() throws {
            text = try SourceFile.lines(of: "Package.swift").joined(separator: "\n")
            let product = /let (\w+): Target\.Dependency = \.product\(name: "(\w+)"/
            products = Dictionary(
                text.matches(of: product).map { (String($0.output.1), String($0.output.2)) }
            ) { first, _ in first }
        }

        /// The modules that each target declares.
        func targets() throws -> [String: Set<String>] {
            var targets: [String: Set<String>] = [:]
            let opening =
                /(room|tests|\.target|\.executableTarget)\(\s*(?:name: )?"(\w+)",\s*(?:dependencies: )?\[([^\]]*)\]/
            for match in text.matches(of: opening) {
                let names = match.output.3.split { $0 == "," || $0.isWhitespace }.map(String.init)
                var modules = Set<String>()
                for name in names {
                    let isTarget = name.hasPrefix("\"")
                    modules.insert(
                        isTarget ? name.filter { $0 != "\"" } : try #require(products[name], "\(name) in Package.swift")
                    )
                }
                if match.output.1 == "tests" { modules.insert("GuildTestSupport") }
                targets[String(match.output.2)] = modules
            }
            return targets
        }
    }

    private static func imports() throws -> [String: Set<String>] {
        var imports: [String: Set<String>] = [:]
        let statement =
            /^(?:@\w+\s+)?(?:public |package |internal |private |fileprivate )?import (?:(?:struct|enum|class|protocol|func|typealias|var|let) )?(\w+)/
        for file in try SourceFile.all(in: ["Sources", "Tests", "Benchmarks"]) {
            guard let target = file.target else { continue }
            for line in file.code {
                guard let match = line.text.firstMatch(of: statement) else { continue }
                imports[target, default: []].insert(String(match.output.1))
            }
        }
        return imports
    }

    @Test func `every target imports only what Package.swift declares for it`() throws {
        let targets = try Manifest().targets()
        let imports = try Self.imports()
        #expect(
            Set(imports.keys).subtracting(targets.keys) == [], "targets that the test did not find in Package.swift")
        for (target, modules) in imports {
            let undeclared = modules.subtracting(targets[target] ?? []).subtracting(Self.builtIn)
            #expect(undeclared == [], "\(target) imports modules that Package.swift does not declare for it")
        }
    }

    @Test func `Package.swift declares nothing that no file imports`() throws {
        let imports = try Self.imports()
        for (target, modules) in try Manifest().targets() {
            let unused = modules.subtracting(imports[target] ?? [])
            let isTest = target.hasSuffix("Tests")
            #expect(unused.subtracting(isTest ? Self.programs.union(["GuildTestSupport"]) : []) == [], "of \(target)")
        }
    }
}
