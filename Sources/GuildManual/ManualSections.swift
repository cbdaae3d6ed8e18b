/// Sections that all pages share, and the parser does not know.
enum ManualSections {
    static var description: String {
        [
            "\\fBguild\\fR runs AI agents as short\\-lived invocations when an event, a clock or a person calls. "
                + "A git repository, the codex, is the only configuration; a local SQLite database, the ledger, is the "
                + "only state. guild limits tokens as other systems limit CPU, explains every outcome, and lets actions "
                + "beyond an agent's autonomy wait for a person.",
            "Data goes to standard output; progress, logs and prompts go to standard error. Times are shown in the "
                + "local time zone, and as RFC 3339 in UTC in JSON and CSV.",
        ].joined(separator: "\n.PP\n")
    }

    /// EXIT STATUS, ENVIRONMENT and FILES.
    static var closing: [String] { [exitStatus, environment, files] }

    private static var exitStatus: String {
        section(
            "EXIT STATUS",
            [
                ("0", "Done."), ("1", "Failed: a failed invocation, an invalid answer of a model, a failed check."),
                ("2", "Wrong usage: an unknown agent, revision or option."), ("3", "The codex is invalid."),
                ("4", "Out of budget."), ("5", "Refused by policy, or waiting for approval."),
                (
                    "6",
                    "A dependency is unavailable: repository missing or corrupt; ledger locked, read-only, full or newer; "
                        + "provider unreachable or stalled."
                ), ("130", "Interrupted: Ctrl-C or SIGTERM. guild serve stops cleanly and exits 0."),
            ])
    }

    private static var environment: String {
        section(
            "ENVIRONMENT",
            [
                ("GUILD_CODEX", "The codex, unless --codex is given."),
                ("GUILD_LEDGER", "The ledger, as sqlite:PATH, unless --ledger is given."),
                (
                    "GUILD_TRUST_CODEX",
                    "1, true or yes: trust every secret that a commit names, as --trust-codex does in serve and run."
                ),
                ("XDG_STATE_HOME", "The folder of ledgers. Default: ~/.local/state, by the password database."),
                ("NO_COLOR", "Not empty: no colour."),
                ("CLICOLOR_FORCE", "Neither empty nor 0: colour even if the output is not a terminal."),
                ("TZ", "The local time zone."),
                (
                    "http_proxy, https_proxy, all_proxy, no_proxy",
                    "Proxies for outgoing requests. Loopback addresses never use one."
                ),
            ])
    }

    private static var files: String {
        section(
            "FILES",
            [
                ("guild.yaml", "The organisation; at the root of the codex, or in its folder codex/."),
                (
                    "$XDG_STATE_HOME/guild/NAME-ID/ledger.sqlite",
                    "The ledger of a codex, unless another is named. NAME is the name of the repository's folder; ID is the "
                        + "beginning of guild.id, a random id in the repository's git configuration. Large bodies are in "
                        + "ledger.sqlite.d beside it."
                ),
            ])
    }

    private static func section(_ title: String, _ items: [(String, String)]) -> String {
        ".SH \(title)\n" + items.map { Roff.item(Roff.bold($0.0), Roff.text($0.1)) }.joined(separator: "\n")
    }
}
