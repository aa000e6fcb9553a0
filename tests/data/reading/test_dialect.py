"""The body of a delimited file decides how it is read; the header is found after it."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.error_fields import about
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile

TEXTS = [
    "the lift stands still, again",
    "water drips; from the ceiling",
    'they say "it is cold" | at night',
    "der Aufzug hält nicht",
    "电梯又停在三楼了，第0次",
    "лифт снова стоит",
]
LABELS = ["lift", "water", "heating", "lift", "lift", "lift"]
ROWS = list(zip(TEXTS, LABELS, strict=True))
DELIMITERS = [",", ";", "\t", "|"]
HEADERS = [("text", "label"), ("Beschwerde", "Art"), ("问题", "类别")]


def written(rows: Sequence[tuple[str, ...]], delimiter: str, **how: object) -> str:
    """Return rows as the csv module writes them."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", **how).writerows(rows)  # type: ignore[arg-type]  # given by name
    return out.getvalue()


def check(
    path: Path, content: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> None:
    """Check that a file has these columns and rows, numbered from 1, and nothing is rejected."""
    path.write_bytes(content.encode())
    loaded = read(path)
    assert loaded.table.column_names == list(header)
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == list(rows)
    assert loaded.rows.tolist() == list(range(1, len(rows) + 1))
    assert not loaded.rejected


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("line", ["sep={}\r\n", '"sep={}"\n', "SEP={}\n"])
def test_a_line_that_names_the_delimiter_is_no_header(
    tmp_path: Path, line: str, delimiter: str, header: tuple[str, str]
) -> None:
    """Excel writes it above the header; it is believed."""
    content = line.format(delimiter) + written([header, *ROWS], delimiter)
    check(tmp_path / "excel.csv", content, header, ROWS)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(("in_header", "in_rows"), [(1, 0), (3, 0), (0, 1), (1, 1), (2, 2)])
def test_delimiters_at_the_end_of_lines_make_no_column(
    tmp_path: Path, delimiter: str, header: tuple[str, str], in_header: int, in_rows: int
) -> None:
    """A column without name and values is left out, whether the header or the rows have it."""
    head, *body = written([header, *ROWS], delimiter).splitlines()
    lines = [head + in_header * delimiter, *(line + in_rows * delimiter for line in body)]
    check(tmp_path / "end.csv", "\n".join(lines) + "\n", header, ROWS)


def test_an_unnamed_column_with_values_is_kept(tmp_path: Path) -> None:
    """It gets its number as a name."""
    rows = [("a card", "x", "1"), ("a loan", "y", "2")]
    check(
        tmp_path / "kept.csv",
        written([("text", "label", ""), *rows], ","),
        ("text", "label", "column3"),
        rows,
    )


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(
    ("quote", "quoting"),
    [
        ('"', csv.QUOTE_ALL),
        ('"', csv.QUOTE_MINIMAL),
        ('"', csv.QUOTE_NONE),
        ("'", csv.QUOTE_ALL),  # otherwise nothing shows that it is a quote
    ],
)
def test_backslash_escapes_are_detected(
    tmp_path: Path, delimiter: str, header: tuple[str, str], quote: str, quoting: int
) -> None:
    """Quotes and delimiters after a backslash are plain; any other backslash stays."""
    rows = [(f"{quote}{text}{quote} {delimiter} C:\\new", label) for text, label in ROWS]
    how = {"quoting": quoting, "doublequote": False, "escapechar": "\\", "quotechar": quote}
    content = written([header, *rows], delimiter, **how)
    check(tmp_path / "escaped.csv", content, header, rows)


cells = st.text(st.sampled_from("ab ü电\"',;\\\n"), min_size=1, max_size=12).filter(
    lambda cell: cell.strip() == cell != "" and not cell.endswith("\\")
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(cells, min_size=6, max_size=12), delimiter=st.sampled_from(",;"))
def test_any_texts_with_escapes_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], delimiter: str
) -> None:
    """Whatever is quoted and escaped, below rows that show the escape."""
    rows = [*ROWS, *((text, "x") for text in texts)]
    how = {"quoting": csv.QUOTE_ALL, "doublequote": False, "escapechar": "\\"}
    content = written([("text", "label"), *rows], delimiter, **how)
    check(tmp_path_factory.mktemp("escaped") / "any.csv", content, ("text", "label"), rows)


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_backslashes_without_escapes_stay(tmp_path: Path, delimiter: str) -> None:
    """In a file with doubled quotes, a backslash before a quote is a character."""
    rows = [*ROWS, ('C:\\"', "x"), ("C:\\", "y")]
    how = {"quoting": csv.QUOTE_ALL}
    content = written([("text", "label"), *rows], delimiter, **how)
    check(tmp_path / "paths.csv", content, ("text", "label"), rows)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(
    "titles", [["Tickets of May"], ["Tickets, all houses", "", "Seite 1"], ["投诉{0}", "{0}"]]
)
def test_titles_above_the_header_are_skipped_and_noted(
    tmp_path: Path, delimiter: str, header: tuple[str, str], titles: list[str]
) -> None:
    """Also if they are filled up with delimiters, as Excel does."""
    above = "".join(title.format(delimiter) + "\n" for title in titles)
    if "," in above and delimiter == "," and header != ("text", "label"):
        pytest.skip("a title of as many cells as the header needs known names below it")
    path = tmp_path / "titled.csv"
    check(path, above + written([header, *ROWS], delimiter), header, ROWS)
    assert any("above the header skipped" in note for note in read(path).notes)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("header", [("id", "text", "label"), ("Nr", "Meldung", "Art")])
@pytest.mark.parametrize(
    "titles", [[("Report Q2", "", ""), ("by", "Anna", "")], [("by", "Anna", ""), ("", "", "")]]
)
def test_titles_of_as_many_cells_are_skipped(
    tmp_path: Path, delimiter: str, header: tuple[str, ...], titles: list[tuple[str, ...]]
) -> None:
    """Known names are a header, and so are names without gaps above numbers."""
    rows = [(str(number), *cells) for number, cells in enumerate(ROWS)]
    content = written([*titles, header, *rows], delimiter)
    check(tmp_path / "titled.csv", content, header, rows)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("header", [("text", "label"), ("Frage", "Thema"), ("句子", "标签")])
@pytest.mark.parametrize("times", [1, 3])
def test_repeated_headers_are_left_out(
    tmp_path: Path, delimiter: str, header: tuple[str, str], times: int
) -> None:
    """As in files that were joined; the rows keep their numbers, and a note counts the lines."""
    path = tmp_path / "joined.csv"
    joined = [header, *ROWS]
    for part in range(times):
        joined += [header, *((f"{text} {part}", label) for text, label in ROWS)]
    path.write_text(written(joined, delimiter), encoding="utf-8")
    loaded = read(path)
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == [
        row for row in joined if row != header
    ]
    assert tuple(loaded.table.column_names) == header
    assert loaded.rows.tolist() == [at for at, row in enumerate(joined) if row != header]
    ending = "line" if times == 1 else "lines"
    assert f"{times} repeated header {ending} left out" in loaded.notes
    opened = open_rows(path, tmp_path)
    assert list(opened.cells()) == [row for row in joined if row != header]
    assert opened.notes == loaded.notes


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_cells_in_single_quotes_are_read(tmp_path: Path, delimiter: str) -> None:
    """Doubled single quotes within them are one; the rest is text."""
    rows = [(f"it's {text}", label) for text, label in ROWS]
    content = written([("text", "label"), *rows], delimiter, quotechar="'", quoting=csv.QUOTE_ALL)
    check(tmp_path / "single.csv", content, ("text", "label"), rows)


def test_apostrophes_are_no_quotes(tmp_path: Path) -> None:
    """Texts that begin or end with one are unchanged."""
    rows = [("'tis late", "a"), ("rock 'n' roll'", "b"), ("'so' they say", "a"), ("plain", "b")]
    content = written([("text", "label"), *rows], ",")
    check(tmp_path / "apostrophes.csv", content, ("text", "label"), rows)


@pytest.mark.parametrize("delimiter", [*DELIMITERS, " "])
@pytest.mark.parametrize("names", ["{}", "row{}", "T-10{}"])
def test_row_names_of_r_are_a_column(tmp_path: Path, delimiter: str, names: str) -> None:
    """R's write.table writes no name above them."""
    head, *body = written([("text", "label"), *ROWS], delimiter, quoting=csv.QUOTE_ALL).splitlines()
    lines = [f'"{names.format(row)}"{delimiter}{line}' for row, line in enumerate(body, 1)]
    rows = [(names.format(row), *cells) for row, cells in enumerate(ROWS, 1)]
    content = "\n".join([head, *lines]) + "\n"
    check(tmp_path / "r.csv", content, ("column1", "text", "label"), rows)


def test_a_text_with_commas_is_no_row_name(tmp_path: Path) -> None:
    """A date, a text with a comma and without quotes: refused, not shifted by a column."""
    lines = [f"2024-01-0{day},hello, you number {day}" for day in range(1, 8)]
    path = tmp_path / "dates.csv"
    path.write_text("date,text\n" + "\n".join(lines) + "\n")
    with pytest.raises(UnreadableFile, check=about(file="dates.csv", line=2)):
        read(path)


@pytest.mark.parametrize("delimiter", ["::", "||", "^", "~", "¦", "\x01"])
@pytest.mark.parametrize("header", [("text", "label"), ("id", "title", "genre")])
def test_other_delimiters_are_read(tmp_path: Path, delimiter: str, header: tuple[str, ...]) -> None:
    """Two colons, two bars, and rare characters below a known name."""
    rows = [
        (f"{row}", f"a film, no {row}: part {row}; end", f"kind {row % 2}")[-len(header) :]
        for row in range(1, 9)
    ]
    content = "".join(delimiter.join(cells) + "\n" for cells in [header, *rows])
    check(tmp_path / "films.dat", content, header, rows)


@pytest.mark.parametrize(
    "texts",
    [
        ["Kommentar", "ja, gut", "nein, schlecht", "na ja, es geht"],
        ["text", "a ~ b", "c ~ d", "e ~ f"],
        ["Bemerkung", "C:\\, oder so", "D:\\, auch", "na, ja"],
    ],
)
def test_texts_are_no_table(tmp_path: Path, texts: list[str]) -> None:
    """One column below its name, although each text has a comma or another delimiter."""
    header, *rows = texts
    check(tmp_path / "one.csv", "\n".join(texts) + "\n", (header,), [(text,) for text in rows])


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.txt", lambda rows: written([("text", "label"), *rows], ",")),
        ("b.TXT", lambda rows: written([("Text", "Thema"), *rows], ";")),
        ("c.text", lambda rows: written([("id", "question", "answer"), *rows], "\t")),
        ("d.txt", lambda rows: "sep=|\n" + written([("text", "label"), *rows], "|")),
    ],
)
def test_a_table_in_a_text_file_is_read_as_one(
    tmp_path: Path, name: str, make: Callable[[list[tuple[str, ...]]], str]
) -> None:
    """If its first line has known column names; a note says so."""
    wide = name == "c.text"
    rows = [(*([str(row)] if wide else []), *cells) for row, cells in enumerate(ROWS)]
    (tmp_path / name).write_text(make(rows), encoding="utf-8")
    loaded = read(tmp_path / name)
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == rows
    assert any("despite the name" in note for note in loaded.notes)


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a"])
@pytest.mark.parametrize("dashes", ["|---|---|", "| --- | :---: |", "---|---", "|:--|--:|"])
@pytest.mark.parametrize("names", [("text", "label"), ("Frage", "Thema"), ("句子", "标签")])
def test_a_table_in_markdown_is_refused(
    tmp_path: Path, name: str, dashes: str, names: tuple[str, ...]
) -> None:
    """Its dashes are no row, and its cells have spaces at both ends."""
    rows = [" | ".join(cells) for cells in [names, *ROWS]]
    lines = [f"| {row} |" if dashes.startswith("|") else row for row in rows]
    content = "\n".join(["# Tickets", "", lines[0], dashes, *lines[1:]])
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="table in Markdown"):
        read(tmp_path / name)


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", ",", "::"])
def test_lines_that_may_be_a_table_are_texts_with_a_note(tmp_path: Path, delimiter: str) -> None:
    """Without known names, each line is a text, and the note tells how to read a table."""
    lines = [
        delimiter.join(cells) for cells in [("Jammer", "Art"), *((f"a{n}", "b") for n in range(5))]
    ]
    (tmp_path / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    loaded = read(tmp_path / "lines.txt")
    assert loaded.table.to_pydict() == {"text": lines}
    assert any("if the file is a table, rename it" in note for note in loaded.notes)


def test_prose_is_read_as_lines(tmp_path: Path) -> None:
    """Commas in sentences make no table, although the first words are column names."""
    lines = ["Question, answer and comment", "we met, again, and again", "and so on", "the end"]
    (tmp_path / "prose.txt").write_text("\n".join(lines))
    loaded = read(tmp_path / "prose.txt")
    assert loaded.table.to_pydict() == {"text": lines}
    assert loaded.notes == ()


@pytest.mark.parametrize("above", ["", "sep=;\n", "Tickets of May\n\n"])
def test_rejected_lines_are_numbered_as_in_an_editor(tmp_path: Path, above: str) -> None:
    """Whatever is above the header, and whether the file is rewritten to be read."""
    rows = "".join(f"text {row};ab\n" for row in range(5))
    content = f"{above}text;label\n{rows}a;b;c\nd;e\n"
    (tmp_path / "broken.csv").write_text(content)
    loaded = read(tmp_path / "broken.csv")
    assert [rejected.line for rejected in loaded.rejected] == [above.count("\n") + 7]
    assert loaded.rows.tolist() == [1, 2, 3, 4, 5, 7]


@pytest.mark.parametrize("ending", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("delimiter", [*DELIMITERS, "::"])
def test_every_line_ending_is_read(
    tmp_path: Path, delimiter: str, header: tuple[str, ...], ending: str
) -> None:
    """Carriage returns alone too, as on old Macs; one short row costs itself only."""
    lines = [delimiter.join(row) for row in (header, *((text[:9], "x") for text in TEXTS))]
    content = ending.join([*lines[:3], "lonely", *lines[3:], ""])
    path = tmp_path / "lines.csv"
    path.write_bytes(content.encode())
    loaded = read(path)
    assert loaded.table.column_names == list(header)
    assert loaded.rows.tolist() == [1, 2, 4, 5, 6, 7]
    assert [rejected.line for rejected in loaded.rejected] == [4]


@pytest.mark.parametrize("delimiter", ["::", "||"])
def test_cells_between_long_delimiters_may_have_quotes_escapes_and_lines(
    tmp_path: Path, delimiter: str
) -> None:
    """A delimiter within quotes is text, also if the quotes enclose several lines."""
    rows = [
        (f"see a {delimiter} b", "x"), ("first line\nsecond, line", "say: a :: b"),
        ('she said "no" to it', "y"), ("plain", "y"), ("another\nline", "x"),
    ]  # fmt: skip
    for quote in ('""', '\\"'):
        cells = [[f'"{cell.replace(chr(34), quote)}"' for cell in row] for row in rows]
        lines = [delimiter.join(row) for row in (["text", "label"], *cells)]
        check(tmp_path / "long.csv", "\n".join(lines) + "\n", ("text", "label"), rows)


def test_an_open_quote_between_long_delimiters_costs_its_own_line(tmp_path: Path) -> None:
    """The lines after it are rows."""
    lines = ["text::label", "a b::x", '"never closed::x', *["c d::y"] * 3, '"e\nf"::x', ""]
    path = tmp_path / "long.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    loaded = read(path)
    assert [rejected.line for rejected in loaded.rejected] == [3]
    assert loaded.table["text"].to_pylist() == ["a b", "c d", "c d", "c d", "e\nf"]


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("end", ["", ",", ";"])
def test_one_column_is_read_without_its_quotes(tmp_path: Path, quote: str, end: str) -> None:
    """And without a delimiter at the end of its header."""
    texts = [f"the lift stands, row {row}" for row in range(9)]
    content = f"{quote}text{quote}{end}\n" + "".join(f"{quote}{text}{quote}\n" for text in texts)
    check(tmp_path / "one.csv", content, ("text",), [(text,) for text in texts])


@pytest.mark.parametrize("script", ["上周订购的那张卡现在在哪里呢", "บัตรที่สั่งเมื่อสัปดาห์ที่แล้วอยู่ที่ไหน"])
def test_a_first_text_without_spaces_is_no_header(tmp_path: Path, script: str) -> None:
    """Words are counted by script."""
    path = tmp_path / "texts.csv"
    path.write_text("".join(f"{script}{row}\n" for row in range(9)), encoding="utf-8")
    loaded = read(path)
    assert loaded.table.num_rows == 9
    assert any("no header line" in note for note in loaded.notes)


def test_doubled_backslashes_are_noted(tmp_path: Path) -> None:
    """They may be escapes, but nothing else in the file says so."""
    path = tmp_path / "paths.csv"
    path.write_text("text,label\nC:\\\\temp is full,a\nso is D:,b\n", encoding="utf-8")
    loaded = read(path)
    assert loaded.table["text"][0].as_py() == "C:\\\\temp is full"
    assert any("every backslash is doubled" in note for note in loaded.notes)


def test_single_bars_in_texts_are_no_delimiters(tmp_path: Path) -> None:
    """If two bars separate the cells."""
    rows = [(f"a text | with a bar {row}", "x", "y") for row in range(5)]
    rows += [(f"without {row}", "x", "z") for row in range(5)]
    content = "".join("||".join(row) + "\n" for row in [("text", "label", "kind"), *rows])
    check(tmp_path / "bars.csv", content, ("text", "label", "kind"), rows)


@pytest.mark.parametrize("comment", ["# comment", "# text", "#label", "#", "# Tickets of May"])
@pytest.mark.parametrize("lines", [1, 3])
def test_comments_above_the_header(comment: str, lines: int, tmp_path: Path) -> None:
    """A line with a hash is skipped, also if it has a known name in it."""
    rows = "".join(f'"a text, of row {row}",{"ab"[row % 2]}\n' for row in range(20))
    path = tmp_path / "a.csv"
    path.write_text(f"{comment}\n" * lines + "text,label\n" + rows, encoding="utf-8")
    loaded = read(path)
    assert loaded.table.column_names == ["text", "label"]
    assert loaded.table.num_rows == 20
