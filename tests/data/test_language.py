"""The language of many texts is found, and English texts are never taken for another one."""

from pathlib import Path
from random import Random
from string import ascii_lowercase

import pytest

from tests.data.generated_texts import LANGUAGES
from tunesmith.data.detection.detect import detect
from tunesmith.data.language import foreign_texts, script
from tunesmith.data.reading.read import read

SENTENCES = {
    "Spanish": (
        "¿Dónde está mi tarjeta nueva?|No puedo iniciar sesión en la aplicación|"
        "El pedido llegó roto y quiero mi dinero|La calefacción no funciona desde ayer|"
        "¿Cómo cambio la dirección de mi cuenta?|Me cobraron dos veces por la misma compra"
    ),
    "French": (
        "Où est ma nouvelle carte ?|Je ne peux plus me connecter à l'application|"
        "La commande est arrivée cassée|Le chauffage ne marche plus depuis hier|"
        "Comment changer l'adresse de mon compte ?|L'ascenseur est bloqué au troisième étage"
    ),
    "Dutch": (
        "Waar is mijn nieuwe kaart?|Ik kan niet meer inloggen in de app|"
        "De bestelling is kapot aangekomen|De verwarming doet het sinds gisteren niet|"
        "Hoe wijzig ik het adres van mijn rekening?|De lift staat nog steeds stil vandaag"
    ),
    "Turkish": (
        "Yeni kartım acaba şu anda nerede?|Ben artık uygulamaya giriş yapamıyorum|"
        "Kalorifer dünden beri hiç çalışmıyor|Hesabımın adresini şimdi nasıl değiştiririm?|"
        "Aynı alışveriş için iki kez ücret alındı|Asansör hâlâ üçüncü katta duruyor"
    ),
    "Finnish": (
        "Missä minun uusi korttini nyt on?|En pääse enää kirjautumaan tähän sovellukseen|"
        "Lämmitys ei ole toiminut eilisestä lähtien|Miten vaihdan nyt oman tilini osoitteen?|"
        "Minua veloitettiin kahdesti samasta ostoksesta|Hissi on yhä kolmannessa kerroksessa"
    ),
}
GENERATED = [name for name in LANGUAGES if name != "English"]


def texts_of(language: str, count: int) -> list[str]:
    """Return texts in a language, some of them more than once."""
    if language in SENTENCES:
        return (SENTENCES[language].split("|") * count)[:count]
    return LANGUAGES[language].sentences(count, Random(1))


@pytest.mark.parametrize("language", [*SENTENCES, *GENERATED])
@pytest.mark.parametrize("english", [0, 120])
def test_another_language_is_found(language: str, english: int) -> None:
    """Also if it is that of every fifth text only."""
    texts = [*texts_of("English", english), *texts_of(language, 30)]
    Random(0).shuffle(texts)
    found = foreign_texts(texts, ["en"])
    assert found is not None
    assert len(found.positions) >= 20
    assert found.name in (language, "Cyrillic script", "Arabic script", "Devanagari script")


@pytest.mark.parametrize("language", [*SENTENCES, *GENERATED])
def test_the_own_language_is_not_reported(language: str) -> None:
    """Whatever the base was made for."""
    codes = [
        "es",
        "fr",
        "nl",
        "tr",
        "fi",
        "de",
        "pl",
        "ru",
        "el",
        "ar",
        "hi",
        "zh",
        "ja",
        "ko",
        "th",
    ]
    assert foreign_texts(texts_of(language, 30), codes) is None


@pytest.mark.parametrize("words", [1, 2, 3, 5])
def test_short_english_texts_are_english(words: int) -> None:
    """Names of products and labels say little about the language."""
    short = [" ".join(text.split()[-words:]) for text in texts_of("English", 60)]
    assert foreign_texts(short, ["en"]) is None
    labels = ["card lost", "refund", "TV 55 inch", "order #1204", "Wi-Fi", "USB-C cable", "late"]
    assert foreign_texts(labels * 9, ["en"]) is None


def test_real_english_files_are_english(shared_data: Path) -> None:
    """Each file, and samples of it of several sizes, also cut to a few words."""
    files = sorted(path for path in shared_data.rglob("*") if path.suffix in (".csv", ".jsonl"))
    rng, alarms, read_files = Random(0), [], 0
    for path in files:
        if path.parent.name == "scifact":
            continue  # parts of a folder
        examples = detect(read(path)).examples
        texts = examples.all_texts()
        read_files += 1
        samples = [rng.sample(texts, min(count, len(texts))) for count in (10, 40, 300)]
        samples += [[" ".join(text.split()[:3]) for text in samples[2]]]
        alarms += [path.name for sample in samples if foreign_texts(sample, ["en"])]
    assert alarms == []
    assert read_files > 15


@pytest.mark.parametrize(
    ("text", "name"),
    [("card", "Latin"), ("карта A1", "Cyrillic"), ("カードの番号", "Hiragana"), ("🙂 12", None)],
)
def test_the_script_is_that_of_most_letters(text: str, name: str | None) -> None:
    """Japanese has kana."""
    assert script(text) == name


def test_random_letters_are_no_language() -> None:
    """They are in no other language, so there is nothing to take instead."""
    draw = Random(1)
    words = ["".join(draw.choices(ascii_lowercase, k=draw.randint(3, 8))) for _ in range(400)]
    texts = [" ".join(draw.choices(words, k=60)) for _ in range(40)]
    assert foreign_texts(texts, ["en"]) is None
