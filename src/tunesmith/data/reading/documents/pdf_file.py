"""Read a PDF as a document; each page is a section."""

import logging
from pathlib import Path

from tunesmith.data.reading.documents.document import Document, Section, titled
from tunesmith.errors import UnreadableFile


def read_pdf(path: Path) -> Document | None:
    """Return a PDF as a document, or None if it has no text, as scanned pages have none.

    Raises
    ------
    ModuleNotFoundError
        pypdf is not installed.
    UnreadableFile
        The file is damaged or protected by a password.
    """
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters is raised
    try:
        reader = pypdf.PdfReader(path)
        pages = [page.extract_text() for page in reader.pages]
        title = (reader.metadata and reader.metadata.title) or ""
    except Exception as error:  # pypdf raises errors of many types for damaged files
        reason = "protected by a password" if _is_locked(error) else "damaged"
        raise UnreadableFile(f"{path.name} is {reason}", file=path.name) from error
    return titled([Section(text) for text in pages], path.stem, str(title))


def _is_locked(error: Exception) -> bool:
    return type(error).__name__ in {"FileNotDecryptedError", "WrongPasswordError"}
