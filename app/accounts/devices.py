"""The devices that somebody is signed in on: listed, and signed out one by one or all at once."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import uuid

from sqlalchemy import delete, select, update

from app.languages import in_english
from app.networks import shorten_address
from models import Device, db, tenancy
from models.base import change, now

SEEN_EVERY_S = 300  # a request writes that a device was seen at most so often
MAX_IDLE_DAYS = 30
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def describe_browser(user_agent: str) -> str:
    """Return family and system of a browser and nothing finer: "Firefox on Linux"."""
    browser = next((name for sign, name in _BROWSERS if re.search(rf"\b{sign}", user_agent)), in_english("A program"))
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return in_english("%(browser)s on %(system)s", browser=browser, system=system) if system else browser


def _parse(device_uuid: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(device_uuid or "")
    except (ValueError, TypeError, AttributeError):
        return None


def add(member_id: int, user_agent: str, address: str | None) -> uuid.UUID:
    """Note a device that somebody signs in on; return what its cookie carries. The caller commits."""
    with tenancy.everything():
        browser, network = describe_browser(user_agent), shorten_address(address)
        name = uuid.UUID(bytes=secrets.token_bytes(16))  # uuid4 would be six bits short of 128
        device = Device(uuid=name, user_id=member_id, browser=browser, network=network)
        db.session.add(device)
        db.session.flush()
        return device.uuid


def is_signed_in(member_id: int, device_uuid: str | None) -> bool:
    """Tell whether a cookie's device still is; writes now and then that it was seen, and commits that."""
    wanted = _parse(device_uuid)
    if wanted is None:
        return False
    with tenancy.everything():
        query = select(Device.last_seen_at).where(Device.uuid == wanted, Device.user_id == member_id)
        seen = db.session.scalar(query)
        if seen is None or now() - seen > dt.timedelta(days=MAX_IDLE_DAYS):
            return False
        if now() - seen > dt.timedelta(seconds=SEEN_EVERY_S):
            change(update(Device).where(Device.uuid == wanted).values(last_seen_at=now()))
            db.session.commit()
        return True


def list_devices(member_id: int) -> list[Device]:
    """Return where somebody is signed in, the one used last first."""
    youngest = now() - dt.timedelta(days=MAX_IDLE_DAYS)
    with tenancy.everything():
        query = select(Device).where(Device.user_id == member_id, Device.last_seen_at > youngest)
        return list(db.session.scalars(query.order_by(Device.last_seen_at.desc()).limit(100)))


def sign_out(member_id: int, device_uuid: uuid.UUID) -> bool:
    """Sign one device out; False when the person has no such device. The caller commits."""
    with tenancy.everything():
        return bool(change(delete(Device).where(Device.uuid == device_uuid, Device.user_id == member_id)))


def sign_out_all(member_id: int, but: str | None = None) -> None:
    """Sign all devices out, but one where that is named. The caller commits."""
    leaving, kept = delete(Device).where(Device.user_id == member_id), _parse(but)
    if kept is not None:
        leaving = leaving.where(Device.uuid != kept)
    with tenancy.everything():
        change(leaving)
