"""Put something released of a round into the ledger and its digest into the log."""

from survey_app.disclosure.ledger import Line, enter

__all__ = ["Line", "enter"]
