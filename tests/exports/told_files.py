"""A prepared file that a webhook was told of."""

from __future__ import annotations

from app.exports import preparing, writing
from app.exports.rows import Wanted
from app.history.filters import Filter
from app.webhooks import events
from models import Member, Webhook, db
from models.webhooks import EXPORTED
from tests.conftest import inside


def tell_of_a_file(app, customer):
    """Have all chats of a customer's written to a CSV, and a webhook told of it; return the export's uuid."""
    with inside(app):
        hook = Webhook(service_id=customer.service_id, reach="service", url="https://x.example.com", sealed_secret="x")
        db.session.add(hook)
        wanted = Wanted(Filter(service_id=customer.service_id))
        export = preparing.order(db.session.get(Member, customer.member_id), customer.service_id, wanted, "csv", 1)
        db.session.flush()
        events.add(hook, EXPORTED, export_id=export.id)
        db.session.commit()
        export_id, name = export.id, export.uuid
    with app.app_context():
        writing.write(export_id)
    return name
