"""The trees of the logs lately asked for, kept in memory so that proofs cost the store little."""

from collections import OrderedDict
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.round_log.merkle import leaf_hash
from analysis.round_log.tree import Tree
from survey_app.record.tables import LogLeaf

MOST = 4
CHUNK = 5_000


class LogTrees:
    """One tree a round, grown when more leaves are asked for."""

    def __init__(self) -> None:
        self._trees: OrderedDict[int, Tree] = OrderedDict()
        self._lock = Lock()

    def tree(self, session: Session, round_id: int, size: int) -> Tree:
        """A tree with at least `size` leaves; leaves never change, so what is known stays."""
        with self._lock:
            tree = self._trees.setdefault(round_id, Tree())
            self._trees.move_to_end(round_id)
            while len(self._trees) > MOST:
                self._trees.popitem(last=False)
            bodies = select(LogLeaf.body).where(
                LogLeaf.round_id == round_id, LogLeaf.place >= tree.size, LogLeaf.place < size
            )
            if tree.size < size:
                ordered = bodies.order_by(LogLeaf.place).execution_options(yield_per=CHUNK)
                tree.extend(leaf_hash(body) for body in session.scalars(ordered))
            return tree
