"""What each bench showed, as it is kept in samples.json: one line a sample."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SAMPLES = Path(__file__).parent / "samples.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """The traits of one server with one configuration. `held_out` ones are for evaluation only."""

    family: str
    version: str
    program: str
    configuration: str
    default: bool
    held_out: bool
    date: str
    traits: dict[str, str]

    @property
    def id(self) -> str:
        """The bench's name."""
        return f"{self.version} | {self.program} | {self.configuration}"


def read_samples(path: Path = SAMPLES) -> tuple[Sample, ...]:
    """All samples; none where nothing was learned yet."""
    if not path.exists():
        return ()
    return tuple(Sample(**each) for each in json.loads(path.read_text()))


def write_samples(samples: Sequence[Sample], path: Path) -> None:
    """Write them sorted, so that a new run shows what changed."""
    lines = [json.dumps(asdict(each), ensure_ascii=False) for each in sorted(samples, key=lambda s: s.id)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
