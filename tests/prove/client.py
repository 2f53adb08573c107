"""A client that sends one form after the other and keeps book of what it was told."""

import time
from dataclasses import dataclass, field

from survey_app.ballots.nonce import NonceMaker
from tests.chaos.serving import Reply, request
from tests.prove.stores import SECRET
from tests.prove.trials.kills import ballots, receipts
from tests.rounds import World, filled

NOT_RECORDED = "没有记录"
RECOVERY_SECONDS = 30


@dataclass
class Client:
    """Sends forms of the first poster; its nonces are made as the server's pages make them."""

    world: World
    port: int
    told: dict[str, str] = field(default_factory=dict)
    """Nonce → receipt."""
    untold: set[str] = field(default_factory=set)
    """Nonces refused for the moment, or without a reply: their answers may or may not be kept."""
    wrong: int = 0
    """Replies that say neither thanks nor, in words, that nothing was recorded."""

    def __post_init__(self) -> None:
        self.fields = dict(filled(self.world.at_link(), "satisfied"))
        self.path = f"/r/{self.world.links['u1']}"
        self._nonces = NonceMaker(SECRET)
        self._form = self.world.at_link().form_id

    def nonce(self) -> str:
        return self._nonces.make(self.world.round_id, self._form)

    def send(self, nonce: str = "") -> Reply | None:
        """Send a form, or one again; None where no reply came."""
        nonce = nonce or self.nonce()
        try:
            reply = request(self.port, "POST", self.path, {**self.fields, "nonce": nonce})
        except OSError:
            self.untold.add(nonce)
            return None
        if reply.receipt:
            self.wrong += self.told.setdefault(nonce, reply.receipt) != reply.receipt
            self.untold.discard(nonce)
        else:
            self.untold.add(nonce)
            self.wrong += reply.status != 503 or NOT_RECORDED not in reply.text
        return reply

    def recovers(self) -> float | None:
        """Seconds until a form is taken again; None where that takes too long."""
        began = time.monotonic()
        while time.monotonic() < began + RECOVERY_SECONDS:
            reply = self.send()
            if reply is not None and reply.receipt:
                return time.monotonic() - began
            time.sleep(0.2)
        return None

    def mismatches(self) -> int:
        """How many things the store holds differently from what was told."""
        held = receipts(self.world)
        lost = len(set(self.told.values()) - held)
        unasked = max(0, len(held) - len(self.told) - len(self.untold))
        return self.wrong + lost + unasked + abs(ballots(self.world) - len(held))
