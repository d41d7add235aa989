"""What is taken out of messages before they are stored, and what looks like it and stays: both counted."""

from __future__ import annotations

import time

import pytest

from app.history.redaction import CARD, EMAIL, IBAN, PHONE, redact

# each line: the text and what has to stand in place of the part in «»
CAUGHT = [
    ("Write to «uma@example.com» please", EMAIL),
    ("«uma.o'neil+shop@mail.example.co.uk».", EMAIL),
    ("mailto:«ümit@bücher.example»", EMAIL),
    ("Meine Adresse: «uma (at) example (dot) com»", EMAIL),
    ("<«UMA_1@EXAMPLE.ORG»>", EMAIL),
    ("uma: «uma@sub-domain.example.museum», thanks", EMAIL),
    ("«DE89 3704 0044 0532 0130 00» is my account", IBAN),
    ("iban «gb82west12345698765432»", IBAN),
    ("«FR14 2004 1010 0505 0001 3M02 606» bitte", IBAN),
    ("(«NO93 8601 1117 947»)", IBAN),
    ("«CH93-0076-2011-6238-5295-7»", IBAN),
    ("My card «4111 1111 1111 1111» was charged twice", CARD),
    ("«5555555555554444»", CARD),
    ("«3782-822463-10005» (Amex)", CARD),
    ("Karte «2223 0031 2200 3222», gültig bis 12/27", CARD),
    ("«6011 0009 9013 9424»", CARD),
    ("«4222222222222»", CARD),
    ("Call me: «+49 30 1234567»", PHONE),
    ("«+1 (212) 555-0198»", PHONE),
    ("«+33 1 23 45 67 89»", PHONE),
    ("«+442079460958»", PHONE),
    ("Reach us at «0171 2345678» after five", PHONE),
    ("«(030) 1234567» ist meine Nummer", PHONE),
    ("«030/12345678»", PHONE),
    ("«(212) 555-0198»", PHONE),
    ("«212-555-0198»", PHONE),
    ("«212.555.0198»", PHONE),
    ("«020 7946 0958»", PHONE),
    ("«01 23 45 67 89»", PHONE),
    ("«01.23.45.67.89»", PHONE),
    ("Tel. «01712345678»", PHONE),
    ("Bitte rufen Sie mich an: «0171-234 56 78»", PHONE),
    ("Mi teléfono es «612 345 678»", PHONE),
    ("我的手机是«13812345678»", PHONE),
    ("電話は«03-1234-5678»です", PHONE),
    ("मेरा फ़ोन «98765 43210»", PHONE),
    ("My order 4711 is late, call me on «0151 23456789»", PHONE),
    ("«0049 30 1234567»", PHONE),
    ("WhatsApp «9876543210»", PHONE),
    ("Fax: «+49 (0)30 123 456-78»", PHONE),
    ("tel:«+4930123456»", PHONE),
    ("my number is «01712345678»", PHONE),
    ("Ben's, «06 12 34 56 78» is mine", PHONE),
]  # fmt: skip
SPARED = [
    "My order number is 4500012345",
    "Order 0012345678 has not arrived",
    "Bestellnummer 045-1234567-1234567",
    "Rechnung 0171 2345678 vom 03.04.2025",
    "Invoice 212-555-0198 was wrong",
    "It arrived on 12.05.2024 at 10:30",
    "From 2024-05-12 to 2024-06-30",
    "05/12/2024 10 15 20",
    "The price is 1.299.000,00 EUR",
    "It costs 12,345,678.90 dollars",
    "1 234 567 890 people",
    "Version 10.4.2.1 of 2024.11.25.1",
    "Firmware 0.10.2-1234567",
    "ISBN 978-3-16-148410-0",
    "ISBN 0-306-40615-2",
    "0-306-40615-2",
    "EAN 4006381333931",
    "IMEI 490154203237518",
    "Router at 192.168.178.100, mask 255.255.255.0",
    "Opening hours 08.00-17.00, 09:00-12:30",
    "Years 2019-2023 and 2020/2021",
    "Serial SN-0171-2345678-X",
    "pip install package@1.2.3",
    "@scope/package and user@localhost",
    "Tracking 1Z999AA10123456784",
    "1234 5678 9012 3456 is no card",
    "4111 1111 1111 1112 has a wrong digit",
    "DE00 3704 0044 0532 0130 00 is no account",
    "GTIN 04006381333931",
    "Temperature 20-25, pressure 1013.25",
    "A = 3.14159265358979",
    "https://example.com/orders/0171-2345678",
    "Postal code 01067, house 12345678",
    "#0301234567 in the tracker",
    "§ 312 BGB, 14 days, 30 000 000 units",
    "60 x 120 x 200 cm, 10.5 kg",
    "Customer 0301 234567",
    "10 20 30 40 50 60 70",
    "Paragraph 01 02 03",
    "Ticket 555-0198-212",
]  # fmt: skip


def expected(text: str, mark: str) -> str:
    head, _, rest = text.partition("«")
    return head + mark + rest.partition("»")[2]


@pytest.mark.parametrize(("text", "mark"), CAUGHT)
def test_it_is_taken_out_whole_and_nothing_beside_it(text, mark):
    assert redact(text.replace("«", "").replace("»", "")) == expected(text, mark)


@pytest.mark.parametrize("text", SPARED)
def test_what_only_looks_like_it_stays(text):
    assert redact(text) == text


def test_what_the_documents_say_stays_in_an_answer():
    answer = "Write to help@acme.example or call +49 30 1234567. You gave uma@example.com."
    kept = ["Help: help@acme.example, phone +49 30 1234567"]
    assert redact(answer, kept) == "Write to help@acme.example or call +49 30 1234567. You gave [e-mail]."


def test_several_of_each_in_one_text():
    text = "uma@example.com, ben@example.com; DE89370400440532013000, DE89370400440532013000; 4111111111111111"
    assert redact(text) == "[e-mail], [e-mail]; [IBAN], [IBAN]; [card]"


@pytest.mark.parametrize(
    "long", ["a" * 20_000, "1 " * 10_000, "a@" * 10_000, "+1" * 9_000, "DE89 " * 4_000, "a." * 10_000]
)
def test_a_long_text_takes_no_longer_than_its_length(long):
    began = time.process_time()
    redact(long)
    assert time.process_time() - began < 2
