"""Scanned pages: read by OCR where Tesseract is installed, in a chatbot's languages, so many a day as its plan has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from app.knowledge import parsers
from app.knowledge.claims import Claim
from app.knowledge.sources import SourceError
from app.languages import gettext as _
from app.languages import in_english
from app.languages import lazy_gettext as _l
from app.plans import usage
from indexes.document import Document
from indexes.errors import LoadError
from indexes.loaders.scans import installed_languages
from indexes.scanned import Pages, parse_with_ocr
from models import Chatbot, Service, db, tenancy

METRIC = "ocr_pages_per_day"
SETTING = "ocr_languages"
MAX_LANGUAGES = 5
MAX_DEFAULT_LANGUAGES = 3  # each further one costs a fifth more time, and a little precision

_NAMES = {
    "ara": _l("Arabic"), "bul": _l("Bulgarian"), "cat": _l("Catalan"), "ces": _l("Czech"),
    "chi_sim": _l("Chinese, simplified"),
    "chi_tra": _l("Chinese, traditional"), "dan": _l("Danish"), "deu": _l("German"), "ell": _l("Greek"),
    "eng": _l("English"),
    "est": _l("Estonian"), "fin": _l("Finnish"), "fra": _l("French"), "gle": _l("Irish"), "heb": _l("Hebrew"),
    "hin": _l("Hindi"),
    "hrv": _l("Croatian"), "hun": _l("Hungarian"), "ind": _l("Indonesian"), "isl": _l("Icelandic"),
    "ita": _l("Italian"), "jpn": _l("Japanese"),
    "kor": _l("Korean"), "lav": _l("Latvian"), "lit": _l("Lithuanian"), "nld": _l("Dutch"), "nor": _l("Norwegian"),
    "pol": _l("Polish"),
    "por": _l("Portuguese"), "ron": _l("Romanian"), "rus": _l("Russian"), "slk": _l("Slovak"), "slv": _l("Slovenian"),
    "spa": _l("Spanish"),
    "srp": _l("Serbian"), "swe": _l("Swedish"), "tha": _l("Thai"), "tur": _l("Turkish"), "ukr": _l("Ukrainian"),
    "vie": _l("Vietnamese"),
}  # fmt: skip
_NOT_INSTALLED = in_english(
    "These are pictures of pages, and this installation reads no text from pictures (Tesseract is not installed). Run"
    " text recognition (OCR) over the file, or add a version whose text can be selected and copied."
)


def languages_of(chatbot: Chatbot) -> tuple[str, ...]:
    """Return the languages that scans of a chatbot are read in; none where nothing can be read."""
    installed = installed_languages()
    chosen = tuple(name for name in (chatbot.settings or {}).get(SETTING, ()) if name in installed)
    return chosen or installed[:MAX_DEFAULT_LANGUAGES]


def names_of_languages() -> list[tuple[str, str]]:
    """Return the languages that are installed, each with its name where we know it, by name."""
    named = [(code, _NAMES.get(code, code)) for code in installed_languages()]
    return sorted(named, key=lambda entry: entry[1].casefold())


def choose_languages(chatbot: Chatbot, codes: list[str]) -> None:
    """Have scans read in these languages from now on; none: in those that are installed. The caller commits.

    Raises:
        SourceError: too many, or one that is not installed.
    """
    if len(codes) > MAX_LANGUAGES:
        raise SourceError(_("Choose %(most)s languages at most.", most=MAX_LANGUAGES))
    if not set(codes) <= set(installed_languages()):
        raise SourceError(_("Choose among the languages that are listed."))
    chatbot.settings = {**(chatbot.settings or {}), SETTING: sorted(set(codes))}


class Scan:
    """A file whose pages may be pictures. Each page is counted against the plan's pages of the day before it is read.

    `show` is told the percentage of the scanned pages that are read.
    """

    def __init__(self, claim: Claim, path: Path, name: str, show: Callable[[int], None]) -> None:
        self._claim = claim
        self._path = path
        self._name = name
        self._show = show
        self._languages: tuple[str, ...] = ()
        self._limit: int | None = None
        self._n_left = 0  # pages that the plan had no room for

    def parse(self, parse_text: Callable[[], Document]) -> Document:
        """Parse the file by `parse_text`, and what that leaves by OCR.

        Raises:
            LoadError: what is wrong with the file, and what to do.
            Superseded: the claim is lost meanwhile.
        """
        try:
            document = parse_with_ocr(parse_text, self._read_page, self._hand_out)
        except LoadError as error:
            if not error.pages:
                raise
            raise self._explain(error) from error
        return replace(document, warnings=(*document.warnings, self._advice)) if self._n_left else document

    def _read_page(self, page: int) -> Document:
        return parsers.read_page(self._path, self._name, page, self._languages)

    def _hand_out(self, pages: Pages) -> Iterator[int]:
        chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == self._claim.chatbot_id)).one()
        self._languages = languages_of(chatbot)
        db.session.commit()
        for n_read, page in enumerate(pages if self._languages else ()):
            self._show(100 * n_read // len(pages))
            if not self._count_one():
                self._n_left = len(pages) - n_read
                return
            yield page

    def _count_one(self) -> bool:
        with tenancy.everything():
            service = db.session.scalars(select(Service).where(Service.id == self._claim.service_id)).one()
            self._limit = usage.limit_of(service, METRIC)
            is_counted = usage.reserve_today(service, METRIC)
            db.session.commit()
        return is_counted

    def _explain(self, error: LoadError) -> LoadError:
        if not self._languages:
            return LoadError("no_text", _NOT_INSTALLED)
        return LoadError("limit", self._advice) if self._n_left else error

    @property
    def _advice(self) -> str:
        if self._n_left == 1:
            return in_english(
                "1 scanned page of it could not be read: your plan reads %(limit)s scanned pages a day, and those of "
                "today are used up. Read it again tomorrow, or choose a larger plan.",
                limit=f"{self._limit:,}",
            )
        return in_english(
            "%(n)s scanned pages of it could not be read: your plan reads %(limit)s scanned pages a day, and those of "
            "today are used up. Read it again tomorrow, or choose a larger plan.",
            n=self._n_left, limit=f"{self._limit:,}",
        )  # fmt: skip
