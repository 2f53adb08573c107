"""The web server's log: what went wrong with it, never with whose request."""

from typing import Any

from gunicorn.glogging import Logger

FROM_WHOM = "Invalid request from "
HANDLING = "Error handling request"


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log without addresses, paths and headers.

    Of a request it cannot read gunicorn would write the rater's address and what was sent; of one
    it cannot answer, the path, which for a card holds the code.
    """

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        if str(msg).startswith(FROM_WHOM):
            msg, args = "Invalid request", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        if str(msg).startswith(HANDLING):
            msg, args = HANDLING, ()
        super().exception(msg, *args, **kwargs)
