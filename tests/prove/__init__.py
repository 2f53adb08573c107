"""`make prove`: every promise tried, counted, and written into one table (docs/proof.md).

To add a line: put a module into tests/prove/trials/ with a constant TRIALS, a tuple of `Trial`
(tests/prove/trial.py; trials/races.py is an example). It is found by itself, runs in
`make prove`, and its short form runs in tests/chaos/test_trials.py.
"""
