"""The templates of the page, made to fail on a slip, and to let nothing through that a reader can't see."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tlsprobe.report.blocks import Blocks
from tlsprobe.report.phrases import DASH
from tlsprobe.wording import Wording
from tlsprobe.wording.visible import visible

# Longer than anything of ours: the rest of a hostile text is counted, and not shown.
MOST_SHOWN = 4_000
MOST_IN_A_CELL = 120


def environment(words: Wording, blocks: Blocks | None = None) -> Environment:
    """Return the templates; parts made with them leave their holes to `blocks`."""
    store = blocks or Blocks(inline=True)

    def shown(value: object, most: int = MOST_SHOWN) -> str:
        text = visible(str(value))
        if len(text) <= most:
            return text
        return words.say("report.cut", start=text[:most], n=len(text))

    def printable(value: object) -> object:
        """Let no None through: a template that prints one has a fault."""
        if value is None:
            raise ValueError("a template prints None")
        return value if isinstance(value, Markup) else shown(value)

    made = Environment(
        loader=PackageLoader("tlsprobe.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=printable,
    )
    made.filters |= {
        "breakable": lambda text: _breakable(shown(text)),
        "host": lambda text: _breakable(shown(text, MOST_IN_A_CELL), after="."),
        "cell": lambda text: shown(text, MOST_IN_A_CELL),
        "thousands": words.number,
        "own": lambda value: store.own(shown(value)),
    }
    made.globals |= {"say": words.say, "joined": words.joined, "dash": DASH}
    return made


def asset(name: str) -> Markup:
    """Return the style sheet or the script, as it stands in the page."""
    text = resources.files("tlsprobe.report").joinpath(f"templates/{name}").read_text("utf-8")
    return Markup(text)  # noqa: S704 - our own file


def policy(*, style: str, script: str) -> str:
    """Return the Content-Security-Policy that lets these two run, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _breakable(text: str, after: str = "_") -> Markup:
    """Let a long name go on in the next line behind this character."""
    return escape(text).replace(after, Markup(f"{after}<wbr>"))  # noqa: S704 - one character of ours
