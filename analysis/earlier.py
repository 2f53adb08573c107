"""Earlier results of ratees, by series, in the order of their periods."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from analysis.inputs import HistoryRow
from analysis.periods import Period, before, contains, in_words, order, parse
from analysis.scheme.conditions import Span


class Earlier:
    """Earlier results as the round with this `period` sees them.

    Results of later periods are left out, and so is one the round itself left behind in its own
    series. Without a period of the round every result is earlier. A row without a series is of
    the scheme's own.
    """

    def __init__(self, own: str, rows: Iterable[HistoryRow], period: str) -> None:
        self.own = own
        self.period = period
        self._spans: dict[str, Span | None] = {}
        self._rows: dict[tuple[str, str], list[HistoryRow]] = {}
        self._scores: dict[tuple[str, str], dict[str, Decimal]] = {}
        for row in rows:
            self._take(row)
        for found in self._rows.values():
            found.sort(key=lambda row: order(row.period))

    def _take(self, row: HistoryRow) -> None:
        series = self.series(row.series)
        if row.period not in self._spans:
            self._spans[row.period] = _span(self.period, row.period)
        if not self._spans[row.period] or (not series and row.period == self.period):
            return
        self._rows.setdefault((row.ratee, series), []).append(row)
        if row.score is not None:
            self._scores.setdefault((series, row.period), {})[row.ratee] = row.score

    def series(self, word: str) -> str:
        """A series as the rows are kept: "" for the scheme's own."""
        return "" if word == self.own else word

    def grades(self, ratee: str, series: str, span: Span) -> list[HistoryRow]:
        """The results of a ratee with a grade in a span, the earliest first."""
        rows = self._rows.get((ratee, self.series(series)), [])
        return [row for row in rows if row.grade and span in ("all", self._spans[row.period])]

    def results(self, ratee: str, series: str) -> list[HistoryRow]:
        """Every result of a ratee, with a grade or a score, the earliest first."""
        return self._rows.get((ratee, self.series(series)), [])

    def scores(self, series: str, period: str) -> Mapping[str, Decimal]:
        """The scores of everybody in one period of a series, by ratee."""
        return self._scores.get((self.series(series), period), {})

    def running(self, rows: Sequence[HistoryRow], k: int, *, up_to_now: bool) -> list[HistoryRow]:
        """The latest k of these results without a gap, the latest first; fewer before a gap.

        They are of one length, the one of the latest, and each period begins where the one before
        ends: a year without a result is a gap, as is a period nobody can read. With `up_to_now`
        they lead up to the round's own period; where it has none, to the latest result.
        """
        later = parse(self.period) if up_to_now else None
        found: list[HistoryRow] = []
        for row in reversed(rows):
            here = parse(row.period)
            if len(found) == k or here is None:
                break
            if later is not None and here.months != later.months:
                continue
            if later is not None and _end(here) != _start(later):
                break
            found.append(row)
            later = here
        return found


def periods_in_words(rows: Sequence[HistoryRow]) -> str:
    """The first and the last period of results in order; nothing where there are none."""
    if not rows:
        return ""
    ends = dict.fromkeys((rows[0].period, rows[-1].period))
    return "—".join(in_words(period) for period in ends)


def _span(own: str, period: str) -> Span | None:
    if not own or before(period, own):
        return "earlier"
    return "period" if contains(own, period) else None


def _start(period: Period) -> int:
    return period.year * 12 + period.first - 1


def _end(period: Period) -> int:
    return period.year * 12 + period.last
