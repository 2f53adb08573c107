"""The questionnaire as data, its decoder, and the form made from it."""
