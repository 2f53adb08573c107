"""Clocks that jump: what is closed stays closed, what is used stays used, nothing is lost."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from survey_app.ballots import accept
from survey_app.ballots.nonce import NonceMaker
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.errors import ProblemsError
from survey_app.factory import create_app
from survey_app.rounds.tables import Round
from tests.chaos.calm import lower_the_fence
from tests.chaos.serving import RECEIPT, TAG
from tests.prove.stores import SECRET, STORES, Store
from tests.prove.trial import Counts, Task, Trial
from tests.prove.trials.kills import receipts
from tests.rounds import OPERATOR, World, filled, make_world

JUMPS = [timedelta(**one) for one in ({"days": 2}, {"hours": 1}, {"minutes": 20}, {"days": 30})]
STEPS = 30
CLOSE_AFTER = timedelta(hours=3)
CARDS = 6


@dataclass
class Walk:
    """One round, one client and a clock that goes where it likes."""

    world: World
    client: FlaskClient
    random: Random
    traveller: Any
    truth: datetime
    told: dict[str, str] = field(default_factory=dict)
    is_over: bool = False
    jumps: int = 0
    wrong: int = 0

    def step(self) -> None:
        self.random.choice((self.jump, self.jump, self.answer, self.answer, self.replay))()

    def jump(self) -> None:
        self.jumps += 1
        self.traveller.move_to(self.truth + self.random.choice((1, -1)) * self.random.choice(JUMPS))

    def answer(self) -> None:
        """A new form: refused for ever once it was refused as over."""
        form_id = self.world.at_link().form_id
        nonce = NonceMaker(SECRET).make(self.world.round_id, form_id)
        status, receipt = self._post(nonce)
        if receipt:
            self.wrong += self.is_over
            self.told[nonce] = receipt
        elif status == 410:
            self.is_over = True

    def replay(self) -> None:
        """An old form: its receipt again, whatever the clock says."""
        if self.told:
            nonce = self.random.choice(sorted(self.told))
            self.wrong += self._post(nonce)[1] != self.told[nonce]

    def use_card_twice(self, code: str) -> None:
        """A used card stays used."""
        entrance = self.world.at_card(code)
        taken = 0
        for _ in range(3):
            ballot = self.world.ballot(entrance)
            (outcome,) = accept.accept_many(
                self.world.database, self.world.keys, [ballot], at=clock.now()
            )
            taken += outcome.kind == "accepted"
            self.jump()
        self.wrong += taken > 1

    def close(self) -> None:
        """By hand, unless the schedule came first."""
        with suppress(ProblemsError):
            closing.close_round(self.world.database, OPERATOR, self.world.round_id)
        self.is_over = True

    @property
    def path(self) -> str:
        return f"/r/{self.world.links['u1']}"

    def _post(self, nonce: str) -> tuple[int, str | None]:
        fields = dict(filled(self.world.at_link(), "satisfied"))
        reply = self.client.post(
            self.path, data={**fields, "nonce": nonce}, headers={"Origin": "http://localhost"}
        )
        found = RECEIPT.search(reply.get_data(as_text=True))
        return reply.status_code, TAG.sub("", found[1]) if found else None


def jumping_clock(kind: str, task: Task, *, is_guarded: bool = True) -> Counts:
    """Random walks of answers, replays and jumps of the clock, on rounds that close meanwhile."""
    random, counts = Random(task.seed), Counts()
    while task.goes_on(counts.tried):
        with STORES[kind](task) as store, time_machine.travel(datetime.now(UTC)) as traveller:
            app = calm_app(store)
            walk = _walk(store, app, random, traveller)
            for number in range(STEPS):
                if number == STEPS // 2 and not walk.is_over and random.random() < 0.5:
                    walk.close()
                if not is_guarded:
                    _forget_the_close(walk)
                walk.step()
            app.extensions["survey"].database.dispose()
            lost = len(set(walk.told.values()) - receipts(walk.world))
            counts += Counts(
                walk.jumps, walk.wrong + lost, {"rounds": 1, "answers": len(walk.told)}
            )
    return counts


def _walk(store: Store, app: Flask, random: Random, traveller: Any) -> Walk:
    truth = clock.now()
    close_at = truth + CLOSE_AFTER
    world = make_world(store.database, store.home, cards=CARDS, close_at=close_at)
    walk = Walk(world, app.test_client(), random, traveller, truth)
    for card in world.cards:
        walk.use_card_twice(card.qr_code)
    traveller.move_to(truth)
    return walk


def calm_app(store: Store) -> Flask:
    """The application, asking nobody to wait."""
    lower_the_fence()
    return create_app(store.settings)


def _forget_the_close(walk: Walk) -> None:
    """Without the guard a round is open whenever the clock says so."""
    with walk.world.database.write() as session:
        session.execute(update(Round).values(state="open", closed_at=None))


TRIALS = tuple(
    Trial(
        id=f"clock-{kind}",
        section="Kept",
        promise=f"A clock that jumps reopens nothing, revives no card, changes no count ({name})",
        invariants=("I10", "I4"),
        how="random walks of new forms, replays, used cards and a close (by hand or by the "
        "schedule), while the clock jumps by 20 minutes to 30 days both ways",
        tries="jumps",
        nightly=300,
        full=5_000,
        run=partial(jumping_clock, kind),
        seconds=40,
        short=30,
        guard="whether a round is open is asked of the clock alone",
        counter_proof=partial(jumping_clock, kind, is_guarded=False),
        counter_wanted=150,
    )
    for kind, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL"))
)
