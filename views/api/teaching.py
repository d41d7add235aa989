"""What owners say themselves: questions with their answers, and questions that every version must go on answering."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length
from sqlalchemy import Select
from sqlalchemy.orm import joinedload, selectinload

from app.answering import golden
from app.knowledge import pairs
from app.languages import in_english
from jobs import queues
from models import Chatbot, CuratedAnswer, GoldenQuestion, Source, db
from views.api.fields import ChatbotQuery, Row, Text
from views.api.operation import Page, after_commit, operation
from views.api.resource import Resource, find_chatbot, keep
from views.base import table

MAX_WORDS = 20  # that one golden question may be answered with


class PairAnswer(Row):
    """A question with the answer that is given word for word."""

    chatbot = fields.UUID(attribute="source.chatbot.uuid")
    question = fields.String()
    wordings = fields.Function(
        lambda row: list(map(str, row.wordings)),
        metadata={
            "type": "array",
            "items": {"type": "string"},
            "description": in_english("Other wordings that get the answer"),
        },
    )
    answer = fields.String()
    n_hits = fields.Integer(metadata={"description": in_english("How often it was given")})
    last_hit_at = fields.AwareDateTime(allow_none=True)


def _wordings(**how: Any) -> Any:
    return fields.List(Text(pairs.MAX_QUESTION), validate=Length(max=pairs.MAX_WORDINGS), **how)


class PairChange(Schema):
    """What of it is changed; the rest stays."""

    question = Text(pairs.MAX_QUESTION)
    wordings = _wordings()
    answer = Text(pairs.MAX_ANSWER)


class PairBody(Schema):
    """A question with its answer; the same question again gets the new answer."""

    chatbot = fields.UUID(required=True)
    question = Text(pairs.MAX_QUESTION, required=True, metadata={"example": "Do you ship abroad?"})
    wordings = _wordings(load_default=list)
    answer = Text(pairs.MAX_ANSWER, required=True, metadata={"example": "To all of Europe, within a week."})


class AnswersApi(Resource):
    """Questions with answers of the owner's own."""

    datamodel = table(CuratedAnswer)
    resource_name, openapi_spec_tag = "answers", in_english("Questions with answers")
    view_action = "source.view"
    loads = (joinedload(CuratedAnswer.source).joinedload(Source.chatbot), selectinload(CuratedAnswer.wordings))

    def rows(self) -> Select[Any]:
        in_use = Source.deleted_at.is_(None) & Source.chatbot.has(Chatbot.status != "deleted")
        return super().rows().where(CuratedAnswer.wording_of_id.is_(None), CuratedAnswer.source.has(in_use))

    def require(self, action: str, row: Any) -> None:
        super().require(action, row.source)

    @operation("", "GET", "List questions with answers", query=ChatbotQuery, answer=PairAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        found = self.rows()
        if "chatbot" in query:
            found = found.where(CuratedAnswer.source.has(Source.chatbot.has(Chatbot.uuid == query["chatbot"])))
        return self.page(found, query)

    @operation("/<uuid:curated_answer_uuid>", "GET", "Show a question with its answer", answer=PairAnswer)
    def read(self, curated_answer_uuid: uuid.UUID) -> Any:
        return self.find(curated_answer_uuid)

    @operation("", "POST", "Answer a question", body=PairBody, answer=PairAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        chatbot = find_chatbot(body.pop("chatbot"), "source.edit")
        source, (row,) = pairs.add(chatbot, [pairs.make_pair(**body)])
        db.session.flush()
        after_commit(queues.wake_ingestion, source.id)
        return keep("answer.write", row)

    @operation("/<uuid:curated_answer_uuid>", "PATCH", "Change it", body=PairChange, answer=PairAnswer)
    def change(self, curated_answer_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        row = self.find(curated_answer_uuid, "source.edit")
        present = {"question": row.question, "answer": row.answer, "wordings": list(map(str, row.wordings))}
        pairs.rewrite(row, pairs.make_pair(**{**present, **body}))
        db.session.expire(row, ["wordings"])
        after_commit(queues.wake_ingestion, row.source_id)
        return keep("answer.rewrite", row)

    @operation("/<uuid:curated_answer_uuid>", "DELETE", "Delete it; the answer is given no more", status=204)
    def remove(self, curated_answer_uuid: uuid.UUID) -> None:
        row = self.find(curated_answer_uuid, "source.edit")
        source = row.source
        pairs.remove(row)
        keep("answer.delete", row)
        after_commit(queues.wake_ingestion, source.id)
        after_commit(queues.wake_training, source.chatbot_id)


class GoldenAnswer(Row):
    """A question that every version of a chatbot's knowledge must go on answering."""

    chatbot = fields.UUID(attribute="chatbot.uuid")
    question = fields.String()
    source = fields.String(
        attribute="document", metadata={"description": in_english("Name or address of the source; or any")}
    )
    words = fields.List(
        fields.String(), attribute="answers", metadata={"description": in_english("One of them is enough; or any")}
    )


class GoldenBody(Schema):
    """A question with the source or the words that are expected; the same question again changes what is."""

    chatbot = fields.UUID(required=True)
    question = Text(golden.MAX_CHARS, required=True, metadata={"example": "How long is the warranty?"})
    source = Text(golden.MAX_CHARS, empty=True, load_default="", metadata={"example": "returns.txt"})
    words = fields.List(Text(golden.MAX_CHARS), load_default=list, validate=Length(max=MAX_WORDS))


class GoldenApi(Resource):
    """Golden questions."""

    datamodel = table(GoldenQuestion)
    resource_name, openapi_spec_tag = "golden_questions", in_english("Golden questions")
    view_action = "source.view"
    loads = (joinedload(GoldenQuestion.chatbot),)

    def rows(self) -> Select[Any]:
        return super().rows().where(GoldenQuestion.chatbot.has(Chatbot.status != "deleted"))

    @operation("", "GET", "List golden questions", query=ChatbotQuery, answer=GoldenAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page_by(query)

    @operation("/<uuid:golden_question_uuid>", "GET", "Show a golden question", answer=GoldenAnswer)
    def read(self, golden_question_uuid: uuid.UUID) -> Any:
        return self.find(golden_question_uuid)

    @operation("", "POST", "Keep a golden question", body=GoldenBody, answer=GoldenAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        chatbot = find_chatbot(body["chatbot"], "source.edit")
        return keep("golden.add", golden.add(chatbot, body["question"], body["source"], "|".join(body["words"])))

    @operation("/<uuid:golden_question_uuid>", "DELETE", "Delete a golden question", status=204)
    def remove(self, golden_question_uuid: uuid.UUID) -> None:
        row = self.find(golden_question_uuid, "source.edit")
        db.session.delete(row)
        keep("golden.delete", row)
