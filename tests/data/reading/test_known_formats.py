"""Files of other tools are read as their users mean them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile
from tunesmith.kinds import Kind

ROWS = 12
TEXTS = [f"the lift, again, stands still, said caller number {row}" for row in range(ROWS)]
LABELS = ["lift", "water", "heating"] * 4
BOTH = list(zip(TEXTS, LABELS, strict=True))


def written(folder: Path, content: Any, name: str = "export.json") -> Path:
    path = folder / name
    lines = name.endswith(".jsonl")
    rows = "".join(json.dumps(row) + "\n" for row in content) if lines else content
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows), encoding="utf-8")
    return path


def labels_of(path: Path) -> tuple[Detected, list[Any]]:
    detected = detect(read(path))
    assert detected.examples.texts() == TEXTS
    return detected, detected.examples.table[detected.examples.roles[1]].to_pylist()


@pytest.mark.parametrize("name", ["lines.txt", "lines.train", "lines.csv", "lines"])
def test_fasttext(name: str, tmp_path: Path) -> None:
    """One label a line, or several; commas are part of the texts."""
    lines = "".join(f"__label__{label} {text}\n" for text, label in BOTH)
    detected, labels = labels_of(written(tmp_path, lines, name))
    assert (detected.kind, labels) == (Kind.LABELLED, LABELS)
    several = lines.replace("__label__lift ", "__label__lift __label__urgent ")
    detected, labels = labels_of(written(tmp_path, several, name))
    assert detected.kind is Kind.MULTILABEL
    assert dict(labels[0]) == {"heating": 0, "lift": 1, "urgent": 1, "water": 0}


@pytest.mark.parametrize("name", ["lines.txt", "lines.train", "lines"])
@pytest.mark.parametrize("space", [" ", "\t", "  "])
def test_fasttext_with_labels_at_the_end(space: str, name: str, tmp_path: Path) -> None:
    """Labels follow the text, and both readers agree."""
    lines = "".join(f"{text}{space}__label__{label}\n" for text, label in BOTH)
    path = written(tmp_path, lines, name)
    assert labels_of(path)[1] == LABELS
    assert not any("rename" in note for note in read(path).notes)
    assert open_rows(path, tmp_path).names == ("text", "label")
    several = lines.replace("__label__lift", "__label__lift __label__urgent")
    _, labels = labels_of(written(tmp_path, several, name))
    assert dict(labels[0]) == {"heating": 0, "lift": 1, "urgent": 1, "water": 0}


@pytest.mark.parametrize("separator", ["\t", ",", ", ", ";", " | ", " , ", "\x0b"])
@pytest.mark.parametrize("name", ["lines.txt", "lines.csv", "lines.tsv", "lines"])
@pytest.mark.parametrize("label", ["lift", "größe", "电梯", "a-b"])
def test_fasttext_with_a_separator(name: str, separator: str, label: str, tmp_path: Path) -> None:
    """A label never takes a word of the text, whatever is between them."""
    named = {"lift": label}
    lines = "".join(f"__label__{named.get(each, each)}{separator}{text}\n" for text, each in BOTH)
    path = written(tmp_path, lines, name)
    _, labels = labels_of(path)
    assert labels == [named.get(each, each) for each in LABELS]
    assert not any("rename" in note for note in read(path).notes)
    several = lines.replace(f"__label__{label}", f"__label__{label} __label__urgent")
    _, labels = labels_of(written(tmp_path, several, name))
    assert {key for key, value in labels[0] if value} == {label, "urgent"}


@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_fasttext_with_quoted_texts(separator: str, tmp_path: Path) -> None:
    """The quotes of a table are no part of a text."""
    lines = "".join(f'__label__{label}{separator}"{text}"\n' for text, label in BOTH)
    assert labels_of(written(tmp_path, lines, "lines.csv"))[1] == LABELS


def test_fasttext_with_a_comma_in_some_labels(tmp_path: Path) -> None:
    """A separator follows the labels of every line; else it is a part of a label."""
    lines = "".join(f"__label__{label.replace('h', 'h,x')} {text}\n" for text, label in BOTH)
    _, labels = labels_of(written(tmp_path, lines, "lines.txt"))
    assert labels == [label.replace("h", "h,x") for label in LABELS]


@pytest.mark.parametrize("control", ["s", "aspects_of_review", "方面", "label", "topic"])
@pytest.mark.parametrize("several", [False, True])
def test_label_studio_choices_of_any_control(control: str, several: bool, tmp_path: Path) -> None:
    """The choices are labels whatever the control is called; a note has the new name."""
    rows = [
        {
            "data": {"review": text},
            "annotations": [
                {"result": [{
                    "from_name": control,
                    "value": {"choices": [label, *(["urgent"] if several else [])]},
                }]}
            ],
        }
        for text, label in BOTH
    ]  # fmt: skip
    path = written(tmp_path, rows)
    detected, _ = labels_of(path)
    assert detected.kind is (Kind.MULTILABEL if several else Kind.LABELLED)
    named = any(f"{control!r} is named label" in note for note in read(path).notes)
    assert named == (control not in ("label", "topic"))


@pytest.mark.parametrize("name", ["sets.jsonl", "sets.json"])
@pytest.mark.parametrize("size", [2, 3, 5])
def test_sets_of_matching_texts_are_pairs(name: str, size: int, tmp_path: Path) -> None:
    """The layout of sentence-transformers: each text after the first matches the first."""
    sets = [[f"{text} {part}" for part in range(size)] for text in TEXTS]
    path = written(tmp_path, [{"set": texts} for texts in sets], name)
    detected = detect(read(path))
    assert detected.kind is Kind.PAIRS
    pairs = zip(*(detected.examples.texts(role) for role in detected.examples.roles), strict=True)
    assert list(pairs) == [(first, other) for first, *others in sets for other in others]


@pytest.mark.parametrize(
    ("user", "assistant"), [("user", "assistant"), ("User", "Chatbot"), ("human", "gpt")]
)
@pytest.mark.parametrize("column", ["messages", "conversations"])
def test_chats(user: str, assistant: str, column: str, tmp_path: Path) -> None:
    """OpenAI, Cohere and ShareGPT: answers that repeat are labels, others make pairs."""
    role, content = ("from", "value") if user == "human" else ("role", "content")
    rows = [
        {column: [
            {role: "system", content: "Classify."},
            {role: user, content: text},
            {role: assistant, content: f" {label}"},
        ]}
        for text, label in BOTH
    ]  # fmt: skip
    detected, labels = labels_of(written(tmp_path, rows, "chats.jsonl"))
    assert (detected.kind, labels) == (Kind.LABELLED, LABELS)
    for row, text in zip(rows, TEXTS, strict=True):
        row[column][2][content] = f"we come to look at it because {text}"
    assert detect(read(written(tmp_path, rows, "chats.jsonl"))).kind is Kind.PAIRS


@pytest.mark.parametrize("media", [[], [{"type": "image_url", "image_url": {"url": "a.png"}}]])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", ["text", "input_text"])
def test_chats_with_lists_of_parts(kind: str, both: bool, media: list[Any], tmp_path: Path) -> None:
    """The texts of a message are joined; a note says that pictures are left out."""
    rows = []
    for text, label in BOTH:
        parts = [{"type": kind, "text": part} for part in text.split(" ", 1)]
        answer = [{"type": kind, "text": label}] if both else label
        asked = {"role": "user", "content": [*parts, *media]}
        rows.append({"messages": [asked, {"role": "assistant", "content": answer}]})
    path = written(tmp_path, rows, "chats.jsonl")
    detected = detect(read(path))
    assert detected.examples.texts() == [text.replace(" ", "\n", 1) for text in TEXTS]
    assert detected.examples.table["label"].to_pylist() == LABELS
    assert any("parts that are not text" in note for note in read(path).notes) is bool(media)
    assert open_rows(path, tmp_path).names == ("prompt", "completion")


def task(text: str, *answers: list[str], cancelled: bool = False) -> dict[str, Any]:
    annotations = [
        {
            "was_cancelled": cancelled,
            "result": [{"from_name": "sentiment", "type": "choices", "value": {"choices": answer}}],
        }
        for answer in answers
    ]
    return {"id": 1, "data": {"text": text}, "annotations": annotations, "predictions": []}


def test_label_studio(tmp_path: Path) -> None:
    """Choices are the labels; skipped tasks and disagreement leave the label missing."""
    tasks = [task(text, [label], [label]) for text, label in BOTH]
    detected, labels = labels_of(written(tmp_path, tasks))
    assert (detected.columns, labels) == ({"text": "data.text", "label": "sentiment"}, LABELS)
    tasks[1] = task(TEXTS[1], ["lift"], ["water"])
    tasks[2] = task(TEXTS[2], ["lift"], cancelled=True)
    loaded = read(written(tmp_path, tasks))
    detected = detect(loaded)
    found = {finding.code: finding for finding in check(detected, loaded)}
    assert found["missing-label"].rows == (2, 3)
    assert "annotators disagree in 1 row" in loaded.notes[0]
    spans = [{"id": 1, "data": {"text": "a"}, "annotations": [{"result": []}]}]
    with pytest.raises(UnreadableFile, match="Label Studio export without choices"):
        read(written(tmp_path, spans))


def test_label_studio_min(tmp_path: Path) -> None:
    """Several choices are an object, one is a text."""
    rows = [
        {"text": text, "label": {"choices": [label, "urgent"]} if row % 2 else label}
        for row, (text, label) in enumerate(BOTH)
    ]
    detected, labels = labels_of(written(tmp_path, rows))
    assert detected.kind is Kind.MULTILABEL
    assert dict(labels[1]) == {"heating": 0, "lift": 0, "urgent": 1, "water": 1}


def test_argilla(tmp_path: Path) -> None:
    """Submitted responses are the labels, suggestions are not; records as objects or flat."""
    nested = [
        {
            "id": str(row),
            "fields": {"text": text},
            "suggestions": {"label": {"value": "lift", "score": 0.4}},
            "responses": {"label": [{"value": label, "user_id": "u"}]},
        }
        for row, (text, label) in enumerate(BOTH)
    ]
    assert labels_of(written(tmp_path, nested))[1] == LABELS
    flat = [
        {"text": text, "label.suggestion": "lift", "label.responses": [label, label]}
        for text, label in BOTH
    ]
    flat[0]["label.responses"] = ["lift", "water"]
    detected, labels = labels_of(written(tmp_path, flat))
    assert (detected.columns["label"], labels) == ("label", [None, *LABELS[1:]])


def test_argilla_1(tmp_path: Path) -> None:
    """Records list the responses of each annotator, data sets those to each question."""
    records = [
        {
            "fields": {"text": text},
            "responses": [
                {"user_id": "u", "values": {"label": {"value": label}}, "status": "submitted"},
                {"user_id": "v", "values": {"label": {"value": "lift"}}, "status": "discarded"},
            ],
        }
        for text, label in BOTH
    ]
    records[1]["responses"] = []
    detected, labels = labels_of(written(tmp_path, records, "export.jsonl"))
    assert (detected.columns["label"], labels[:3]) == ("label", ["lift", None, "heating"])
    rows = [
        {
            "text": text,
            "label": [{"user_id": "u", "value": label, "status": "submitted"}],
            "label-suggestion": "lift",
            "label-suggestion-metadata": {"score": 0.4},
        }
        for text, label in BOTH
    ]
    assert labels_of(written(tmp_path, rows))[1] == LABELS


@pytest.mark.parametrize("name", ["qrels.txt", "qrels.test", "test.qrels.txt"])
@pytest.mark.parametrize(
    "line", ["{0} 0 d{0} 1", "q{0}\t0\td{0}\t2", "{0}  0  MARCO_{0}  -1", "q-{0}\tQ0\tdoc.{0}\t2"]
)
def test_judgements_alone_are_refused(line: str, name: str, tmp_path: Path) -> None:
    """They are ids, so there is nothing to learn from."""
    path = written(tmp_path, "".join(line.format(row) + "\n" for row in range(30)), name)
    with pytest.raises(UnreadableFile, match="holds TREC judgements") as caught:
        read(path)
    assert "BEIR folder" in str(caught.value.hint)


def test_judgements_are_no_texts_to_embed(tmp_path: Path) -> None:
    """Both readers refuse the same files."""
    path = written(tmp_path, "".join(f"{row} 0 d{row} 1\n" for row in range(30)), "qrels.txt")
    with pytest.raises(UnreadableFile, match="holds TREC judgements"):
        open_rows(path, tmp_path)


def test_other_files_are_unchanged(tmp_path: Path) -> None:
    """A text that mentions a label, and columns with such names, are as they were."""
    loaded = read(written(tmp_path, "".join(f"{text} __label__x it\n" for text in TEXTS), "a.txt"))
    assert loaded.table.column_names == ["text"]
    assert not any("fastText" in note for note in loaded.notes)
    rows = [{"data": text, "annotations": label, "messages": label} for text, label in BOTH]
    assert read(written(tmp_path, rows)).notes == ()
