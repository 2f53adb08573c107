"""Is a bundle whole? Every numbered check of docs/round-log.md §7, with the place of each failure.

Written from that text, apart from `verify_round.py`; tests hold the two against each other.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

from analysis.round_log import audit_checks, log_checks, page_checks
from analysis.round_log.bundle import Bundle, Unreadable
from analysis.sealed_round import Check

Places = Iterator[str]


def check_bundle(
    folder: Path,
    witness: bytes | None = None,
    heads: Sequence[tuple[int, str]] = (),
    key: str = "",
) -> list[Check]:
    """Every check the bundle has the material for; a failed one once for each of its places.

    `witness` are checkpoints that others kept, `heads` sizes and beginnings of roots in hex as
    receipts show them, `key` the log's key as published.
    """
    bundle = Bundle(folder)
    answers = audit_checks.Answers(bundle)
    checks: list[tuple[str, Callable[[], Places]]] = [
        ("V0", lambda: log_checks.check_files(bundle)),
        ("V1", lambda: log_checks.check_log(bundle)),
        ("V2", lambda: log_checks.check_counts(bundle)),
        ("V3", lambda: log_checks.check_once(bundle)),
        ("V4", lambda: log_checks.check_close(bundle)),
    ]
    if _is_auditors(bundle):
        checks.append(("V5", lambda: audit_checks.check_openings(bundle, answers)))
    checks.append(("V6", lambda: audit_checks.check_releases(bundle)))
    checks.append(("V6", lambda: page_checks.check_pages(bundle)))
    if _is_auditors(bundle):
        checks.append(("V6", lambda: audit_checks.check_results(bundle, answers)))
    checks.append(("V7", lambda: audit_checks.check_exclusions(bundle)))
    if _is_auditors(bundle):
        checks.append(("V8", lambda: audit_checks.check_sealed_files(bundle, answers)))
    checks.append(("V9", lambda: log_checks.check_copies(bundle, witness, heads, key)))
    return [one for number, check in checks for one in _performed(folder, number, check)]


def _is_auditors(bundle: Bundle) -> bool:
    try:
        return bundle.is_auditors
    except Unreadable:
        return False


def _performed(folder: Path, number: str, check: Callable[[], Places]) -> list[Check]:
    """One check: its failures, or that it holds. What cannot be read does not hold."""
    places: list[str] = []
    try:
        places.extend(check())
    except Unreadable as error:
        places.append(error.place)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OSError,
        BadZipFile,
    ) as error:
        places.append(f"bundle ({type(error).__name__})")
    if not places:
        return [Check(number, ok=True, place=str(folder))]
    return [Check(number, ok=False, place=f"{folder}: {place}") for place in dict.fromkeys(places)]
