"""What the page says of servers, each distinct piece once.

A *part* is the markup of one piece of a server's details: a finding, the table of clients, the groups. Where
a run is large, equal parts are stored once, as a numbered template with a hole for each value that is a
server's own; the server itself is then a list of numbers: which parts, and which texts fill the holes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from markupsafe import Markup, escape

HOLE = Markup("<span data-own></span>")

# A part and the texts for its holes, both by their numbers.
Reference = tuple[int, ...]


@dataclass(slots=True)
class Blocks:
    """The store. With `inline`, parts are whole and nothing is stored: a small run needs no script.

    `parts` and `texts` are in the order in which they first turned up, so the same run makes the same page.
    """

    inline: bool
    parts: dict[Markup, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    _holes: list[str] = field(default_factory=list)
    _made: dict[Hashable, Markup] = field(default_factory=dict)

    def own(self, shown: str) -> Markup:
        """Take a server's own value while a part is made: a hole here, the text beside it."""
        if self.inline:
            return escape(shown)
        self._holes.append(shown)
        return HOLE

    def part(self, make: Callable[[], Markup]) -> Markup | Reference:
        """Make a part: its markup if `inline`, else what stands for it."""
        self._holes = []
        markup = make()
        return markup if self.inline else self._refer(markup, self._holes)

    def same(self, key: Hashable, make: Callable[[], Markup]) -> Markup | Reference:
        """Make a part that has no hole, once for each key."""
        if key not in self._made:
            self._made[key] = make()
        markup = self._made[key]
        return markup if self.inline else self._refer(markup, [])

    def text(self, text: str) -> int:
        """Return the number of a text."""
        return self.texts.setdefault(text, len(self.texts))

    def _refer(self, markup: Markup, holes: list[str]) -> Reference:
        return (self.parts.setdefault(markup, len(self.parts)), *(self.text(each) for each in holes))
