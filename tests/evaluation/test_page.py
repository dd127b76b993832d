"""The page of results is whole HTML that says everything in words, with nothing fetched and nothing let through."""

from html.parser import HTMLParser

import pytest

from himmel.evaluation.page import Curve, Picture, Section, page
from himmel.evaluation.report import markdown_table, tables_of

VOID = {"meta", "img", "polyline", "path"}


class Reader(HTMLParser):
    """Collects tags, and complains where one is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def read() -> tuple[str, Reader]:
    table = markdown_table(["fact", "right %"], [["colour <b>", "98.0"], ["shape", "91.5"]])
    curve = Curve("Loss", "minutes", "loss", {"first": [(0, 2.0), (5, 1.0)], "second": [(0, 3.0), (5, 3.0)]})
    sections = [
        Section("prompts", "Is <it> right?", f"40 prompts.\n\n{table}\nWithin: 3.\n\n{table}", ["prompts.json"]),
        Section("training", "How?", pictures=[Picture("a b.png", 'a "ball"')], curves=[curve]),
    ]
    text = page("Title & more", "Lead", sections)
    reader = Reader()
    reader.feed(text)
    return text, reader


def test_every_tag_is_closed_and_text_is_escaped(read: tuple[str, Reader]) -> None:
    text, reader = read
    assert reader.open == []
    assert "<b>" not in text
    assert "Is &lt;it&gt; right?" in text
    assert not reader.all("script")
    assert "http" not in text


def test_tables_and_pictures_say_what_they_are(read: tuple[str, Reader]) -> None:
    _, reader = read
    assert len(reader.all("table")) == len(reader.all("caption")) == 3
    assert all(cell.get("scope") in ("row", "col") for cell in reader.all("th"))
    assert [image["alt"] for image in reader.all("img")] == ['a "ball"']
    assert [drawing["aria-label"] for drawing in reader.all("svg")] == ["Loss"]
    links = [link["href"] for link in reader.all("a")]
    ids = {heading.get("id") for heading in reader.all("h2")}
    assert {str(link)[1:] for link in links if str(link).startswith("#")} == ids
    assert "prompts.json" in links


def test_tables_are_read_as_they_were_written() -> None:
    head, rows = ["a", "b", "c"], [["x", "–", "1"], ["y", "-2.5", ""]]
    text = f"before\n\n{markdown_table(head, rows)}\nbetween\n{markdown_table(head[:2], [])}"
    assert tables_of(text) == [(head, rows), (head[:2], [])]
