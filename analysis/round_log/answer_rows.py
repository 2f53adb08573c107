"""The rows in a ballot's payload, by the round's frozen config (docs/round-log.md §3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.questionnaire import Questionnaire

PLAIN = b"\x01"
_NUMBER_SIZE = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rater class was asked about a ratee."""

    ratee: str
    questionnaire: str
    width: int


class AnswerReader:
    """Reads payloads of one round."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.questionnaires = {
            key: Questionnaire.from_json(one) for key, one in config["questionnaires"].items()
        }
        widths = {key: len(one.coded_items) for key, one in self.questionnaires.items()}
        bound = [
            (one["rater_class"], one["ratee_class"], one["questionnaire"])
            for one in config["bindings"]
        ]
        self._asked = {
            (rater_class, ratee["number"]): Asked(ratee["key"], key, widths[key])
            for rater_class, ratee_class, key in bound
            for ratee in config["ratees"]
            if ratee["ratee_class"] == ratee_class
        }

    def rows(self, rater_class: str, payload: bytes) -> Iterator[tuple[Asked, bytes]]:
        """What was asked and the codes, for each ratee rated; ValueError where it does not fit."""
        if payload[:1] != PLAIN:
            raise ValueError("version")
        place, seen = len(PLAIN), set()
        while place < len(payload):
            start = place + _NUMBER_SIZE
            number = int.from_bytes(payload[place:start])
            asked = self._asked.get((rater_class, number))
            if asked is None or number in seen or start + asked.width > len(payload):
                raise ValueError("ratee or length")
            seen.add(number)
            place = start + asked.width
            yield asked, payload[start:place]
