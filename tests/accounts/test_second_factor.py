"""The second factor: codes work once, recovery codes work once, and the secret is sealed in the database."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select

from app.accounts import second_factor
from app.accounts.second_factor import WrongCode
from app.refusals import Refusal
from app.sealing import SealBroken, Sealer
from models import SecondFactor, db


@pytest.fixture
def authenticator(holder, clock):
    """Ada's second factor in force: (her app, her recovery codes)."""
    secret = parse_qs(urlsplit(second_factor.begin(holder)).query)["secret"][0]
    totp = pyotp.TOTP(secret)
    codes = second_factor.confirm(holder, totp.at(clock.moment))
    db.session.commit()
    return totp, codes


def test_it_counts_only_once_a_first_code_was_entered(holder, clock):
    second_factor.begin(holder)
    db.session.commit()
    assert second_factor.find(holder.id) is None
    with pytest.raises(WrongCode):
        second_factor.confirm(holder, "000000")


def test_a_code_works_once_and_an_older_one_never_after_it(holder, clock, authenticator):
    totp, _ = authenticator
    with pytest.raises(WrongCode):
        second_factor.check(holder.id, totp.at(clock.moment))
    clock.go(seconds=30)
    earlier = totp.at(clock.moment)
    clock.go(seconds=30)
    second_factor.check(holder.id, totp.at(clock.moment))
    with pytest.raises(WrongCode):
        second_factor.check(holder.id, earlier)


def test_a_clock_that_is_half_a_minute_off_is_forgiven_and_a_minute_is_not(holder, clock, authenticator):
    totp, _ = authenticator
    clock.go(minutes=10)
    with pytest.raises(WrongCode):
        second_factor.check(holder.id, totp.at(clock.moment.timestamp() - 60))
    with pytest.raises(WrongCode):
        second_factor.check(holder.id, totp.at(clock.moment.timestamp() + 60))
    second_factor.check(holder.id, totp.at(clock.moment.timestamp() - 30))


def test_a_recovery_code_works_once_however_it_is_typed(holder, authenticator):
    _, codes = authenticator
    assert len(set(codes)) == 10
    second_factor.check(holder.id, f" {codes[0].upper()} ")
    with pytest.raises(WrongCode):
        second_factor.check(holder.id, codes[0])
    assert second_factor.n_recovery_codes_left(holder.id) == 9


@pytest.mark.parametrize("nonsense", ["", " ", "12345", "1234567", "abcdef", "\0", "١٢٣٤٥٦", "🙂" * 6, "1" * 5000])
def test_nonsense_is_a_wrong_code(holder, authenticator, nonsense):
    with pytest.raises(WrongCode):
        second_factor.check(holder.id, nonsense)


def test_switched_off_it_is_gone_with_its_recovery_codes(holder, authenticator):
    second_factor.switch_off(holder.id)
    db.session.commit()
    assert second_factor.find(holder.id) is None
    assert second_factor.n_recovery_codes_left(holder.id) == 0


def test_it_can_t_be_begun_anew_while_it_is_in_force(holder, authenticator):
    with pytest.raises(Refusal, match="on already"):
        second_factor.begin(holder)


def test_the_database_holds_no_secret_that_could_be_used(holder, authenticator):
    totp, _ = authenticator
    kept = db.session.scalars(select(SecondFactor.secret).where(SecondFactor.user_id == holder.id)).one()
    assert totp.secret not in kept


def test_a_seal_opens_for_its_purpose_and_key_alone_and_after_a_rotation():
    sealed = Sealer("old" * 20).seal("a", "text")
    assert Sealer("new" * 20, ["old" * 20]).open("a", sealed) == "text"
    for box, purpose, what in (
        (Sealer("new" * 20), "a", sealed), (Sealer("old" * 20), "b", sealed), (Sealer("old" * 20), "a", sealed[:-4]),
        (Sealer("old" * 20), "a", ""), (Sealer("old" * 20), "a", "ä"),
    ):  # fmt: skip
        with pytest.raises(SealBroken):
            box.open(purpose, what)


def test_a_seal_of_the_version_before_opens_and_is_made_anew():
    before = "gAAAAABrB9w5YFhVaUq6S01k65x2hZ-ldrMaL56Rw1sZrKo-Xae5gCmAytBgM3znwbA4-AHtVM8SNUrCTRKsw8hz0QRLXdm-9Q=="
    box = Sealer("new" * 20, ["old" * 20])
    assert box.open("a", before) == "text"
    anew = Sealer("old" * 20).seal_anew("a", before)
    assert (Sealer("old" * 20).open("a", anew), Sealer("old" * 20).seal_anew("a", anew)) == ("text", None)
    assert box.open("a", box.seal_anew("a", anew)) == "text", "its key is replaced as others are"
    for what in (before[:-4] + "AAAA", anew[:-4] + "AAAA", anew.replace("2.", "3."), "2.", "2.AAAA", "2.ä"):
        with pytest.raises(SealBroken):
            box.open("a", what)
