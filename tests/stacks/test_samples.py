"""What was learned, and how well it identifies: the files that `make traits` makes fit each other."""

from __future__ import annotations

import json

import pytest

from tests.stacks.evaluate import WAYS, Verdict, verdicts
from tests.stacks.samples import Sample, read_samples
from tests.stacks.table import TABLE, learned_table

SAMPLES = read_samples()
LEARNED = [each for each in SAMPLES if not each.held_out]
LEFT_OUT = dict(WAYS)


def all_verdicts(way: str) -> list[Verdict]:
    (left_out,) = (found for label, found in WAYS if label.startswith(way))
    return list(verdicts(LEARNED, SAMPLES, left_out))


def test_the_data_file_is_what_the_samples_say() -> None:
    assert json.loads(TABLE.read_text()) == learned_table(SAMPLES)


def test_nothing_held_out_was_learned() -> None:
    held_out = {each.family for each in SAMPLES if each.held_out}
    assert {"bearssl", "haskell", "forge"} <= held_out
    assert not {"bearssl", "haskell", "forge"} & set(learned_table(SAMPLES)["families"])


@pytest.mark.parametrize("way", ["nothing", "the bench itself", "every bench of the same family"])
def test_no_family_is_wrong(way: str) -> None:
    assert [each.sample.id for each in all_verdicts(way) if each.kind == "wrong"] == []


def test_nine_of_ten_are_right_as_their_makers_set_them() -> None:
    own = [each for each in all_verdicts("nothing") if each.sample.default]
    assert sum(each.kind == "right" for each in own) >= 0.9 * len(own) > 50


def test_versions_that_are_named_hold_the_true_one() -> None:
    told = [each for each in all_verdicts("nothing") if each.stack.libraries]
    assert len(told) > 50
    assert [each.sample.id for each in told if each.sample.version not in each.stack.libraries] == []


@pytest.mark.parametrize("sample", [each for each in SAMPLES if each.held_out], ids=lambda each: each.id)
def test_what_was_kept_out_is_unknown_or_right(sample: Sample) -> None:
    (found,) = verdicts([sample], SAMPLES, LEFT_OUT["nothing: all benches were learned"])
    assert found.kind != "wrong"
