"""Taking e-mail addresses, phone and card numbers and IBANs out of what is about to be stored.

Cards are told from other long numbers by issuer, length and check digit (ISO/IEC 7812-1, Luhn), IBANs by country,
length and remainder (ISO 13616, mod 97). Phone numbers have no check digit: one counts where it is written as such
numbers are (+49 30 ..., (212) 555-0198, 01 23 45 67 89), or where the words before it speak of calling, and never after
a word such as "order" or "invoice". What it catches and spares is measured in tests/privacy/test_redaction.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from app.answering.answer import GROUNDED, Answer
from models import Chatbot

EMAIL, PHONE, CARD, IBAN = "[e-mail]", "[phone]", "[card]", "[IBAN]"

_IBAN_LENGTHS = {
    word[:2]: int(word[2:])
    for word in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
        "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
        "YE30"
    ).split()
}
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|(?:50|5[678])\d{14}"
)
_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{1,64}+(?:@| ?[(\[{] ?(?:at|ät|@) ?[)\]}] ?)"
    r"(?:[\w-]{1,63}+(?:\.| ?[(\[{] ?(?:dot|punkt) ?[)\]}] ?)){1,8}[^\W\d_]{2,24}+(?![\w-])",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![^\W_])([A-Za-z]{2})(\d{2})(?=[ \u00a0-]?[A-Za-z0-9])")
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ \u00a0-]?\d){12,18}(?![\d-]|[.,]\d)")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_À-ɏ.,/#-])(?<!\d:)(?:\+ ?|\()?\d(?:[ \u00a0./()-]{0,3}\d){6,18}"
    r"(?![A-Za-z0-9_À-ɏ%€$£]|[.,:/-]\d)"
)
_DATE = re.compile(
    r"(?<!\d)(?<!\d[./-])(?:\d{1,2}([./-])\d{1,2}\1\d{2,4}(?!\d|\1\d)|(?:19|20)\d\d([./-])\d{1,2}\2\d{1,2}(?!\d))"
)
_AS_WRITTEN = re.compile(
    r"\+ ?[1-9][\d ().\u00a0/-]+"  # with the code of a country
    r"|\(0\d{1,5}\)[ \d/-]+|\([2-9]\d\d\) ?[2-9]\d\d[ .-]\d{4}"  # an area in parentheses
    r"|[2-9]\d\d([.-])[2-9]\d\d\1\d{4}"  # as in North America
    r"|0[1-9](?:[ .-]\d\d){4}"  # as in France
    r"|0[1-9]\d{0,4}[ \u00a0/-]+\d{3,}(?:[ \u00a0-]\d{2,}){0,4}|0[1-9]\d{0,4}(?: \d\d){3,5}"  # an area, then the rest
    r"|00[1-9]\d{0,2}(?:[ \u00a0/-]\(?\d{2,}\)?)+"
)
_OF_CALLING = re.compile(
    r"\b(?:my number|meine nummer|mon num[eé]ro|mi n[uú]mero|tel|fon"
    r"|t[eé]l[eé](?:ph|f)|phone|fax|mobile|m[oó]vil|mobil|handy|cell|celular|whatsapp|sms|signal|telegram|call"
    r"|ring|reach|anruf|ruf|erreich|zur[üu]ckruf|appel|portable|llam|chiam|lig(?:ar|ue)|bel(?:len)?\b|dzwo|kom[oó]rk"
    r"|cep\b|ara(?:y|r|y[ıi]n)?\b)|電話|电话|手机|携帯|هاتف|جوال|फ़ोन|फोन|मोबाइल",
    re.IGNORECASE,
)
_OF_THINGS = re.compile(
    r"\b(?:order|invoice|isbn|issn|ean|gtin|sku|imei|ref(?:erence)?|ticket|case|serial|part|item|article|artikel|model"
    r"|version|release|customer|account|tracking|parcel|policy|contract|bestell|rechnung|auftrag|kunden|sendung|vorgang"
    r"|vertrag|serien|commande|facture|pedido|factura|ordine|fattura|zam[oó]wien|sipari[sş]|bestelling)\w*",
    re.IGNORECASE,
)
_WORDS_BEFORE = 48  # characters in which a word tells what a number is
_DIGITS_OF_A_PHONE = range(8, 16)  # E.164: fifteen at most
_FEWEST_WHEN_CALLED = 7
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IBAN_HEAD = 4  # letters of country and check digits


def is_on(chatbot: Chatbot) -> bool:
    """Tell whether a chatbot's owner wants messages to be redacted before they are stored."""
    return bool(((chatbot.settings or {}).get("privacy") or {}).get("redacts"))


def as_stored(chatbot: Chatbot, text: str) -> str:
    """Return what is kept of something that a visitor has written."""
    return redact(text) if is_on(chatbot) else text


def answer_as_stored(chatbot: Chatbot, answer: Answer, asked: str) -> Answer:
    """Return what is kept of an answer to a question that was stored as `asked`."""
    if not is_on(chatbot):
        return answer
    text = redact_answer(chatbot, answer.state, answer.text, [citation.quote for citation in answer.citations])
    return replace(
        answer, text=text, standalone=redact(answer.standalone), evidence=redact_evidence(answer.evidence, asked)
    )


def redact_answer(chatbot: Chatbot, state: str, text: str, quotes: Iterable[str]) -> str:
    """Return the text of an answer without what it may not hold.

    What the cited documents and the owner's own sentences say is public, and stays; so do answers made of those alone.
    """
    if state not in (GROUNDED, ""):  # curated, refused: the owner's words and ours
        return text
    return redact(text, [*quotes, *(words for words in (chatbot.settings or {}).values() if isinstance(words, str))])


def redact_evidence(evidence: dict[str, Any], asked: str) -> dict[str, Any]:
    """Return why an answer was given, with no other words of the question than those that were stored of it."""
    if "missing" not in evidence:
        return evidence
    return {**evidence, "missing": [word for word in evidence["missing"] if word in asked.casefold()]}


def redact(text: str, kept: Iterable[str] = ()) -> str:
    """Return a text without what it may not hold; what stands in one of the `kept` texts stays."""
    held = " ".join(kept)

    def swap(mark: str, is_meant: Callable[[re.Match[str]], bool]) -> Callable[[re.Match[str]], str]:
        return lambda found: mark if is_meant(found) and found[0].strip() not in held else found[0]

    text = _EMAIL.sub(swap(EMAIL, lambda _: True), text)
    text = _without_ibans(text, held)
    text = _CARD.sub(swap(CARD, _is_card), text)
    return _NUMBER.sub(swap(PHONE, _is_phone), text)


def _without_ibans(text: str, held: str) -> str:
    parts, at = [], 0
    for start in _IBAN.finditer(text):
        rest = _rest_of_iban(start)
        if start.start() < at or rest is None or text[start.start() : rest.end()] in held:
            continue
        if _is_iban(start[0], rest[0]):
            parts += [text[at : start.start()], IBAN]
            at = rest.end()
    return "".join([*parts, text[at:]])


def _rest_of_iban(start: re.Match[str]) -> re.Match[str] | None:
    """Return what follows country and check digits, as much as an account of that country has."""
    length = _IBAN_LENGTHS.get(start[1].upper())
    if length is None:
        return None
    rest = re.compile(rf"(?:[ \u00a0-]?[A-Za-z0-9]){{{length - _IBAN_HEAD}}}(?![^\W_])")
    return rest.match(start.string, start.end())


def _is_iban(head: str, rest: str) -> bool:
    letters = re.sub(r"[^A-Z0-9]", "", rest.upper()) + head.upper()
    return int("".join(str(int(letter, 36)) for letter in letters)) % 97 == 1


def _is_card(found: re.Match[str]) -> bool:
    digits = _digits(found[0])
    return bool(_ISSUERS.fullmatch(digits)) and _luhn(digits) == 0


def _luhn(digits: str) -> int:
    """Return the remainder of Luhn's sum: each second digit from the right is doubled, and its digits are added."""
    doubled = (int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits)))
    return sum(n // 10 + n % 10 for n in doubled) % 10


def _is_phone(found: re.Match[str]) -> bool:
    number = found[0].strip()
    before = found.string[max(0, found.start() - _WORDS_BEFORE) : found.start()]
    n_digits = len(_digits(number))
    if _DATE.search(number) or _IP.fullmatch(number) or _last(_OF_THINGS, before) > _last(_OF_CALLING, before):
        return False
    if _last(_OF_CALLING, before) >= 0:
        return n_digits in range(_FEWEST_WHEN_CALLED, _DIGITS_OF_A_PHONE.stop)
    return n_digits in _DIGITS_OF_A_PHONE and bool(_AS_WRITTEN.fullmatch(number))


def _last(words: re.Pattern[str], text: str) -> int:
    """Return where the last of some words begins; -1 where none does."""
    return max((found.start() for found in words.finditer(text)), default=-1)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
