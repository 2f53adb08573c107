"""The application a textbook would write: WTForms fields, ORM rows, one commit an answer.

It is what the product's own figures are held against. Same server, same database settings, same
ten questions. Also the two bounds: a constant page of the same size, and a route that only
parses and validates the body.
"""

import os
import sqlite3
from pathlib import Path

from flask import Flask, Response, render_template_string, request
from flask_wtf import FlaskForm
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from wtforms import RadioField
from wtforms.validators import InputRequired

from forms.decoder import decode
from forms.questionnaire import library
from forms.sheet import Sheet
from survey_app.core.database import SQLITE_PRAGMAS

QUESTIONNAIRE = library()["unit"].short()
SHEET = Sheet.prepare([(1, QUESTIONNAIRE)])
PAGE = """<!doctype html><html lang="zh"><title>{{ title }}</title><h1>{{ title }}</h1>
<form method="post">{% for field in form if field.type == "RadioField" %}<fieldset>
<legend>{{ field.label }}</legend>{% for option in field %}{{ option }}{{ option.label }}
{% endfor %}</fieldset>{% endfor %}<button>提交</button></form></html>"""


class Base(DeclarativeBase):
    pass


class Answer(Base):
    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"))
    item: Mapped[str]
    option: Mapped[str]


class Reply(Base):
    __tablename__ = "reply"
    id: Mapped[int] = mapped_column(primary_key=True)
    answers: Mapped[list[Answer]] = relationship()


def form_class() -> type[FlaskForm]:
    fields = {}
    for item in QUESTIONNAIRE.coded_items:
        choices = [(one.code, one.text) for one in QUESTIONNAIRE.scale_of(item).options]
        checks = [InputRequired()] if item.required else []
        fields[item.key] = RadioField(item.text, choices=choices, validators=checks)
    return type("UnitForm", (FlaskForm,), fields)


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="bench", WTF_CSRF_ENABLED=False)
    home = Path(os.environ["SURVEY_HOME"])
    engine = create_engine(f"sqlite:///{home / 'textbook.db'}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        for name, value in SQLITE_PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")

    Base.metadata.create_all(engine)
    form_type = form_class()
    constant = Response(b"x" * int(os.environ.get("BENCH_PAGE_BYTES", "4000"))).get_data()

    @app.get("/constant")
    def constant_page() -> bytes:
        return constant

    @app.route("/textbook", methods=["GET", "POST"])
    def textbook() -> str:
        form = form_type()
        if form.validate_on_submit():
            with Session(engine) as session, session.begin():
                rows = [Answer(item=key, option=value or "") for key, value in form.data.items()]
                session.add(Reply(answers=rows))
            return "谢谢"
        return render_template_string(PAGE, form=form, title=QUESTIONNAIRE.title)

    @app.post("/parse")
    def parse_only() -> str:
        decoded = decode(request.form.items(multi=True), SHEET)
        return "谢谢" if decoded.answers else "错误"

    return app


app = create_app()
