"""What the manual says: the prose, and between it what is made of the program's own tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from netwatch_tui.argument import Argument
from netwatch_tui.arguments import ARGUMENTS, DESCRIPTION, EXAMPLES, SECTIONS
from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.field import Field
from netwatch_tui.manual.completions import THEMES
from netwatch_tui.manual.document import (
    PROGRAM,
    Block,
    Emphasis,
    Heading,
    Paragraph,
    Span,
    Terms,
    Text,
    literal,
    plain,
    sentence,
)
from netwatch_tui.manual.prose_reader import read_prose
from netwatch_tui.query import REFERENCE, SHIPPED
from netwatch_tui.sockets.flow_rules import MORE_RULES
from netwatch_tui.sockets.health import RULES
from netwatch_tui.ui.key_names import key_word
from netwatch_tui.ui.keymap import APP_KEYS, DETAILS_KEYS, FILTER_KEYS, JOBS, MAIN_KEYS, TABLE_KEYS, Key, job_of
from netwatch_tui.view.named_views import VIEWS

_PROSE = Path(__file__).with_name("prose.md")
_RECIPES = Path(__file__).with_name("recipes.md")
RECIPES = f"{PROGRAM}-recipes"
_FIGURE = re.compile(r"\{(\w+)\}")


def contents() -> list[Block]:
    """All of it, in its order."""
    made: dict[str, Sequence[Block]] = {
        "name": [Paragraph(plain(f"{PROGRAM} - {DESCRIPTION[0].lower()}{DESCRIPTION[1:].rstrip('.')}"))],
        "synopsis": [Paragraph((*literal(PROGRAM), Span(" ["), Span("options", Emphasis.VALUE), Span("] ["),
                                Span("FILTER", Emphasis.VALUE), Span(" ...]")))],
        "options": list(_options()),
        "views": [Paragraph(plain(", ".join(f"{at} {view.name}" for at, view in enumerate(VIEWS, 1)) + "."))],
        "keys": list(_keys()),
        "filter_examples": [Terms([(literal(example), plain(sentence(meaning))) for example, meaning in REFERENCE])],
        "saved_filters": [Terms([(plain(name), literal(text)) for name, text in SHIPPED])],
        "fields": [Terms([(literal(field.id), plain(_about(field))) for field in FIELDS])],
        "problems": [Terms([(literal(rule.word), plain(_told(rule.meaning, rule.advice)))
                            for rule in (*RULES, *MORE_RULES)])],
        "themes": [Paragraph(plain(f"{', '.join(THEMES)}."))],
        "examples": [Terms([(literal(command), plain(sentence(meaning))) for command, meaning in EXAMPLES])],
    }  # fmt: skip
    return list(read_prose(_PROSE.read_text(encoding="utf-8"), made))


def recipes() -> list[Block]:
    """What the page of the recipes says."""
    title, _, text = _RECIPES.read_text(encoding="utf-8").partition("\n")
    about = f"{RECIPES} - {title.removeprefix('# ').lower()}"
    return [
        *(Heading("Name"), Paragraph(plain(about)), Heading("Description")),
        *read_prose(text, {}),
        *(Heading("See also"), Paragraph((*literal(PROGRAM), Span("(1)")))),
    ]


def _options() -> Iterator[Block]:
    for section in SECTIONS:
        yield Heading(section.capitalize(), is_part=True)
        yield Terms([(_flags(each), plain(sentence(each.help))) for each in ARGUMENTS if each.section == section])


def _flags(argument: Argument) -> Text:
    spans: list[Span] = []
    for flag in argument.flags:
        spans += [Span(", "), Span(flag, Emphasis.LITERAL)] if spans else [Span(flag, Emphasis.LITERAL)]
    for value in argument.values:
        spans += [Span(" [" if argument.is_value_optional else " "), Span(value, Emphasis.VALUE)]
    return (*spans, Span("]")) if argument.is_value_optional else tuple(spans)


def _keys() -> Iterator[Block]:
    """By what a person wants to do, as in the help."""
    for job in JOBS:
        yield Heading(job.title, is_part=True)
        yield _pressed(key for key in (*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS) if job_of(key) is job)
    yield Heading("In the details", is_part=True)
    yield _pressed(DETAILS_KEYS)
    yield Heading("While a filter is typed", is_part=True)
    yield _pressed(FILTER_KEYS)


def _pressed(keys: Iterable[Key]) -> Terms:
    """Keys that mean the same are told together."""
    names: dict[str, list[str]] = {}
    for key in keys:
        names.setdefault(key.meaning, []).extend(map(key_word, key.names))
    return Terms([(literal(" ".join(words)), plain(sentence(meaning))) for meaning, words in names.items()])


def _about(field: Field) -> str:
    """What a field means, and by which names the filter knows it."""
    unit = f" In {field.unit}." if field.unit and field.unit not in field.meaning else ""
    if not field.filter:
        return f"{sentence(field.meaning)}{unit}"
    keys = ", ".join(f"{key}:" for key in (field.id, *field.filter.also))
    return f"{sentence(field.meaning)}{unit} Filter: {keys}."


def _told(meaning: str, advice: str) -> str:
    """A rule without the figures of a socket, and what to do."""
    figures = {"time": "a while", "share": "N %"}
    return f"{sentence(_FIGURE.sub(lambda found: figures.get(found[1], 'N'), meaning))} {sentence(advice)}"
