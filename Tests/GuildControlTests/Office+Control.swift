import GuildControl
import GuildLedger
import GuildOffice

extension Office {
    func dispatcher() -> Dispatcher {
        Dispatcher(
            dispatch: ledger.dispatch, events: ledger.events, budgets: ledger.budgets, codex: codex, time: time,
            logger: silent)
    }

    func scheduler() -> Scheduler {
        Scheduler(schedules: ledger.schedules, budgets: ledger.budgets, codex: codex, time: time, logger: silent)
    }

    func scheduleDesk() -> ScheduleDesk {
        ScheduleDesk(schedules: ledger.schedules, agents: ledger.agents, snapshot: head, actor: "user:ada", time: time)
    }
}
