"""What an owner can choose about the widget: read strictly, readable in every color, in 13 languages."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest

from app.looks import colors, fields, hours, languages, pictures, schema
from app.looks.pictures import PictureRefused

GRAYS = [f"#{n:02x}{n:02x}{n:02x}" for n in range(0, 256, 5)]
ACCENTS = ["#3b5bdb", "#ffe600", "#00e5ff", "#7a7a7a", "#c2185b", "#7fb800", *GRAYS]


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_color_can_be_read_in_light_and_dark(accent):
    theme = colors.theme_of({**schema.look_of({}), "accent": accent, "header": accent})
    for ground, page in (("light", "#ffffff"), ("dark", "#16181d")):
        chosen = theme["colors"][ground]
        assert colors.contrast(chosen["on"], chosen["fill"]) >= 4.5
        assert colors.contrast(chosen["link"], page) >= 4.5
        assert colors.contrast(chosen["head-ink"], chosen["head"]) >= 4.5
        assert colors.contrast(chosen["fill"], page) >= 3


def test_a_color_that_can_be_read_stays_as_it_is():
    assert colors.theme_of(schema.look_of({}))["colors"]["light"]["fill"] == colors.ACCENT


@pytest.mark.parametrize(
    ("name", "typed"),
    [("accent", "red;}"), ("header", "#12345"), ("mode", "x"), ("side", "-1"), ("bottom", "201"), ("label", "x" * 25),
     ("suggestions", "a\n" * 5), ("show_on", "shop"), ("hide_on", "/" + "*" * 6), ("consent_link", "javascript:alert(1)"),
     ("monday", "17:00-09:00"), ("tuesday", "9-5"), ("time_zone", "Mars/Base"), ("language", "xx"), ("open_after_s", "1e9"),
     ("open_after_s", "0" * 9 + "9999"), ("contact", "jürgen@example.com"), ("contact", "a@example.com, b@example.com")],
)  # fmt: skip
def test_what_can_not_be_used_is_said_at_its_field_and_never_kept(name, typed):
    values, wrong = fields.read(schema.ALL, {name: typed})
    assert list(wrong) == [name]
    assert wrong[name].endswith(".")
    assert values[name] == schema.look_of({})[name]
    assert name not in schema.read_draft({name: typed})


def test_what_is_kept_can_be_typed_again():
    typed = {"accent": "#AA0000", "suggestions": "Which files?\nHow much?", "side": "0", "powered_by": "1",
             "monday": "09:00 – 17:00", "show_on": "/shop/*\n/größe"}  # fmt: skip
    values, wrong = fields.read(schema.ALL, typed)
    assert not wrong
    again, wrong = fields.read(schema.ALL, fields.write(schema.ALL, values))
    assert not wrong
    assert again == values
    assert schema.look_of(schema.with_look({"other": 1}, values)) == values


def test_every_language_says_everything():
    english = languages.strings("en")
    assert len(languages.NAMES) == 13
    for language in languages.NAMES:
        strings = languages.strings(language)
        assert list(strings) == list(english)
        assert all(strings.values())
        assert "{when}" in strings["person_later"]
        assert all(len(text) <= languages.MAX_WORD_CHARS for text in strings.values())


@pytest.mark.parametrize(
    ("wished", "fixed", "language"),
    [(["de-AT", "en"], "auto", "de"), (["sw", "PT_br"], "auto", "pt"), (["zh-Hant-TW"], "auto", "zh"), ([], "auto", "en"),
     (["", "x" * 999], "auto", "en"), (["de"], "ar", "ar"), (["de"], "gone", "de")],
)  # fmt: skip
def test_the_first_language_that_there_is_is_spoken(wished, fixed, language):
    assert languages.choose(wished, fixed) == language


def test_an_owners_words_take_the_place_of_ours():
    typed = {"send": "  Off  it goes ", "stop": "Stop", "chat": "", "unknown": "x"}
    assert languages.read_words(typed, "en") == {"send": "Off it goes"}
    assert languages.words_for({"words": {"en": {"send": "Go"}}}, "en")["send"] == "Go"
    assert languages.words_for({"words": {"en": {"send": "Go"}}}, "de")["send"] == "Senden"


BERLIN = {"time_zone": "Europe/Berlin", "monday": "09:00-17:00", "friday": "10:00-24:00"}


@pytest.mark.parametrize(
    ("moment", "opening"),
    [("2026-11-23T08:30", None),  # Monday, 09:30 in Berlin
     ("2026-11-23T07:59", "2026-11-23T08:00"), ("2026-11-23T16:00", "2026-11-27T09:00"),
     ("2026-11-27T22:59", None), ("2026-11-27T23:00", "2026-11-30T08:00")],
)  # fmt: skip
def test_it_knows_when_somebody_is_there_next(moment, opening):
    asked = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    found = hours.next_opening(BERLIN, asked)
    assert (found and found.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M")) == opening


def test_without_hours_nobody_is_away():
    assert hours.next_opening({}, dt.datetime.now(dt.UTC)) is None


def picture(size=(600, 300), kind="JPEG", **how) -> io.BytesIO:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(out, kind, **how)
    return io.BytesIO(out.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_is_made_anew_without_what_it_told_of_its_maker(kind):
    from PIL import Image

    exif = Image.Exif()
    exif[0x010E] = "taken at home by Ada"
    how = {"exif": exif} if kind != "GIF" else {"comment": b"taken at home by Ada"}
    uploaded = picture(kind=kind, **how)
    assert b"Ada" in uploaded.getvalue()
    for name, size in (("avatar", (128, 128)), ("logo", (192, 96))):
        uploaded.seek(0)
        made = pictures.encode(uploaded, name)
        shown = Image.open(io.BytesIO(made))
        assert (shown.format, shown.size) == ("WEBP", size)
        assert b"Ada" not in made
        assert not shown.getexif()


def test_a_picture_lies_as_its_camera_was_held():
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert Image.open(io.BytesIO(pictures.encode(picture(exif=exif), "logo"))).size == (48, 96)


UNUSABLE = {  # made when they are tried, and not by each test process that looks for tests
    "nothing": lambda: b"",
    "drawing": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "document": lambda: b"%PDF-1.7",
    "half": lambda: picture().getvalue()[:200],
    "too many bytes": lambda: b"x" * 2_000_001,
    "too many points": lambda: picture((5000, 5000), "PNG").getvalue(),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_is_no_usable_picture_is_refused_in_a_sentence(kind):
    with pytest.raises(PictureRefused, match=r"\.$"):
        pictures.encode(io.BytesIO(UNUSABLE[kind]()), "avatar")


def test_the_files_of_languages_are_plain():
    for path in languages._FOLDER.glob("*.json"):
        assert path.stem in languages.NAMES
        assert all(isinstance(text, str) for text in json.loads(path.read_text(encoding="utf-8")).values())
