"""How well stacks are identified, from samples.json: `python -m tests.stacks.evaluate > docs/stacks.md`.

The benches are judged by what was learned from all, then by what is left when the bench itself, its program,
its version or its whole family was never seen.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.stacks.samples import Sample, read_samples
from tests.stacks.table import learned_table
from tlsprobe.stacks.identify import Stack, identify_traits
from tlsprobe.stacks.learned import families_of, reported


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one sample was taken for; `learned` says whether its family could have been named at all."""

    sample: Sample
    stack: Stack
    learned: bool

    @property
    def kind(self) -> str:
        """`right`, `unknown` or `wrong`."""
        if not self.stack.is_known:
            return "unknown"
        return "right" if self.stack.family == self.sample.family else "wrong"


TRIALS = 20_000
LeftOut = Callable[[Sample, Sample], bool]


def same_bench(one: Sample, other: Sample) -> bool:
    """The same server set up the same, with a certificate of either kind."""
    return one.version == other.version and one.program == other.program and setting(one) == setting(other)


def setting(one: Sample) -> str:
    """The configuration without the kind of certificate."""
    return one.configuration.removesuffix(", ECDSA")


def same_program(one: Sample, other: Sample) -> bool:
    """The same family in the same program."""
    return one.family == other.family and one.program == other.program


def nothing(_: Sample, __: Sample) -> bool:
    """Leave nothing out."""
    return False


WAYS: tuple[tuple[str, LeftOut], ...] = (
    ("nothing: all benches were learned", nothing),
    ("the bench itself, with either certificate", same_bench),
    ("every bench of the library in the same program", same_program),
    ("every bench of the same version of the library", lambda one, other: one.version == other.version),
    ("every bench of the same family", lambda one, other: one.family == other.family),
)


def verdicts(judged: Sequence[Sample], samples: Sequence[Sample], left_out: LeftOut) -> Iterator[Verdict]:
    """Judge each sample by what the others teach, less those that are left out for it."""
    for one in judged:
        known = [each for each in samples if not each.held_out and not left_out(each, one)]
        table = families_of(learned_table(known)["families"])
        stack = identify_traits(one.traits, table)
        yield Verdict(one, stack, any(each.name == one.family for each in table))


def main() -> int:
    """Print the page."""
    samples = read_samples()
    print("\n".join(page(samples)))
    return 0


def page(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield the lines of docs/stacks.md."""
    learned = [each for each in samples if not each.held_out]
    yield from HEAD.format(
        benches=len(learned),
        families=len({each.family for each in learned}),
        libraries=len({each.version for each in learned}),
        first=min(each.date for each in samples),
        last=max(each.date for each in samples),
    ).splitlines()
    yield from _by_what_is_left_out(learned, samples)
    yield from _degraded(samples)
    everything = list(verdicts(learned, samples, nothing))
    yield from _by_library(everything)
    yield from _held_out([each for each in samples if each.held_out], samples)
    yield from _schannel(samples)
    yield from TAIL.splitlines()


def _by_what_is_left_out(learned: Sequence[Sample], samples: Sequence[Sample]) -> Iterator[str]:
    yield "## What was left out of learning"
    yield ""
    yield "| left out for each bench | benches | right | unknown | **wrong family** | could not be right |"
    yield "|---|--:|--:|--:|--:|--:|"
    for label, left_out in WAYS:
        judged = list(verdicts(learned, samples, left_out))
        kinds = Counter(each.kind for each in judged)
        gone = sum(not each.learned for each in judged)
        counts = f"{kinds['right']} | {kinds['unknown']} | **{kinds['wrong']}** | {gone}"
        yield f"| {label} | {len(judged)} | {counts} |"
    yield ""
    yield (
        '"Could not be right": nothing of the family was left, so `unknown` is the only good answer.\n'
        "The same, of benches with nothing but what their makers set, and of those that could be right:"
    )
    yield ""
    for label, left_out in WAYS[:3]:
        judged = list(verdicts([each for each in learned if each.default], samples, left_out))
        kinds = Counter(each.kind for each in judged if each.learned)
        told = (
            f"{kinds['right']} of {kinds.total()} right, {kinds['unknown']} unknown, {kinds['wrong']} wrong"
        )
        yield f"- left out {label.partition(':')[0]}: {told}"
    yield ""


def _degraded(samples: Sequence[Sample]) -> Iterator[str]:
    """Hide whole answers, and single traits of the others, as a middlebox or an unknown setting may."""
    chance = random.Random(1)
    table = families_of(learned_table([each for each in samples if not each.held_out])["families"])
    counts: Counter[tuple[bool, str]] = Counter()
    for _ in range(TRIALS):
        one = chance.choice(samples)
        seen = _part_of(one.traits, chance)
        for learned in (True, False):
            known = [each for each in table if learned or each.name != one.family]
            counts[learned, Verdict(one, identify_traits(seen, known), learned).kind] += 1
    yield "## Part of the answers hidden at random"
    yield ""
    yield f"{TRIALS} times (seed 1) some bench, held-out ones too: whole answers are hidden, and of what is"
    yield "left up to six traits in ten."
    yield ""
    yield "| the bench's family | right | unknown | **wrong family** |"
    yield "|---|--:|--:|--:|"
    for learned, label in ((True, "as it was learned"), (False, "left out of what was learned")):
        right, unknown, wrong = (counts[learned, kind] for kind in ("right", "unknown", "wrong"))
        yield f"| {label} | {right} | {unknown} | **{wrong}** |"
    yield ""


def _part_of(traits: dict[str, str], chance: random.Random) -> dict[str, str]:
    questions = sorted({name.partition(".")[0] for name in traits})
    hidden = set(chance.sample(questions, chance.randrange(len(questions))))
    kept = chance.choice((1.0, 1.0, 0.7, 0.4))
    return {
        name: value
        for name, value in traits.items()
        if name.partition(".")[0] not in hidden and chance.random() < kept
    }


def _by_library(judged: Sequence[Verdict]) -> Iterator[str]:
    yield "## By library"
    yield ""
    yield "| family | library | programs | benches | right | unknown | wrong | high | answers like |"
    yield "|---|---|---|--:|--:|--:|--:|--:|---|"
    for library in sorted({(each.sample.family, each.sample.version) for each in judged}):
        own = [each for each in judged if each.sample.version == library[1]]
        kinds = Counter(each.kind for each in own)
        high = sum(each.stack.confidence == "high" for each in own)
        programs = ", ".join(sorted({each.sample.program for each in own}))
        like = " / ".join(sorted({_short(each.stack.libraries) for each in own}))
        counts = f"{kinds['right']} | {kinds['unknown']} | {kinds['wrong']} | {high}"
        yield f"| {library[0]} | {library[1]} | {programs} | {len(own)} | {counts} | {like} |"
    yield ""


def _short(libraries: Sequence[str]) -> str:
    if not libraries:
        return "all"
    return libraries[0] if len(libraries) == 1 else f"{libraries[0]} … {libraries[-1]}"


def _held_out(held_out: Sequence[Sample], samples: Sequence[Sample]) -> Iterator[str]:
    yield "## Kept out of learning altogether"
    yield ""
    yield "| library | program | configuration | taken for |"
    yield "|---|---|---|---|"
    for each in verdicts(held_out, samples, nothing):
        one, stack = each.sample, each.stack
        said = f"{stack.family} ({stack.confidence})" if stack.is_known else "unknown"
        yield f"| {one.version} | {one.program} | {one.configuration} | {said} |"
    yield ""


def _schannel(samples: Sequence[Sample]) -> Iterator[str]:
    yield "## What is only reported of Schannel"
    yield ""
    yield "No Windows was at hand. How many of the benches, none of them Windows, show each reported trait:"
    yield ""
    for row in reported():
        if row.says == "schannel":
            shown = sum(each.traits.get(row.trait) == row.value for each in samples)
            yield f"- `{row.trait}` = {row.value}: on {shown} of {len(samples)} ({row.source})"
    yield ""


HEAD = """\
# Who terminates TLS

Made by `make traits`; not to be edited. {benches} benches (a library in a program with a configuration) of
{families} families and {libraries} versions, scanned by the real engine on loopback from {first} to {last}.
What each showed is in `tests/stacks/samples.json`, what was learned of them in
`tlsprobe/data/stack_traits.json`. A family is named only where one is left; `unknown` is an answer, a wrong
family is a fault.

"""

TAIL = """\
## What this does not say

- Libraries that no registry has were not measured: Schannel, Secure Transport, the TLS of appliances and load
  balancers. They should come out as `unknown`; the row "same family" above is how that was tried.
- A library that is a copy of another one (AWS-LC of BoringSSL, LibreSSL of an old OpenSSL) may be given the
  family that it comes from.
- What is named is who terminates TLS. Behind it may stand any other machine.
- "Answers like" names versions that were learned; those between and after them were not.
"""


if __name__ == "__main__":
    sys.exit(main())
