"""The commands that care for an installation: the doctor, its keys, its backups, people who are locked out.

Like `app/cli.py` this loads nothing: each command imports what it needs once it is chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.commands.failing import CommandError
from app.values import recipients, seconds

if TYPE_CHECKING:
    from config import Config


def add_to(commands: Any) -> None:
    """Add these commands to the parser's."""
    _add_doctor(commands)
    _add_keys(commands)
    _add_backups(commands)
    _add_members(commands)


def _keys(config: Config, args: argparse.Namespace) -> int:
    from app.commands import keys

    commands: dict[str, Callable[[Config], int]] = {"new": keys.new, "rotate": keys.rotate, "forget": keys.forget}
    return commands[args.action](config)


def _make_backup_key(_config: Config, args: argparse.Namespace) -> int:
    from app.commands import backups

    return backups.make_key(args.file)


def _back_up(config: Config, args: argparse.Namespace) -> int:
    from app.commands import backing_up, backups

    try:
        given = recipients(",".join(args.recipient))
    except ValueError as error:  # which does not repeat it, as argparse would: it may be the secret part
        raise CommandError(f"--recipient can't be used: {error}.") from None
    readers = given or config.backup_recipients
    wish = backing_up.Wish(with_generations=args.generations, recipients=readers, timeout_s=args.timeout)
    return backups.back_up(config, args.file, wish)


def _restore(config: Config, args: argparse.Namespace) -> int:
    from app.commands import backups

    return backups.restore(config, args.file, identity=args.identity, timeout_s=args.timeout)


def _examine(config: Config, args: argparse.Namespace) -> int:
    from app.commands import doctor

    return doctor.run(config, as_json=args.json, fix=args.fix, is_deep=args.deep, mail_to=args.mail)


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="look whether the installation is well, and say what to do")
    doctor.add_argument("--fix", action="store_true", help="mend what is safe to mend")
    doctor.add_argument("--deep", action="store_true", help="read every byte of published indexes, too")
    doctor.add_argument("--mail", nargs="?", const="", metavar="EMAIL", help="send a mail, too (to MAIL_SENDER itself)")
    doctor.add_argument("--json", action="store_true", help="JSON alone on stdout")
    doctor.set_defaults(run=_examine)


def _add_keys(commands: Any) -> None:
    keys = commands.add_parser("keys", help="replace the secret key, or make one for backups").add_subparsers(
        dest="action", required=True
    )
    for name, words in (
        ("new", "make a new secret key; the old one goes on opening what it has sealed"),
        ("rotate", "seal every secret in the database under the present key"),
        ("forget", "drop the former keys, once nothing is sealed with them"),
    ):
        keys.add_parser(name, help=words).set_defaults(run=_keys)
    backup = keys.add_parser("backup", help="make a key that opens encrypted backups, and print its public part")
    backup.add_argument("file", metavar="FILE", help="where it is written: keep it elsewhere than the backups")
    backup.set_defaults(run=_make_backup_key)


def _add_backups(commands: Any) -> None:
    backup = commands.add_parser("backup", help="write all of an installation into one file, while it runs")
    backup.add_argument("--generations", action="store_true", help="with published indexes, which can be built again")
    words = "encrypt it for this public key; may be given several times (BACKUP_RECIPIENTS)"
    backup.add_argument("--recipient", action="append", default=[], metavar="KEY", help=words)
    backup.add_argument("file", metavar="FILE", help="a new file, or - for stdout")
    backup.set_defaults(run=_back_up)
    restore = commands.add_parser("restore", help="put a backup into an empty data folder and an empty database")
    restore.add_argument("--identity", metavar="KEYFILE", help="the file of the key that opens an encrypted one")
    restore.add_argument("file", metavar="FILE", help="a backup, or - for stdin")
    restore.set_defaults(run=_restore)
    for parser in (backup, restore):
        words = "how long pg_dump or pg_restore may take (3600)"
        parser.add_argument("--timeout", type=seconds, default=3600.0, metavar="SECONDS", help=words)


def _reset_password(config: Config, args: argparse.Namespace) -> int:
    from app.commands import members

    return members.reset_password(config, args.email, drops_second_factor=args.drop_second_factor)


def _make_superadmin(config: Config, args: argparse.Namespace) -> int:
    from app.commands import members

    return members.make_superadmin(config, args.email)


def _add_members(commands: Any) -> None:
    member = commands.add_parser("member", help="help people who are locked out").add_subparsers(
        dest="action", required=True
    )
    reset = member.add_parser("reset-password", help="give somebody a new password, and print it")
    reset.add_argument("--drop-second-factor", action="store_true", help="take their second factor away, too")
    reset.set_defaults(run=_reset_password)
    promote = member.add_parser("make-superadmin", help="let somebody run the installation")
    promote.set_defaults(run=_make_superadmin)
    for parser in (reset, promote):
        parser.add_argument("email", metavar="EMAIL")
