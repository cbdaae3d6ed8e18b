"""Says when croniter and cronsim take cron expressions to be due.

Reads lines of JSON {"expr", "zone", "start", "count"}, six fields with seconds last; prints for each a line
{"croniter": [...], "cronsim": [...]} of Unix seconds, null where the library does not know the expression.
"""

import json
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim


def by_croniter(expr, start, count):
    fields = expr.split()
    days = (fields[2], fields[4])
    # croniter takes only a bare star for unrestricted; ours is crontab(5)'s rule, whatever begins with a star.
    both = any(day.startswith("*") for day in days) and "*" not in days
    found = croniter(expr, start, ret_type=float, day_or=not both)
    return [int(found.get_next()) for _ in range(count)]


def by_cronsim(expr, start, count):
    fields = expr.split()
    if len(fields) == 6:
        fields = fields[5:] + fields[:5]
    found = CronSim(" ".join(fields), start)
    return [int(next(found).timestamp()) for _ in range(count)]


def answer(call, expr, start, count):
    try:
        return call(expr, start, count)
    except Exception:  # Each library has its own errors; all of them mean that it gives no answer.
        return None


for line in sys.stdin:
    case = json.loads(line)
    start = datetime.fromtimestamp(case["start"], ZoneInfo(case["zone"]))
    arguments = (case["expr"], start, case["count"])
    print(json.dumps({"croniter": answer(by_croniter, *arguments), "cronsim": answer(by_cronsim, *arguments)}))
