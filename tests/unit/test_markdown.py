"""Markdown with text from elsewhere in it, read back by a parser of another maker: markdown-it-py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tlsprobe.remedy.markdown import block, bullets, code, plain, table
from tlsprobe.wording.visible import visible

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]

PIECES = (
    *(
        "\\",
        "`",
        "*",
        "_",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "(",
        ")",
        "#",
        "+",
        "-",
        ".",
        "!",
        "|",
        "~",
        "&",
        "$",
    ),
    *(
        " ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\0",
        "\x1b[31m",
        "\u202e",
        "\u2028",
        "\u00a0",
        "\udcff",
        "\ud800",
    ),
    *("a", "Z", "é", "名", "7", "1. ", "2) ", "- ", "+ ", "=", "---", "===", "***", "___", "```", "~~~"),
    *("&amp;", "&#35;", "&lt;b&gt;", "<script>", "<!--", "</td>", "<http://a.example>", "![x](http://y)"),
    *("[x](y)", "[x]: y", "[^1]", "- [ ] ", "# ", "> ", ":-:", "|---|", "$x$", "~~x~~", "__x__", "a_b"),
)
HOSTILE = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join),
    st.text(st.characters(), min_size=1, max_size=40),
)
READABLE = HOSTILE.filter(lambda text: bool(visible(text).strip()))


def types(tokens: list[Token]) -> list[str]:
    return [token.type for token in tokens]


def only_text(token: Token) -> str:
    """What a run of text says; an error where anything in it is more than text."""
    assert {child.type for child in token.children or ()} <= {"text"}, token
    return "".join(child.content for child in token.children or ())


# --- laws

ITEM = ["list_item_open", *PARAGRAPH, "list_item_close"]
ROW = ["tr_open", "td_open", "inline", "td_close", "td_open", "inline", "td_close", "tr_close"]
HEAD = ["tr_open", "th_open", "inline", "th_close", "th_open", "inline", "th_close", "tr_close"]
PLACES: dict[str, tuple[Callable[[str], str], list[str], int]] = {
    "paragraph": (lambda text: f"{text}\n\nafter", PARAGRAPH + PARAGRAPH, 0),
    "sentence": (lambda text: f"Before {text}\n\nafter", PARAGRAPH + PARAGRAPH, 0),
    "heading": (
        lambda text: f"## {text}\n\nafter",
        ["heading_open", "inline", "heading_close", *PARAGRAPH],
        0,
    ),
    "list": (
        lambda text: bullets([text, "after"]),
        ["bullet_list_open", *ITEM, *ITEM, "bullet_list_close"],
        0,
    ),
    "table": (
        lambda text: table(["a", "b"], [[text, "after"], ["x", "y"]]),
        [
            "table_open",
            "thead_open",
            *HEAD,
            "thead_close",
            "tbody_open",
            *ROW,
            *ROW,
            "tbody_close",
            "table_close",
        ],
        2,
    ),
    "link": (
        lambda text: f"[{text}](servers/x.md)\n\nafter",
        PARAGRAPH + PARAGRAPH,
        0,
    ),
}


@pytest.mark.parametrize("place", ["paragraph", "sentence", "heading", "list", "table"])
@given(text=READABLE)
@example(text="1. one")
@example(text="- ")
@example(text="---")
@example(text="    code")
@example(text="&lt;script&gt;")
@example(text="\\|")
@example(text="a*b*c_d_ _e_")
def test_plain_text_reads_as_it_is_wherever_it_stands(place: str, text: str) -> None:
    write, expected, which = PLACES[place]
    tokens = PARSER.parse(write(plain(text)))
    assert types(tokens) == expected
    inline = [token for token in tokens if token.type == "inline"]
    before = "Before " if place == "sentence" else ""
    # The spaces at the ends of a block belong to nobody.
    assert only_text(inline[which]).strip() == f"{before}{visible(text)}".strip()
    assert only_text(inline[which + 1]) == "after"


@given(text=READABLE)
@example(text="x](http://evil.example) [y")
@example(text="x\\")
def test_the_text_of_a_link_leads_where_the_link_does(text: str) -> None:
    write, expected, _ = PLACES["link"]
    tokens = PARSER.parse(write(plain(text)))
    assert types(tokens) == expected
    opened, *inner, closed = tokens[1].children or []
    assert (opened.type, opened.attrs, closed.type) == ("link_open", {"href": "servers/x.md"}, "link_close")
    assert {each.type for each in inner} == {"text"}
    assert "".join(each.content for each in inner) == visible(text)


@given(text=HOSTILE.filter(lambda text: bool(visible(text).strip(" "))))
@example(text="`")
@example(text="`` ` ```")
@example(text=" a ")
@example(text=" a")
@example(text="a\\")
def test_code_in_a_line_is_what_it_was(text: str) -> None:
    (_, inline, _) = PARSER.parse(f"File: {code(text)} end")
    before, found, after = inline.children or []
    assert (before.type, before.content) == ("text", "File: ")
    assert (found.type, found.content) == ("code_inline", visible(text))
    assert (after.type, after.content) == ("text", " end")


@given(lines=st.lists(HOSTILE, max_size=5), language=st.sampled_from(["", "sh"]))
@example(lines=["```", "# out"], language="sh")
@example(lines=["`" * 7], language="")
@example(lines=["a\n```\n# out"], language="")
@example(lines=["    indented", "", "~~~"], language="")
def test_nothing_leaves_a_block_of_code(lines: list[str], language: str) -> None:
    tokens = PARSER.parse(f"{block(lines, language)}\n\nafter")
    assert types(tokens) == ["fence", *PARAGRAPH]
    assert tokens[0].content == "".join(f"{visible(line)}\n" for line in lines)
    assert tokens[0].info == language


# --- cases


@pytest.mark.parametrize(
    "text",
    [
        "www.example.com:443",
        "192.0.2.1:8443",
        "windows-8.1",
        "a_b_c.example",
        "Windows 7 (IE 8)",
        "-rf",
        "3.5",
    ],
)
def test_what_means_nothing_gets_no_backslash(text: str) -> None:
    assert plain(text) == text


def test_what_can_not_be_seen_is_written_out() -> None:
    assert plain("a\nb\x1b[2J") == r"a\\nb\\x1b\[2J"
    assert block(["a\nb"]) == "```\na\\nb\n```"
