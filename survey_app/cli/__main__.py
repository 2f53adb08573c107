"""`python -m survey_app.cli`: the same as `survey`."""

from survey_app.cli import main

main()
