"""A website has one holder, held by the database: also on its usual port, which is kept as an empty one."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from models import Domain, db
from tests.conftest import inside


@pytest.mark.parametrize("port", [None, 8443])
def test_two_services_can_t_hold_the_same_website(app, ada, cid, port):
    with inside(app):
        place = {"scheme": "https", "domain": f"shop-{port}.example.com", "port": port}
        db.session.add(Domain(service_id=ada.service_id, verified=True, **place))
        db.session.add(Domain(service_id=cid.service_id, verified=False, **place))
        db.session.commit()
        db.session.add(Domain(service_id=ada.service_id, verified=False, **place))
        with pytest.raises(IntegrityError):
            db.session.commit()
        db.session.rollback()
        for domain in db.session.query(Domain).filter_by(**place):
            domain.verified = True
        with pytest.raises(IntegrityError):
            db.session.commit()
        db.session.rollback()


def test_nor_the_same_host_on_two_schemes(app, ada, cid):
    with inside(app):
        for number, (customer, scheme) in enumerate(((ada, "https"), (cid, "http"))):
            domain = Domain(service_id=customer.service_id, domain="both.example.com", scheme=scheme, holds_host=True)
            db.session.add(domain)
            if number:
                with pytest.raises(IntegrityError):
                    db.session.commit()
                db.session.rollback()
            else:
                db.session.commit()
