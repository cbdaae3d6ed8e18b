import ArgumentParser

extension NameSpecification {
    /// `-o`, which takes its value as the next word or attached: `-o json`, `-ojson`. Each option with a short name and
    /// a value is declared by this, because ArgumentParser refuses attached values otherwise.
    static func letter(_ letter: Character) -> NameSpecification { .customShort(letter, allowingJoined: true) }

    /// The same beside the property's own name: `-o`, `--output`.
    static func letterAndLong(_ letter: Character) -> NameSpecification {
        [.customShort(letter, allowingJoined: true), .long]
    }
}
