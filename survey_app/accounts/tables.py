"""Operators and their sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.core.database import Base, UtcDateTime


class Operator(Base):
    """A person who works in the administrators' pages."""

    __tablename__ = "operator"
    __table_args__ = (
        CheckConstraint(
            "role IN ('admin', 'clerk', 'viewer', 'reporter', 'certifier', 'unit', 'leader',"
            " 'person', 'system', 'security', 'auditor', 'liaison')",
            name="role",
        ),
        CheckConstraint(
            "scope <> '' OR role NOT IN ('reporter', 'unit', 'leader', 'person', 'liaison')",
            name="scope",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text, default="")
    """What a role is limited to: a data owner's name, or the key of a unit or person."""
    is_active: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OperatorSession(Base):
    """A signed-in browser. Only the digest of its 256-bit token is kept."""

    __tablename__ = "operator_session"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)

    operator: Mapped[Operator] = relationship(lazy="joined")


class SecondFactor(Base):
    """An operator's second factor (TOTP); it counts once a code has confirmed it.

    The secret is encrypted under a key of the installation. `last_step` is the last half minute
    whose code was used: no code is taken twice.
    """

    __tablename__ = "second_factor"

    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """One unused recovery code, as a digest; using it deletes it."""

    __tablename__ = "recovery_code"

    operator_id: Mapped[int] = mapped_column(
        ForeignKey("second_factor.operator_id"), primary_key=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
