"""The guard of the session itself: every way in which code could reach a stranger's row, tried on it."""

from __future__ import annotations

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import bindparam, delete, exists, func, insert, literal_column, select, text, union_all, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import aliased, joinedload, make_transient_to_detached, selectinload, subqueryload

from models import (
    AuditEvent,
    Chatbot,
    ChatSession,
    Domain,
    Embed,
    Member,
    Message,
    Plan,
    Profile,
    Service,
    ServiceMember,
    Source,
    Verification,
    Workspace,
    db,
    tenancy,
    wall,
)
from models.base import now
from models.tenancy import ForeignRowError, Scope
from tests.isolation.planting import owned_tables

QUIETLY = {"synchronize_session": False}


def mappers():
    return sorted(db.Model.registry.mappers, key=lambda mapper: mapper.class_.__name__)


def owned_classes():
    return [m.class_ for m in mappers() if "service_id" in m.local_table.c or m.class_ is Service]


def scope_of(customer) -> Scope:
    return Scope(frozenset({customer.service_id}), frozenset({customer.workspace_id}), customer.member_id)


@pytest.fixture(autouse=True)
def _inside(app, planted):
    with app.app_context():
        yield
        db.session.rollback()
        db.session.remove()
    tenancy.clear()


@pytest.fixture
def as_ada(ada):
    with tenancy.use(scope_of(ada)):
        yield


def foreign(model, planted):
    table = model.__table__
    return planted["cid"][table.name]["id"] if table.name in planted["cid"] else None


# --- what belongs to whom, asked of the tables


# mails are the installation's: staff see whether they were sent, an inviter by way of the invitation
UNOWNED = {"plans", "model_prices", "ab_user", "alembic_version", "services", "outgoing_mails", "terms"}


def test_every_table_is_below_a_service_or_known_not_to_be():
    """A new table either carries one of the mixins or is named here, by somebody who thought about it."""
    covered = (tenancy.ServiceOwned, tenancy.Commercial)
    for mapper in mappers():
        table = mapper.local_table
        if table.name in UNOWNED or table.name.startswith("ab_"):
            continue
        if issubclass(mapper.class_, tenancy.PersonOwned):
            assert table.name in wall._PERSONAL, f"{table.name} is not known to the wall"
            continue
        assert "service_id" in table.c, f"{table.name} carries no service_id"
        assert issubclass(mapper.class_, covered) or mapper.class_ is AuditEvent, f"{table.name} has no mixin"


def test_every_row_below_a_chatbot_or_workspace_is_cut_by_it():
    for mapper in mappers():
        if "chatbot_id" in mapper.local_table.c:
            assert issubclass(mapper.class_, tenancy.ChatbotOwned | tenancy.PerhapsChatbotOwned), mapper.class_
            is_needed = not mapper.local_table.c.chatbot_id.nullable
            assert is_needed == issubclass(mapper.class_, tenancy.ChatbotOwned), mapper.class_
        if "workspace_id" in mapper.local_table.c and mapper.class_ is not AuditEvent:
            assert issubclass(mapper.class_, tenancy.WorkspaceOwned), mapper.class_


def test_every_foreign_key_between_owned_tables_is_composite():
    for table in owned_tables():
        for constraint in table.foreign_key_constraints:
            if "service_id" in constraint.referred_table.c:
                pairs = {(e.parent.name, e.column.name) for e in constraint.elements}
                assert ("service_id", "service_id") in pairs, f"{table.name} -> {constraint.referred_table.name}"


# --- reading


@pytest.mark.parametrize("model", [m.class_ for m in mappers() if "service_id" in m.local_table.c])
def test_no_scope_no_rows(model, planted, ada, cid):
    assert db.session.scalars(select(model)).all() == []
    with tenancy.use(scope_of(ada)):
        rows = db.session.scalars(select(model)).all()
        assert rows
        assert {row.service_id for row in rows} == {ada.service_id}
        assert db.session.get(model, foreign(model, planted)) is None


def names_by_every_kind_of_query():
    other = aliased(Chatbot)
    inner = select(Chatbot).subquery()
    part = select(Chatbot.name).cte("part")
    return {
        "entity": select(Chatbot),
        "column": select(Chatbot.name),
        "alias": select(other.name),
        "alias of a subquery": select(aliased(Chatbot, inner).name),
        "subquery": select(inner.c.name),
        "cte": select(part.c.name),
        "recursive cte": select(part.union(select(Chatbot.name)).c.name),
        "union": union_all(select(Chatbot.name), select(other.name)),
        "entity from union": select(aliased(Chatbot, union_all(select(Chatbot), select(Chatbot)).subquery()).name),
        "scalar subquery": select(select(Chatbot.name).order_by(Chatbot.id.desc()).limit(1).scalar_subquery()),
        "aggregate": select(func.max(Chatbot.name)),
        "joined table": select(Chatbot.name).join(Domain, Domain.id > 0),
        "outer join": select(Chatbot.name).select_from(Plan).outerjoin(Chatbot, Chatbot.id > 0),
        "joined alias": select(other.name).select_from(Plan).join(other, other.id > 0),
        "lateral": select(select(Chatbot.name).limit(5).subquery().c.name),
        "select from": select(func.group_concat(Chatbot.name) if db.engine.dialect.name == "sqlite" else func.string_agg(Chatbot.name, ",")),
    }  # fmt: skip


def test_no_kind_of_query_reaches_a_stranger(app, as_ada, ada, cid):
    for kind, query in names_by_every_kind_of_query().items():
        assert db.session.execute(query).all(), kind
        found = str(db.session.execute(query).all())
        assert cid.canary not in found, kind


def test_relations_may_be_compared_and_asked_about(as_ada, ada, planted):
    chatbot = db.session.get(Chatbot, ada.chatbot_id)
    chats = select(ChatSession)
    for condition in (
        ChatSession.chatbot == chatbot,
        ChatSession.chatbot.has(name=chatbot.name),
        ChatSession.messages.any(),
    ):
        assert db.session.scalars(chats.where(condition)).all()
    for condition in (ChatSession.chatbot == None, ChatSession.chatbot != chatbot):  # noqa: E711 - SQL
        assert db.session.scalars(chats.where(condition)).all() == []


def test_a_question_whether_a_strangers_row_exists_is_answered_no(as_ada, cid):
    there = exists().where(Chatbot.id == cid.chatbot_id)
    assert db.session.scalars(select(Plan.id).where(there)).all() == []
    assert not db.session.query(db.session.query(Chatbot).filter(Chatbot.id == cid.chatbot_id).exists()).scalar()
    assert db.session.query(Chatbot).filter_by(id=cid.chatbot_id).count() == 0


@pytest.mark.parametrize("load", [joinedload, subqueryload, selectinload])
def test_eager_loads_stay_inside(as_ada, ada, cid, load):
    chats = db.session.scalars(select(ChatSession).options(load(ChatSession.messages).options(load(Message.citations))))
    chats = chats.unique().all()
    assert chats
    for chat in chats:
        assert chat.service_id == ada.service_id
        assert all(m.service_id == ada.service_id for m in chat.messages)


def test_a_lazy_load_does_not_follow_a_loose_reference_to_a_stranger(app, as_ada, ada, cid, planted):
    """`domain_id` of a chat has no foreign key: should it ever point at a stranger's domain, nobody sees it."""
    chat = db.session.get(ChatSession, planted["ada"]["chat_sessions"]["id"])
    chat.domain_id = cid.domain_id
    db.session.flush()
    db.session.expire(chat)
    assert chat.domain is None


def test_people_are_those_of_ones_own_services(as_ada, ada, cid):
    for model in (Member, User):
        assert [person.id for person in db.session.scalars(select(model))] == [ada.member_id]
    assert db.session.get(Member, cid.member_id) is None


def test_secrets_of_other_people_are_never_seen(app, as_ada, ada, cid):
    with tenancy.everything():
        db.session.add_all(
            [
                Verification(user_id=cid.member_id, verification_link=cid.canary, expired_at=now()),
                Profile(user_id=cid.member_id, meta_data={"canary": cid.canary}),
            ]
        )
        db.session.flush()
    assert db.session.scalars(select(Verification)).all() == []
    assert db.session.scalars(select(Profile)).all() == []


def test_a_row_in_the_sessions_memory_is_no_way_around(as_ada, cid):
    with tenancy.everything():
        remembered = db.session.get(Chatbot, cid.chatbot_id)
        embed = db.session.scalars(select(Embed).where(Embed.chatbot_id == cid.chatbot_id)).one()
    assert remembered is not None
    assert embed is not None
    assert db.session.get(Chatbot, cid.chatbot_id) is None
    assert db.session.get(Embed, embed.id) is None
    with pytest.raises(NoResultFound):
        db.session.get_one(Chatbot, cid.chatbot_id)


def test_refresh_of_a_strangers_row_is_refused(as_ada, cid):
    with tenancy.everything():
        remembered = db.session.get(Chatbot, cid.chatbot_id)
    with pytest.raises(ForeignRowError):
        db.session.refresh(remembered)


def test_staff_who_sell_see_services_and_people_and_no_content(ada, cid):
    with tenancy.use(Scope(frozenset(), frozenset(), sells=True)):
        assert {ada.service_id, cid.service_id} <= set(db.session.scalars(select(Service.id)))
        assert {ada.member_id, cid.member_id} <= set(db.session.scalars(select(Member.id)))
        for model in owned_classes():
            if not issubclass(model, tenancy.Commercial) and model not in (Service, AuditEvent):
                assert db.session.scalars(select(model)).all() == [], model


def test_a_workspace_hides_its_chatbots_from_the_rest_of_the_service(app, ada):
    with tenancy.use(Scope(frozenset({ada.service_id}), frozenset())):
        for model in (Workspace, Chatbot, Source, Embed, ChatSession, Message):
            assert db.session.scalars(select(model)).all() == [], model
        assert db.session.scalars(select(Domain)).all() != []


def test_the_trail_of_a_workspace_is_hidden_from_the_rest_of_the_service(app, ada):
    scope = scope_of(ada)
    with tenancy.use(scope):
        db.session.add(AuditEvent(service_id=ada.service_id, workspace_id=ada.workspace_id, action="inside"))
        db.session.flush()
        assert "inside" in db.session.scalars(select(AuditEvent.action)).all()
    with tenancy.use(Scope(frozenset({ada.service_id}), frozenset(), ada.member_id)):
        assert "inside" not in db.session.scalars(select(AuditEvent.action)).all()


# --- writing


def test_no_scope_no_writes(planted, ada):
    plan = db.session.scalar(select(Plan.id))
    for row in (
        Chatbot(service_id=ada.service_id, workspace_id=ada.workspace_id, name="x"),
        Service(name="x", plan_id=plan, holder_id=ada.member_id),
        ServiceMember(service_id=ada.service_id, user_id=ada.member_id),
        Workspace(service_id=ada.service_id, name="x"),
        AuditEvent(service_id=ada.service_id, action="x"),
        Profile(user_id=ada.member_id),
        Member(email="x@example.com"),
    ):
        db.session.add(row)
        with pytest.raises(ForeignRowError):
            db.session.flush()
        db.session.rollback()


def test_strangers_services_people_and_secrets_can_not_be_written(as_ada, ada, cid):
    with tenancy.everything():
        plan = db.session.scalar(select(Plan.id))
        service, person = db.session.get(Service, cid.service_id), db.session.get(Member, cid.member_id)
        assert (service, person, plan) != (None, None, None)
    for row, name, value in (
        (service, "name", "mine"),
        (service, "holder_id", ada.member_id),
        (person, "status", "disabled"),
    ):
        setattr(row, name, value)
        with pytest.raises(ForeignRowError):
            db.session.flush()
        db.session.rollback()
    db.session.add(Profile(user_id=cid.member_id))
    with pytest.raises(ForeignRowError):
        db.session.flush()


def test_the_audit_trail_is_only_ever_added_to(as_ada, ada):
    written = db.session.scalars(select(AuditEvent)).first()
    written.action = "nothing happened"
    with pytest.raises(ForeignRowError):
        db.session.flush()
    db.session.rollback()
    db.session.delete(db.session.scalars(select(AuditEvent)).first())
    with pytest.raises(ForeignRowError):
        db.session.flush()


def test_one_can_not_seat_oneself_at_a_strangers_table(as_ada, ada, cid):
    db.session.add(ServiceMember(service_id=cid.service_id, user_id=ada.member_id, role="holder"))
    with pytest.raises(ForeignRowError):
        db.session.flush()


def test_deleting_a_remembered_row_of_a_stranger_is_refused(as_ada, cid):
    with tenancy.everything():
        remembered = db.session.get(Chatbot, cid.chatbot_id)
    db.session.delete(remembered)
    with pytest.raises(ForeignRowError):
        db.session.flush()


def test_merge_of_a_strangers_identity_is_refused(as_ada, ada, cid):
    db.session.merge(Chatbot(id=cid.chatbot_id, service_id=cid.service_id, workspace_id=cid.workspace_id, name="mine"))
    with pytest.raises(ForeignRowError):
        db.session.flush()


def test_a_forged_identity_is_refused(as_ada, ada, cid):
    """An object that claims to be a stored row, with the attacker's own service written over it."""
    forged = Chatbot(id=cid.chatbot_id)
    make_transient_to_detached(forged)
    db.session.add(forged)
    forged.service_id, forged.workspace_id, forged.name = ada.service_id, ada.workspace_id, "mine"
    with pytest.raises(ForeignRowError):
        db.session.flush()


def test_a_child_can_not_be_hung_on_a_strangers_parent(as_ada, ada, cid, planted):
    db.session.add(Embed(service_id=ada.service_id, chatbot_id=cid.chatbot_id, domain_id=ada.domain_id))
    with pytest.raises(ForeignRowError):
        db.session.flush()


def bulk_statements(ada, cid):
    return {
        "update": update(Chatbot).where(Chatbot.id == cid.chatbot_id).values(name="mine"),
        "update of all": update(Chatbot).values(description="touched"),
        "delete": delete(Embed).where(Embed.chatbot_id == cid.chatbot_id),
        "delete of all": delete(ChatSession).where(ChatSession.chatbot_id == cid.chatbot_id),
    }


def test_bulk_statements_end_at_the_wall(as_ada, ada, cid, planted):
    for kind, statement in bulk_statements(ada, cid).items():
        db.session.execute(statement, execution_options=QUIETLY)
        with tenancy.everything():
            chatbot = db.session.execute(select(Chatbot.name, Chatbot.description).where(Chatbot.id == cid.chatbot_id))
            assert chatbot.one() == (f"chatbot {cid.canary}", ""), kind
            assert db.session.scalar(select(Embed.id).where(Embed.chatbot_id == cid.chatbot_id)), kind
            assert db.session.scalar(select(ChatSession.id).where(ChatSession.chatbot_id == cid.chatbot_id)), kind
        db.session.rollback()


def refused_statements(ada, cid):
    mine = {"service_id": ada.service_id, "workspace_id": ada.workspace_id, "name": "x"}
    return {
        "text": (text("SELECT * FROM chatbots"), None),
        "core select": (select(Chatbot.__table__), None),
        "core select of people": (select(Member.__table__), None),
        "core update": (update(Chatbot.__table__).values(name="x"), None),
        "core delete": (delete(Chatbot.__table__), None),
        "core insert": (insert(Chatbot.__table__).values(**mine), None),
        "orm insert": (insert(Chatbot).values(**mine), None),
        "orm bulk insert": (insert(Chatbot), [mine]),
        "entity from text": (select(Chatbot).from_statement(text("SELECT * FROM chatbots")), None),
        "entity from a core select": (select(Chatbot).from_statement(select(Chatbot.__table__)), None),
        "table joined to an entity": (select(Plan.id, Chatbot.__table__.c.name).join(Chatbot.__table__, Chatbot.__table__.c.id > 0), None),
        "text inside an entity select": (select(Plan.id, text("(SELECT name FROM chatbots)")), None),
        "text from": (select(Plan.id, literal_column("name")).select_from(text("chatbots")), None),
        "table in a subquery": (select(Plan.id).where(Plan.id.in_(select(Chatbot.__table__.c.id))), None),
        "update by primary key": (update(Chatbot), [{"id": cid.chatbot_id, "name": "mine"}]),
        "update moves to another service": (update(Chatbot).values(service_id=cid.service_id, workspace_id=cid.workspace_id), None),
        "update moves to another workspace": (update(Chatbot).values({Chatbot.workspace_id: cid.workspace_id}), None),
        "update moves by a parameter": (update(Chatbot).values(workspace_id=bindparam("w")), {"w": cid.workspace_id}),
    }  # fmt: skip


def test_statements_that_the_guard_can_not_cut_are_refused(as_ada, ada, cid):
    for kind, (statement, parameters) in refused_statements(ada, cid).items():
        with pytest.raises(ForeignRowError):
            pytest.fail(f"{kind}: {db.session.execute(statement, parameters).all()}")
        db.session.rollback()


def test_methods_that_pass_the_guard_by_are_refused(as_ada, ada, cid):
    row = {"id": cid.chatbot_id, "name": "mine"}
    with pytest.raises(ForeignRowError):
        db.session.bulk_update_mappings(Chatbot, [row])
    with pytest.raises(ForeignRowError):
        db.session.bulk_insert_mappings(Chatbot, [row])
    with pytest.raises(ForeignRowError):
        db.session.bulk_save_objects([Chatbot(**row)])


# --- scopes


def test_scopes_nest_and_close_whatever_happens(ada, cid):
    with tenancy.use(scope_of(ada)):
        with pytest.raises(LookupError), tenancy.everything():
            raise LookupError
        assert tenancy.current() == scope_of(ada)
        with tenancy.use(scope_of(cid)):
            assert [s.id for s in db.session.scalars(select(Service))] == [cid.service_id]
        assert [s.id for s in db.session.scalars(select(Service))] == [ada.service_id]
    assert tenancy.current() is tenancy.NOTHING


def test_a_generator_closed_elsewhere_leaves_nothing_open(ada):
    import contextvars

    def stream():
        with tenancy.use(scope_of(ada)):
            yield 1
            yield 2

    running = stream()
    assert next(running) == 1
    contextvars.Context().run(running.close)
    tenancy.clear()
    assert tenancy.current() is tenancy.NOTHING


def test_the_scope_of_a_job_is_one_service(ada, cid):
    with tenancy.use(tenancy.service_scope(ada.service_id)):
        assert {c.service_id for c in db.session.scalars(select(Chatbot))} == {ada.service_id}
        db.session.add(Chatbot(service_id=cid.service_id, workspace_id=cid.workspace_id, name="x"))
        with pytest.raises(ForeignRowError):
            db.session.flush()
