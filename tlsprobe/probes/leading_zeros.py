"""Z stripped or kept? A zero-led dh_Yc taken short, taken padded? Six forced handshakes.

Each form is asked for on a connection of its own, with a completed handshake directly before and after; a
form that is not taken is asked for twice. Any completed handshake is a control for its neighbours. Answers
that change are `mixed` where each came twice, else nothing is concluded from them; nor where more than one
server seems to answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from tlsprobe.facts import (
    AcceptedSuite,
    DheSuites,
    FormAccepted,
    LeadingZeros,
    PremasterZeros,
    Unreachable,
)
from tlsprobe.probes.hello import HelloForm, dhe_hello
from tlsprobe.probes.interview import Answer, Interview
from tlsprobe.tls.constants import Version, alert_name
from tlsprobe.tls.groups import ShareForm
from tlsprobe.tls.handshake import Broken, Completed, Rejected, Step, Untestable
from tlsprobe.tls.record import can_protect
from tlsprobe.tls.suites import KeyExchange, suite

PROBE = "leading-zeros"

# The suites whose verdict speaks for old Windows come first; then what can be finished here.
_FIRST_SUITES = (0x009E, 0x009F, 0x0033, 0x0039, 0x0067, 0x006B)
_CIPHER_ORDER = ("CCM", "CHACHA20", "CAMELLIA", "SEED", "3DES", "DES")
_ATTEMPTS = 3  # of one form, where a connection ends before the question was put
_SILENCE_S = 3.0  # that and 20 times what a control takes is "no answer"
_SILENCE_FACTOR = 20

_ORDER = (ShareForm.Z_STRIPPED, ShareForm.YC_SHORT, ShareForm.YC_PADDED, ShareForm.Z_KEPT)

# On a conforming server: two controls, four forms, one of them refused and so asked for twice.
FORCED_HANDSHAKES = 7
_MOST_ANSWERS = 6  # to one form, where they change
# Each form so often with a control behind, each connection in three attempts.
MOST_FORCED_HANDSHAKES = _ATTEMPTS * (2 + len(_ORDER) * (_MOST_ANSWERS + 1))


class _Result(Enum):
    TAKEN = auto()
    NOT_TAKEN = auto()
    FAILED = auto()  # ended before the question was put
    IMPOSSIBLE = auto()  # no exponent makes this form


@dataclass(slots=True)
class _Inquiry:
    """The forced handshakes in their order; `unconfirmed` are refusals with no control behind yet."""

    interview: Interview
    chosen: AcceptedSuite
    form: HelloForm
    silence_s: float = _SILENCE_S
    answers: dict[ShareForm, list[_Result]] = field(default_factory=dict)
    unconfirmed: list[ShareForm] = field(default_factory=list)
    reason: str = ""
    certificate_requested: bool = False

    async def run(self) -> bool:
        """Ask everything; False where a control failed, with `reason` saying how."""
        if not await self.control():
            return False
        for form in _ORDER:
            if self.unconfirmed and not await self.control():
                return False
            await self.ask_form(form)
        await self.ask_both_again()
        return await self.control()

    async def control(self) -> bool:
        """Complete an ordinary handshake, in three attempts at most."""
        for attempt in range(_ATTEMPTS):
            answer = await self._attempt(ShareForm.CONTROL)
            if isinstance(answer.observation.outcome, Completed):
                elapsed_s = answer.observation.elapsed_s
                self.silence_s = max(self.silence_s, _SILENCE_FACTOR * elapsed_s)
                if attempt:  # what fails now and then may have refused in the same way
                    self.doubt_unconfirmed()
                self.unconfirmed.clear()
                return True
            if isinstance(answer.observation.outcome, Untestable):
                self.reason = answer.observation.outcome.why
                return False
        self.reason = "client-certificate-required" if self.certificate_requested else "control-failed"
        return False

    async def ask_form(self, form: ShareForm) -> None:
        """Ask for one form; where it is not taken at once a second time, and on where that is taken."""
        results = self.answers[form] = [await self._settle(form)]
        if results[0] is _Result.NOT_TAKEN:
            results.append(await self._settle(form))
        while _changes(results) and len(results) < _MOST_ANSWERS:
            results.append(await self._settle(form))
        if results[-1] is _Result.TAKEN:
            self.unconfirmed.clear()
        elif results[-1] is _Result.NOT_TAKEN:
            self.unconfirmed.append(form)

    async def ask_both_again(self) -> None:
        """Where Z was taken in both forms ask twice more: two servers in turn do that sooner than one.

        The second time the other way round, so that each form meets both of two that take turns.
        """
        both = (ShareForm.Z_STRIPPED, ShareForm.Z_KEPT)
        if any(self.answers[form] != [_Result.TAKEN] for form in both):
            return
        for form in (*both, *reversed(both)):
            self.answers[form].append(await self._settle(form))
            if self.answers[form][-1] is _Result.NOT_TAKEN:
                self.unconfirmed.append(form)

    def doubt_unconfirmed(self) -> None:
        """Take back what was refused with no completed handshake directly behind."""
        for form in self.unconfirmed:
            self.answers[form] = [_Result.FAILED]

    async def _settle(self, form: ShareForm) -> _Result:
        result = _Result.FAILED
        for _ in range(_ATTEMPTS):
            result = _read(await self._attempt(form))
            if result is not _Result.FAILED:
                break
        return result

    async def _attempt(self, form: ShareForm) -> Answer:
        hello = dhe_hello(
            version=Version(self.chosen.version),
            form=self.form,
            suites=(self.chosen.suite,),
            server_name=self.interview.target.server_name,
        )
        answer = await self.interview.ask(
            PROBE,
            form.value,
            hello,
            form=self.form,
            share_form=form,
            silence_s=None if form is ShareForm.CONTROL else self.silence_s,
        )
        seen = answer.observation.seen
        self.certificate_requested |= seen is not None and seen.certificate_requested
        return answer


async def leading_zeros(interview: Interview, suites: DheSuites) -> LeadingZeros:
    """Force the 1-in-256 case both ways and report which way the server takes."""
    chosen = choose_suite(suites)
    if chosen is None or suites.form is None:
        return _unanswered("untestable", _why_unfinishable(suites))
    inquiry = _Inquiry(interview, chosen, HelloForm(suites.form))
    controls_passed = await inquiry.run()
    if not controls_passed and not inquiry.answers:
        how = "inconclusive" if inquiry.reason == "control-failed" else "untestable"
        return _unanswered(how, inquiry.reason, chosen)
    if not controls_passed:
        # What was taken is proven; what was refused, with no completed handshake behind it, is not.
        inquiry.doubt_unconfirmed()
        inquiry.answers = {form: [_Result.FAILED] for form in _ORDER} | inquiry.answers
    if _several_answer(interview):
        return _unanswered("inconclusive", "several-servers", chosen)
    short = _form_accepted(inquiry.answers[ShareForm.YC_SHORT])
    padded = _form_accepted(inquiry.answers[ShareForm.YC_PADDED])
    zeros = _premaster_zeros(inquiry.answers[ShareForm.Z_STRIPPED], inquiry.answers[ShareForm.Z_KEPT])
    reason = ""
    if "inconclusive" in (zeros, short, padded):
        reason = "flapping" if controls_passed else inquiry.reason
    if "untestable" in (zeros, short, padded):
        reason = "no-exponent"
    return LeadingZeros(zeros, short, padded, chosen.suite, chosen.version, reason)


def failed_control(interview: Interview) -> str:
    """Say where and how the last ordinary handshake ended that was not completed; empty where all were."""
    for observation in reversed(interview.observations):
        if (observation.probe, observation.question) != (PROBE, ShareForm.CONTROL.value):
            continue
        match observation.outcome:
            case Rejected(alert=alert, after=step):
                return _ended(step, alert_name(alert))
            case Broken(how=how, after=step, detail=detail):
                return _ended(step, f"{how}: {detail}" if detail else how)
            case Unreachable(reason=reason):
                return reason
    return ""


def _ended(step: Step, how: str) -> str:
    named = "".join(word.capitalize() for word in step.split("-"))  # as the RFC writes it
    return f"an ordinary handshake ended after {named}: {how}"


def choose_suite(suites: DheSuites) -> AcceptedSuite | None:
    """Choose the suite for all forced handshakes: the highest version, then what Windows would use."""
    finishable = [
        each
        for each in suites.accepted
        if can_protect(suite(each.suite)) and suite(each.suite).key_exchange is not KeyExchange.DHE_PSK
    ]
    return min(finishable, key=_preference, default=None)


def _preference(accepted: AcceptedSuite) -> tuple[int, bool, int, int, int]:
    code, chosen = accepted.suite, suite(accepted.suite)
    first = _FIRST_SUITES.index(code) if code in _FIRST_SUITES else len(_FIRST_SUITES)
    cipher = next((i for i, name in enumerate(_CIPHER_ORDER) if chosen.cipher.startswith(name)), -1)
    if "CCM" in chosen.cipher:
        cipher = 0
    anonymous = chosen.key_exchange is KeyExchange.DH_ANON
    return -accepted.version, anonymous, first, cipher, code


def _read(answer: Answer) -> _Result:
    match answer.observation.outcome:
        case Completed(after=Step.SERVER_FINISHED):
            return _Result.TAKEN
        case Rejected(after=Step.CLIENT_FINISHED):
            return _Result.NOT_TAKEN
        case Broken(after=Step.CLIENT_FINISHED):
            return _Result.NOT_TAKEN
        case Untestable():
            return _Result.IMPOSSIBLE
        case _:
            return _Result.FAILED


def _form_accepted(results: list[_Result]) -> FormAccepted:
    if results[-1] is _Result.IMPOSSIBLE:
        return FormAccepted.UNTESTABLE
    if results[-1] is _Result.FAILED:
        return FormAccepted.INCONCLUSIVE
    taken, refused = results.count(_Result.TAKEN), results.count(_Result.NOT_TAKEN)
    if not refused:
        return FormAccepted.ACCEPTED
    if not taken:
        return FormAccepted.REFUSED
    return FormAccepted.MIXED if min(taken, refused) > 1 else FormAccepted.INCONCLUSIVE


def _changes(results: list[_Result]) -> bool:
    """Whether a form was taken and not taken, one of them only once."""
    taken, refused = results.count(_Result.TAKEN), results.count(_Result.NOT_TAKEN)
    return taken + refused == len(results) and min(taken, refused) == 1


def _several_answer(interview: Interview) -> bool:
    """Whether the same hello got ServerHellos that one server would not send in turn.

    Their groups may differ: machines with the same library often have one each.
    """
    seen = [each.seen for each in interview.observations if each.probe == PROBE and each.seen]
    return len({(each.version, each.extensions) for each in seen}) > 1


# What the two forms of Z together mean, where each was answered with yes or no.
_ZEROS = {
    (FormAccepted.ACCEPTED, FormAccepted.REFUSED): PremasterZeros.STRIPPED,
    (FormAccepted.REFUSED, FormAccepted.ACCEPTED): PremasterZeros.KEPT,
    (FormAccepted.ACCEPTED, FormAccepted.ACCEPTED): PremasterZeros.BOTH,
    (FormAccepted.REFUSED, FormAccepted.REFUSED): PremasterZeros.NEITHER,
}


def _premaster_zeros(stripped: list[_Result], kept: list[_Result]) -> PremasterZeros:
    forms = _form_accepted(stripped), _form_accepted(kept)
    for unanswered in (FormAccepted.UNTESTABLE, FormAccepted.INCONCLUSIVE, FormAccepted.MIXED):
        if unanswered in forms:
            return PremasterZeros(unanswered.value)
    return _ZEROS[forms]


def _unanswered(how: str, reason: str, chosen: AcceptedSuite | None = None) -> LeadingZeros:
    return LeadingZeros(
        PremasterZeros(how),
        FormAccepted(how),
        FormAccepted(how),
        chosen.suite if chosen else None,
        chosen.version if chosen else None,
        reason,
    )


def _why_unfinishable(suites: DheSuites) -> str:
    exchanges = {suite(each.suite).key_exchange for each in suites.accepted}
    return "psk" if exchanges == {KeyExchange.DHE_PSK} else "cipher"
