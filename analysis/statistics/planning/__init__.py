"""Before a round opens: how many ballots are needed, and who is asked."""
