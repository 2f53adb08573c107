"""Paper sessions, imports of other channels, and bounds of service cards."""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
