"""A brake on floods that needs to know nothing of anybody: so many in so many seconds."""

from collections import deque
from threading import Lock

from forms.problems import N_
from survey_app.core import clock
from survey_app.core.errors import DomainError

MOST = 30
SECONDS = 600.0


class TooManyError(DomainError):
    status = 429
    message = N_("这几分钟提交的投诉太多，您的内容还没有收下。")
    remedy = N_("请过十分钟再按一次提交，填的内容都还在；急事请打监督电话。")


class Limit:
    """At most `most` in any `seconds`, counted in this process and nowhere kept."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._times: deque[float] = deque()
        self._lock = Lock()

    def pass_one(self) -> None:
        """Count one. Raises TooManyError, and counts nothing, once there are too many."""
        now = clock.now().timestamp()
        with self._lock:
            while self._times and now - self._times[0] > self._seconds:
                self._times.popleft()
            if len(self._times) >= self._most:
                raise TooManyError
            self._times.append(now)
