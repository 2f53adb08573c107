"""What stands in the way of a sealed round's steps: its key, and the opening."""

from datetime import datetime

from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.rounds.tables import Round


def has_key(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    """A sealed round is frozen with a key whose opening was rehearsed."""
    if not row.is_sealed or (row.public_key is not None and row.rehearsed_at is not None):
        return []
    what = N_("密封轮次还没有密钥，或者还没有演练过开封")
    return [Problem(N_("密钥仪式"), what, N_("请三位保管人到场，在本轮的“密钥仪式”页逐步完成"))]


def waits_unopened(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    """There are envelopes to open."""
    if row.is_sealed and row.unsealed_at is None:
        return []
    what = N_("没有要开封的答卷：不是密封轮次，或者已经开封")
    return [Problem(row.key, what, N_("可以直接封存"))]


def is_unsealed(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    """No envelope waits."""
    if not row.is_sealed or row.unsealed_at is not None:
        return []
    return [Problem(row.key, N_("答卷还是密封的"), N_("请先由两位保管人输入密钥份额开封"))]
