"""Tables of every kind of data in many languages, with the examples that must be read from them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.data.generated_texts import Language
from tunesmith.kinds import Kind

Example = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Columns of a file, the column of each role, and the examples of each row.

    ``examples`` has one entry a row: the values of the roles, several for a list of positives.
    ``nested`` is whether cells hold lists or objects, which delimited files can hold as JSON only.
    """

    kind: Kind
    columns: dict[str, list[Any]]
    roles: dict[str, str]
    examples: list[list[Example]]
    named: bool = True
    nested: bool = False

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.examples)


Build = Callable[[list[str], Language, Random], Table]
# Texts as people write them: delimiters, quotes, line breaks, paths, marks and other alphabets.
SPICE = (
    "{0}, please; thanks", 'they wrote "no" and {0}', "{0}\nSecond line, at last", "it's {0}",
    "{0} (50 % | 7 €)", "{0}: 'maybe'", "{0} \\ C:\\temp", "{0} 🙂", "{0}\tand so on", '"{0}"',
    "<b>{0}</b>", "{0} #1 [sic] {{x}}", "1. {0}", "- {0}", "{0}...", "=SUM(A1); {0}", "{0} :: {0}",
)  # fmt: skip


def labelled(texts: list[str], language: Language, rng: Random) -> Table:
    """Return texts with a label: words, or numbers, dates and the like, natively typed."""
    named = rng.choice(
        [
            ("text", "label"), ("utterance", "intent"), ("Review Text", "Rating"),
            ("body", "queue"), ("message", "sentiment"), ("comment", "category"),
            ("title", "topic"),
            *[language.names or ("text", "label")] * 2,
        ]
    )  # fmt: skip
    labels = rng.choices(rng.choice([language.categories] * 3 + list(_VALUES)), k=len(texts))
    return _table(Kind.LABELLED, named, ("text", "label"), [texts, labels])


_VALUES: tuple[list[Any], ...] = (
    [1, 2, 3, 4, 5],
    [0, 1],
    [True, False],
    [0.5, 1.0, 3.5, 4.5],
    ["2024-01-31", "2024-02-29", "2024-03-31"],
    ["1.10", "1.9", "2.0.1"],
    ["yes", "no"],
    ["007", "042", "100"],
    ["A/B", "n/a", "None of these"],
    ["https://a.example/x", "https://b.example/y"],
    [-1, 0, 1],
    ["C++", "C#", "F&B, drinks"],
)


def multilabel(texts: list[str], language: Language, rng: Random) -> Table:
    """Return texts with several labels: flags, lists or labels with bars between them."""
    names = language.categories[:3]
    form = rng.choice(["flags", "words", "booleans", "list", "bars", "object"])
    flags = [[rng.randint(0, 1) for _ in names] for _ in texts]
    if form in ("list", "bars", "object"):
        flags = [row if any(row) else [1, *row[1:]] for row in flags]
    known = [dict(zip(names, row, strict=True)) for row in flags]
    examples: list[list[Example]] = [[row] for row in zip(texts, known, strict=True)]
    if form in ("flags", "words", "booleans"):
        yes, no = {"flags": (1, 0), "words": ("yes", "no"), "booleans": (True, False)}[form]
        columns = {name: [yes if row[name] else no for row in known] for name in names}
        roles = {"text": "text", "labels": "+".join(names)}
        return Table(Kind.MULTILABEL, {"text": texts, **columns}, roles, examples)
    lists = [[name for name in names if row[name]] for row in known]
    forms: dict[str, list[Any]] = {
        "list": lists,
        "bars": ["|".join(row) for row in lists],
        "object": known,
    }
    named = rng.choice([("text", "labels"), ("comment", "tags"), ("abstract", "categories")])
    table = _table(Kind.MULTILABEL, named, ("text", "labels"), [texts, forms[form]])
    return replace(table, examples=examples, nested=form != "bars")


def pairs(texts: list[str], language: Language, rng: Random) -> Table:
    """Return two texts a row, or a text and a list of texts."""
    del language
    named = rng.choice(
        [
            ("anchor", "positive"),
            ("question", "answer"),
            ("title", "abstract"),
            ("query", "passage"),
        ]
    )
    first, second = _halves(texts)
    if rng.random() < 0.3:
        lists = [[one, f"{one} + {rng.randint(10, 99)}"] for one in second]
        table = _table(Kind.PAIRS, ("query", "positives"), ("anchor", "positive"), [first, lists])
        examples = [[(one, each) for each in row] for one, row in zip(first, lists, strict=True)]
        return replace(table, examples=examples, nested=True)
    return _table(Kind.PAIRS, named, ("anchor", "positive"), [first, second])


def labelled_pairs(texts: list[str], language: Language, rng: Random) -> Table:
    """Return two texts and whether they match."""
    del language
    named = rng.choice(
        [
            ("sentence1", "sentence2", "is_duplicate"), ("question1", "question2", "label"),
            ("text_a", "text_b", "similar"), ("premise", "hypothesis", "entailment"),
            ("query", "document", "relevant"),
        ]
    )  # fmt: skip
    yes, no = rng.choice([(1, 0), (True, False), ("yes", "no"), ("1", "0")])
    flags = [rng.randint(0, 1) for _ in texts[::2]]
    cells = [yes if flag else no for flag in flags]
    first, second = _halves(texts)
    table = _table(Kind.LABELLED_PAIRS, named, ("text1", "text2", "label"), [first, second, cells])
    return replace(table, examples=[[row] for row in zip(first, second, flags, strict=True)])


def scored_pairs(texts: list[str], language: Language, rng: Random) -> Table:
    """Return two texts and a score."""
    del language
    named = rng.choice(
        [
            ("sentence1", "sentence2", "score"), ("text_a", "text_b", "similarity"),
            ("sentence_1", "sentence_2", "label"),
        ]
    )  # fmt: skip
    top = rng.choice([1, 5])
    scores = [round(rng.uniform(0, top), 2) + 0.001 for _ in texts[::2]]
    scores = [round(score, 3) for score in scores]
    return _table(Kind.SCORED_PAIRS, named, ("text1", "text2", "score"), [*_halves(texts), scores])


def nli(texts: list[str], language: Language, rng: Random) -> Table:
    """Return premise, hypothesis and their relation, in words or as 0, 1, 2."""
    del language
    named = rng.choice(
        [("premise", "hypothesis", "label"), ("sentence1", "sentence2", "gold_label")]
    )
    relations = ["entailment", "neutral", "contradiction"]
    numbers = [index % 3 for index in range(len(texts) // 2)]
    rng.shuffle(numbers)
    in_words = rng.random() < 0.6
    cells = [relations[number] if in_words else number for number in numbers]
    first, second = _halves(texts)
    table = _table(Kind.NLI, named, ("premise", "hypothesis", "label"), [first, second, cells])
    examples = [
        [(one, two, relations[each])] for one, two, each in zip(first, second, numbers, strict=True)
    ]
    return replace(table, examples=examples)


def triplets(texts: list[str], language: Language, rng: Random) -> Table:
    """Return a text, a positive and one or more negatives."""
    del language
    third = len(texts) // 3
    one, two, three = (texts[index * third : (index + 1) * third] for index in range(3))
    roles = ("anchor", "positive", "negatives")
    form = rng.choice(["single", "numbered", "list"])
    listed = [[each] for each in three]
    if form == "numbered":
        more = [f"{each}?" for each in three]
        columns = {"query": one, "positive": two, "negative_1": three, "negative_2": more}
        named = {"anchor": "query", "positive": "positive", "negatives": "negative_1+negative_2"}
        examples = [
            [row] for row in zip(one, two, map(list, zip(three, more, strict=True)), strict=True)
        ]
        return Table(Kind.TRIPLETS, columns, named, examples)
    names = rng.choice([("anchor", "positive", "negative"), ("query", "pos", "neg")])
    cells: list[Any] = listed if form == "list" else three
    table = _table(Kind.TRIPLETS, names, roles, [one, two, cells])
    examples = [[row] for row in zip(one, two, listed, strict=True)]
    return replace(table, examples=examples, nested=form == "list")


def raw_texts(texts: list[str], language: Language, rng: Random) -> Table:
    """Return one column of texts."""
    named = rng.choice(["text", "review", "sentence", (language.names or ("body", ""))[0]])
    return _table(Kind.TEXTS, (named,), ("text",), [texts])


KINDS: dict[str, Build] = {
    "labelled": labelled,
    "multilabel": multilabel,
    "pairs": pairs,
    "labelled_pairs": labelled_pairs,
    "scored_pairs": scored_pairs,
    "nli": nli,
    "triplets": triplets,
    "texts": raw_texts,
}


def generate_table(kind: str, language: Language, rng: Random) -> Table:
    """Return a table of 36 to 72 texts, some of them with marks that files hold badly."""
    texts = language.sentences(rng.randrange(36, 73, 6), rng)
    share = rng.choice([0, 0.1, 0.4])
    texts = [rng.choice(SPICE).format(text) if rng.random() < share else text for text in texts]
    return _in_any_order(KINDS[kind](texts, language, rng), rng)


def _halves(texts: list[str]) -> tuple[list[str], list[str]]:
    return texts[::2], texts[1::2]


def _table(
    kind: Kind, names: tuple[str, ...], roles: tuple[str, ...], columns: list[list[Any]]
) -> Table:
    examples = [[row] for row in zip(*columns, strict=True)]
    named = dict(zip(roles, names, strict=True))
    return Table(kind, dict(zip(names, columns, strict=True)), named, examples)


def _in_any_order(table: Table, rng: Random) -> Table:
    """Return the table with the column of the label first, sometimes."""
    names = list(table.columns)
    if table.kind in (Kind.LABELLED, Kind.NLI, Kind.SCORED_PAIRS) and rng.random() < 0.3:
        names = [names[-1], *names[:-1]]
    return replace(table, columns={name: table.columns[name] for name in names})
