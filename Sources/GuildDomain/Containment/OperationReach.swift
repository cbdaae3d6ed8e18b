/// Which of an operation's arguments say where it reads or writes; each connector declares it for its own operations.
package enum OperationReach: Sendable, Hashable {
    /// It reaches no external system: its data belongs to the run, wherever that was called.
    case everywhere
    /// Nobody has said: only `on: any` covers it.
    case unstated
    /// - Parameters:
    ///   - argument: names the container, in this form.
    ///   - subject: how the thing in it is named.
    case container(argument: String, form: ContainerForm, subject: SubjectNaming)

    /// How arguments name the subject.
    package enum SubjectNaming: Sendable, Hashable {
        /// The subject is the container, `joint` and the argument: `acme/shop#42`.
        case direct(argument: String, joint: String)
        /// The argument belongs to a thing that it does not name: a comment's id.
        case indirect(argument: String)
        /// It is about nothing that is there yet.
        case new
    }

    /// The place that one call reads or writes.
    package struct Place: Sendable, Hashable {
        /// The subject of a call, as far as its arguments tell.
        package enum Subject: Sendable, Hashable {
            case named(String)
            /// The argument that hides it.
            case hidden(argument: String)
            case none
        }

        /// In its one spelling.
        package let container: String
        /// The subject of the call.
        package let subject: Subject
    }

    /// Why a call cannot be placed.
    package struct Misplaced: Error, Equatable {
        /// What is wrong, with the argument's name.
        package let reason: String
    }

    /// How the reached system spells its containers; nil if no system is reached.
    package var form: ContainerForm? {
        if case .container(_, let form, _) = self { form } else { nil }
    }

    /// The place that a call with these arguments reads or writes; nil if its arguments do not say.
    package func place(of arguments: JSONValue) throws(Misplaced) -> Place? {
        guard case .container(let argument, let form, let naming) = self else { return nil }
        guard let container = arguments[argument]?.string.flatMap(form.canonical) else {
            throw Misplaced(reason: "'\(argument)' must be \(form.shown), spelled plainly")
        }
        switch naming {
        case .direct(let argument, let joint):
            guard let value = Self.text(arguments[argument]) else { return Place(container: container, subject: .none) }
            return Place(
                container: container,
                subject: .named("\(container)\(joint)\(form.ignoresCase ? value.lowercased() : value)"))
        case .indirect(let argument):
            return Place(container: container, subject: .hidden(argument: argument))
        case .new: return Place(container: container, subject: .none)
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        value?.integer.map { String($0) } ?? value?.string
    }
}
