"""`import`: a service that was exported elsewhere becomes a new one here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.failing import CommandError
from app.commands.opening import installation
from app.commands.saying import say
from app.exports import arriving, entrance, parcel

if TYPE_CHECKING:
    from config import Config


def import_service(config: Config, args: argparse.Namespace) -> int:
    """Put a service's ZIP into this installation, whole or not at all, and say where it is."""
    path = Path(args.file)
    if not path.is_file():
        raise CommandError(f"There is no file {args.file}: check how it is spelled.")
    with installation(config), parcel.opened(path) as opened:
        holder = entrance.find_holder(opened, args.holder or "")
        plan = entrance.choose_plan(opened, args.plan or "")
        made = arriving.arrive(opened, holder, plan)
        say(f"service {made.service.id}, {made.service.name}: held by {holder.email}, plan {plan.name}")
        for kind, n_rows in made.n_rows.items():
            if n_rows:
                say(f"  {kind}: {n_rows}")
        for note in made.notes:
            say(f"  {note}")
    return 0
