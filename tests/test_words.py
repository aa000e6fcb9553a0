"""Help, messages, docstrings, templates and docs avoid phrases that read like a translation."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tunesmith.cli.app import COMMANDS, app

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "tunesmith"
TEMPLATES = [SOURCE / "report" / "templates", SOURCE / "server" / "pages" / "templates"]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
CALLS = [(), *((name,) for panel in COMMANDS.values() for name in panel)]
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
ATTRIBUTE = re.compile(r"\b(class|id|href|for)=\"[^\"]*\"")
LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")

# A pattern (a space matches any white space), a phrase that it finds, and a better phrase.
WORST = (
    (r"(?-i:\bOf\b)", "Of labelled texts also a curve", "For labelled text also a curve"),
    (r"\bnobody\b", "pairs that nobody labelled", "unlabelled pairs"),
    (r"\beverybody\b", "giving everybody the most frequent label", "the majority class"),
    (r"\bwhoever\b", "whoever decides", "decision makers"),
    (r"\banew\b", "train anew", "restart training"),
    (r"\bdear(er|est)?\b", "cheapest to dearest", "cheapest to most expensive"),
    (r"\bmend(s|ed|ing)?\b", "Mend the lines", "Fix the lines"),
    (r"\bcures?\b", "would not cure this", "cannot fix this"),
    (r"\btill\b", "till it ends", "until it ends"),
    (r"\bcom(e|es|ing) along\b", "the example that comes along", "the bundled example"),
    (r"\blook(s|ed|ing)? after\b", "Look after models", "Manage models"),
    (r"\btold\b", "how it is told", "how it is reported"),
    (r"\bsaid\b", "what is said of it", "the reported result"),
    (r"\blies\b", "where the report lies", "the path of the report"),
    (r"\blie (in|at|under|there|apart)\b", "classes lie there", "classes are there"),
    (r"(?<!cannot\s)\bstands?\b(?! (in )?for\b)", "it stands there", "the name stands for it"),
    (r"\bsits?\b", "it sits above", "it is above"),
    (r"\bhears?\b", "who hears the events", "which receives the events"),
    (r"\balike\b", "judged alike", "positive pairs"),
    (r"\bapart\b(?! from\b)", "told apart", "apart from that"),
    (r"\bbeside\b", "beside the base", "next to the base"),
    (r"\bstruck out\b", "Candidates struck out", "Candidates rejected"),
    (r"\bthe last word\b", "has the last word on it", "filters false negatives"),
    (r"\brightly\b", "are read rightly", "are parsed correctly"),
    (r"\bfor want of\b", "not for want of rows", "unlikely to shrink with more data"),
    (r"\bexam(s|ination|inations)?\b", "sits the exam", "is evaluated"),
    (r"\bcontestants?\b", "the contestants", "the models"),
    (r"\bclimb(s|ed|ing)?\b", "the climb ends", "the search ends"),
    (r"\bsealed\b(?! test set\b)", "the sealed test", "the sealed test set"),
    (r"\bgone on\b", "cannot be gone on from", "cannot be resumed"),
    (r"\bdoes not suffice\b", "the memory does not suffice", "out of memory"),
    (r"\bno place on\b", "it has no place on a map", "vector 3 contains NaN"),
    (r"\bthe time there is\b", "The time there is", "Time budget"),
    (r"\btaken for what\b", "What is taken for what", "Confusion matrix"),
    (r"\btexts of which\b", "texts of which there are few", "texts with few rows"),
    (r"\b\d[\d,]* numbers\b", "vectors of 384 numbers", "vectors of 384 dimensions"),
    (
        r"\b(bits?|bytes?|numbers?|passes|rows|texts|vectors) an? "
        r"(class|number|row|second|text|token|vector)\b",
        "Bits a number",
        "Bits per number",
    ),
    (r"\bweights? of \d+ bits\b", "weights of 8 bits", "int8 weights"),
    (
        r"(?<!here\s)\b(is|are|was|were) no (?!longer\b|more\b|less\b|better\b|worse\b)",
        "budget 'soon' is no duration",
        "there is no file; it is not a duration, and no longer read",
    ),
    (
        r"\bwhat (decides|counts|it gives|they give|it brings|they bring|it says|comes out|"
        r"(is|was) (told|learn(ed|t) from|asked for))\b",
        "What decides",
        "Headline metric",
    ),
)

# Sample texts for models: another wording would give other vectors.
SAMPLES = ("by then nobody in the room cared",)


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the list: a space is any white space, case is ignored."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE)


PATTERNS = [compiled(pattern) for pattern, _example, _better in WORST]


@dataclass(frozen=True)
class Passage:
    """A piece of text, its file or command, and the number of its first line."""

    where: str
    line: int
    text: str

    def hits(self) -> Iterator[str]:
        """Yield each phrase that a pattern finds, with its file and line."""
        for pattern in PATTERNS:
            for match in pattern.finditer(self.text):
                line = self.line + self.text.count("\n", 0, match.start())
                excerpt = self.text[max(match.start() - 30, 0) : match.end() + 30]
                around = " ".join(excerpt.split())
                if not any(sample in around for sample in SAMPLES):
                    yield f"{self.where}:{line}: {match[0]!r} in {around!r}"


@pytest.mark.parametrize(("pattern", "example", "better"), WORST)
def test_a_pattern_finds_the_phrase_and_not_the_better_one(
    pattern: str, example: str, better: str
) -> None:
    """Each pattern of the list finds what it was written for, and accepts the replacement."""
    assert compiled(pattern).search(example)
    assert not compiled(pattern).search(better)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page: Path) -> None:
    """README, changelog and docs; names in code are left out."""
    text = CODE.sub(_blank, page.read_text(encoding="utf-8"))
    _check([Passage(page.relative_to(ROOT).as_posix(), 1, text)])


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call) or "tunesmith")
def test_help(call: tuple[str, ...]) -> None:
    """The help of every command."""
    result = CliRunner().invoke(app, [*call, "--help"])
    assert result.exit_code == 0
    _check([Passage(" ".join(["tunesmith", *call, "--help"]), 1, result.output)])


def test_templates() -> None:
    """The templates of reports, cards and pages, without their names and classes."""
    files = sorted(path for folder in TEMPLATES for path in folder.rglob("*.j2"))
    assert files
    texts = (JINJA.sub(_literals, path.read_text(encoding="utf-8")) for path in files)
    _check(
        Passage(path.relative_to(ROOT).as_posix(), 1, ATTRIBUTE.sub(_blank, text))
        for path, text in zip(files, texts, strict=True)
    )


@pytest.mark.parametrize(
    "folder", sorted(path.name for path in SOURCE.iterdir() if path.name != "__pycache__")
)
def test_messages_and_docstrings(folder: str) -> None:
    """Every string in the source with a space in it: messages, help and docstrings."""
    path = SOURCE / folder
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    _check(passage for file in files if file.suffix == ".py" for passage in _strings(file))


def _check(passages: Iterator[Passage] | list[Passage]) -> None:
    hits = [hit for passage in passages for hit in passage.hits()]
    assert not hits, f"{len(hits)} phrases to rewrite:\n" + "\n".join(hits)


def _strings(file: Path) -> Iterator[Passage]:
    where = file.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Passage(where, node.lineno, CODE.sub(_blank, node.value))


def _blank(code: re.Match[str]) -> str:
    """Return the white space that keeps the line numbers."""
    return "\n" * code[0].count("\n") + " "


def _literals(tag: re.Match[str]) -> str:
    """Return the sentences in a tag; a comment is one."""
    if tag[0].startswith("{#"):
        return tag[0]
    literals = [each for each in LITERAL.findall(tag[0]) if " " in each]
    return " ".join([*literals, "\n" * (tag[0].count("\n") - "".join(literals).count("\n"))])
