"""The addresses that the QR codes of posters and cards hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the codes lead: `base` is the installation's address without a final slash."""

    base: str

    def of_link(self, token: str) -> str:
        return f"{self.base}/r/{token}"

    def of_card(self, qr_code: str) -> str:
        return f"{self.base}/c/{qr_code}"

    @property
    def typed(self) -> str:
        """Where a code is typed by hand."""
        return f"{self.base}/c"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can open the address."""
        host = self.base.split("://")[-1].split(":")[0]
        return host in ("localhost", "127.0.0.1", "[")
