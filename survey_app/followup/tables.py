"""Follow-up items (结果运用) and the log of what was decided and done about each."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime
from survey_app.followup.states import ACT_NAMES, KIND_NAMES, STATE_NAMES
from survey_app.supervision.tables import one_of


class FollowupItem(Base):
    """What a result leads to for one ratee.

    Proposed from a round by a consequence of its scheme, at most once each; or by hand, then
    without a round and with a consequence of "".
    """

    __tablename__ = "followup_item"
    __table_args__ = (
        UniqueConstraint("round_id", "ratee", "consequence"),
        CheckConstraint(one_of("kind", tuple(KIND_NAMES)), name="kind"),
        CheckConstraint(one_of("state", tuple(STATE_NAMES)), name="state"),
        CheckConstraint("(round_id IS NULL) = (consequence = '')", name="origin"),
        CheckConstraint("name <> '' AND reason <> ''", name="named"),
        CheckConstraint("state <> 'declined' OR decision <> ''", name="declined_with_reason"),
        CheckConstraint(
            "(state = 'done') = (outcome <> '') AND (state = 'done') = (closed_on IS NOT NULL)",
            name="done_with_outcome",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    ratee: Mapped[str] = mapped_column(Text, index=True)
    consequence: Mapped[str] = mapped_column(Text, default="")
    period: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    linkage: Mapped[str] = mapped_column(Text, default="")
    """The column of the table of linkages (挂钩) it stands in; "" for none."""
    value: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="proposed")
    decision: Mapped[str] = mapped_column(Text, default="")
    """Why people decided as they did."""
    due_on: Mapped[date | None]
    outcome: Mapped[str] = mapped_column(Text, default="")
    closed_on: Mapped[date | None]
    is_current: Mapped[bool] = mapped_column(default=True)
    """Whether the newest run of the round still proposes it."""
    is_simulated: Mapped[bool] = mapped_column(default=False)


class FollowupAct(Base):
    """One line of an item's log, never changed."""

    __tablename__ = "followup_act"
    __table_args__ = (CheckConstraint(one_of("kind", tuple(ACT_NAMES)), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("followup_item.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
