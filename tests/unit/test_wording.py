"""The sentences people read: all there, all of one mould, translated where a catalogue is."""

from __future__ import annotations

import gettext
import string

import pytest

from tlsprobe.wording import LANGUAGES, SENTENCES, Wording, wording

STATUS_REASONS = """
    refused timeout reset dns no-route not-tls closed silent malformed flapping deadline interrupted
    starttls-not-supported starttls-not-offered starttls-refused starttls-failed
    client-certificate-required control-failed dhe-incomplete zeros-inconclusive zeros-untestable
    until window-closed excluded internal-error no-file-descriptors not-scanned landings-unclear busy
    suites-only
    proxy-unreachable proxy-refused proxy-authentication proxy-failed
"""
ZEROS_REASONS = """
    cipher psk no-exponent group-too-large group-too-small p-even share-out-of-range
    generator-out-of-range client-certificate-signature
"""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


class Shouting(gettext.NullTranslations):
    """A catalogue of a language with the forms 0-1 and more, as French has."""

    def pgettext(self, context: str, message: str) -> str:
        return message.replace("{", "<{").replace("}", "}>")

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return "FEW" if n <= 1 else "MANY {n}"


# --- laws


@pytest.mark.parametrize("text", SENTENCES.values(), ids=SENTENCES)
def test_a_sentence_is_clean_text_with_named_placeholders(text: str) -> None:
    assert text == " ".join(text.split())  # gettext takes "" for its header; stray spaces are slips
    assert text
    assert all(name.isidentifier() for name in placeholders(text))


@pytest.mark.parametrize("key", [key for key in SENTENCES if key.endswith((".one", ".many"))])
def test_a_plural_has_both_forms_of_the_same_values(key: str) -> None:
    family = key.rpartition(".")[0]
    one, many = SENTENCES[f"{family}.one"], SENTENCES[f"{family}.many"]
    assert placeholders(one) == placeholders(many) >= {"n"}
    assert one != many


@pytest.mark.parametrize("key", SENTENCES)
def test_a_sentence_without_a_value_of_its_own_is_refused(key: str) -> None:
    names = placeholders(SENTENCES[key])
    values: dict[str, str | int | float] = dict.fromkeys(names, 1)
    assert "{" not in wording().say(key, **values)
    for name in names:
        with pytest.raises(KeyError, match=name):
            wording().say(key, **{other: 1 for other in names if other != name})


# --- cases


@pytest.mark.parametrize("reason", STATUS_REASONS.split())
def test_every_status_reason_has_a_sentence(reason: str) -> None:
    assert wording().say(f"status-reason.{reason}").endswith(".")


@pytest.mark.parametrize("reason", ZEROS_REASONS.split())
def test_every_reason_not_to_force_a_zero_has_a_sentence(reason: str) -> None:
    assert wording().say(f"zeros-reason.{reason}").endswith(".")


def test_values_are_put_in() -> None:
    said = wording().say("evidence.tried-with", suite="TLS_X", version="1.2")
    assert "TLS_X over TLS 1.2" in said


@pytest.mark.parametrize(
    ("n", "shares"), [(0, "0 distinct shares"), (1, "1 distinct share "), (2, "2 distinct shares")]
)
def test_a_number_picks_the_form(n: int, shares: str) -> None:
    assert shares in wording().say("evidence.share.short", n=n, count=1)


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(KeyError, match=r"rule\.DHE999"):
        wording().say("rule.DHE999.title")


def test_a_plural_without_its_number_is_an_error() -> None:
    with pytest.raises(KeyError, match="n"):
        wording().say("evidence.share.short", count=1)


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="tlh; there is en, ja"):
        wording("tlh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_counts_have_separators_and_other_numbers_have_none(lang: str) -> None:
    assert "1,234,567" in wording(lang).say("report.survey.suites", n=1234567, names="TLS_X")
    assert "65535" in wording(lang).say("report.bad-row.at", line=65535, message="?")
    assert "16384" in wording(lang).say("report.group.bits", bits=16384)


def test_the_catalogue_is_asked_before_values_are_put_in() -> None:
    loud = Wording("xx", Shouting())
    assert "with <TLS_X> over TLS <1.2>" in loud.say("evidence.tried-with", suite="TLS_X", version="1.2")


def test_the_catalogue_decides_which_form_a_number_takes() -> None:
    loud = Wording("fr", Shouting())
    assert loud.say("evidence.share.short", n=0, count=0) == "FEW"
    assert loud.say("evidence.share.short", n=7000, count=1) == "MANY 7\u202f000"
