"""Who terminates TLS, in sentences: the library, and what spoke for it."""

from __future__ import annotations

from tlsprobe.facts import ServerScan
from tlsprobe.stacks import Evidence, Stack, identify
from tlsprobe.wording import SENTENCES, Wording

_MOST_SHOWN = 8


def named(scan: ServerScan, words: Wording) -> str:
    """Return the library's name with the confidence, or that it is unknown."""
    stack = identify(scan)
    if not stack.is_known:
        return words.say("stack.unknown")
    said = words.say(
        "stack.known",
        family=_family(stack.family, words),
        confidence=words.say(f"stack.confidence.{stack.confidence}"),
    )
    like = stack.libraries
    if len(like) > 1:
        return words.say("stack.like.range", said=said, first=like[0], last=like[-1])
    return words.say("stack.like", said=said, first=like[0]) if like else said


def sentences(scan: ServerScan, words: Wording) -> tuple[str, ...]:
    """Return what spoke for the library and what against it; nothing where the server was not asked."""
    if not scan.glances:
        return ()
    stack = identify(scan)
    said = [] if stack.is_known else [words.say("stack.none")]
    said += [_evidence(each, words) for each in stack.evidence[:_MOST_SHOWN]]
    return (*said, *_doubts(stack, words))


def _doubts(stack: Stack, words: Wording) -> list[str]:
    said = []
    if stack.contradicted:
        said.append(words.say("stack.contradicted", traits=", ".join(stack.contradicted)))
    if stack.runner_up:
        said.append(words.say("stack.runner-up", family=_family(stack.runner_up, words)))
    if stack.caveat:
        said.append(words.say(f"stack.caveat.{stack.caveat}"))
    return said


def _evidence(each: Evidence, words: Wording) -> str:
    what = _trait(each.trait, each.value, words)
    if each.weight:
        return words.say("stack.measured", what=what, share=round(2**each.weight))
    return words.say("stack.reported", what=what, source=each.source)


def _trait(trait: str, value: str, words: Wording) -> str:
    question, _, rest = trait.partition(".")
    about, _, name = rest.partition(".")
    key, value = f"stack.trait.{about}", _value(value, words)
    if key in SENTENCES and (name or "{name}" not in SENTENCES[key]):
        return words.say(key, question=question, name=name, value=value)
    return words.say("stack.trait.other", question=question, name=rest, value=value)


def _value(value: str, words: Wording) -> str:
    """Return a trait's value in words, where it is one: codes and numbers stay as they are."""
    key = f"stack.value.{value.replace(' ', '-')}"
    return words.say(key) if key in SENTENCES else value


def _family(family: str, words: Wording) -> str:
    key = f"stack.family.{family}"
    return words.say(key) if key in SENTENCES else family
