"""A plan is carried out and concluded.

What the end of a run needs is imported while its servers are waited for.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import UTC, datetime

from tlsprobe.condensed import read_condensed
from tlsprobe.engines import local
from tlsprobe.engines.background import Engine
from tlsprobe.engines.seat import EngineError
from tlsprobe.gate import ExitCode
from tlsprobe.interrupts import stoppable
from tlsprobe.journal import JournalError, remaining
from tlsprobe.log import line, said
from tlsprobe.output import say_interrupted, say_stopped
from tlsprobe.progress import logged, with_progress
from tlsprobe.runs import Plan, carry_out, finish, pause
from tlsprobe.scan import ScanConfig
from tlsprobe.wanted import Wanted
from tlsprobe.wording import wording


def carry_out_and_conclude(
    plan: Plan, config: ScanConfig, wanted: Wanted, *, engine: Engine = local.run
) -> ExitCode:
    """Scan what the plan has left, write the reports; what is done when it is interrupted is reported too."""
    try:
        return _carry_out_and_conclude(plan, config, wanted, engine)
    except KeyboardInterrupt:  # the second signal, or one while reports are written
        say_interrupted(plan.folder, lang=wanted.lang)
        return ExitCode.INTERRUPTED


def _carry_out_and_conclude(plan: Plan, config: ScanConfig, wanted: Wanted, engine: Engine) -> ExitCode:
    words = wording(wanted.lang)

    def stopping() -> str:
        return line("stopping", words.say("scan.stopping"), folder=str(plan.folder))

    imports = threading.Thread(target=_get_ready, args=(wanted,), name="imports", daemon=True)
    try:
        with stoppable(stopping) as stop:
            imports.start()
            scans = logged(carry_out(plan, config, engine=engine, stop=stop))
            if not wanted.quiet:
                scans = with_progress(scans, plan, config, words, bar=not wanted.log_json)
            left = remaining(plan.targets, (scan.target for scan in scans))
    except JournalError as error:
        return _failed(str(error))
    except EngineError as error:
        return _failed(f"{error}; the run goes on with: tlsprobe scan --resume {plan.folder}")
    imports.join()  # or what failed there would be found half done
    from tlsprobe.conclusion import conclude

    if left and stop.is_set():
        done = read_condensed(plan.folder)
        conclude(plan.folder, plan.info, done, wanted, ends_with=ExitCode.INTERRUPTED)
        say_interrupted(plan.folder, len(left), lang=wanted.lang)
        return ExitCode.INTERRUPTED
    info = pause(plan, left, config.until) if left else finish(plan, now=datetime.now(UTC))
    code = conclude(plan.folder, info, read_condensed(plan.folder), wanted)
    if left and not wanted.quiet:
        say_stopped(plan.folder, len(left), lang=wanted.lang)
    return code


def _get_ready(wanted: Wanted) -> None:
    """Import what the end needs. What fails here does so again there, where it is said."""
    with suppress(Exception):
        from tlsprobe import conclusion  # noqa: F401
        from tlsprobe.report.writing import get_ready

        get_ready(wanted.formats)


def _failed(why: str) -> ExitCode:
    said("failed", why, level=logging.ERROR)
    return ExitCode.USAGE
