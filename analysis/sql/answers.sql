-- The rows of one questionnaire with one shape, whatever kind of round they come from.
CREATE VIEW answers_$form AS
SELECT round_number, ballot, ratee, rater_class,
       COALESCE(stratum, '') AS stratum, COALESCE(channel, '') AS channel,
       COALESCE(evidence, '') AS evidence, $open_columns, $items
FROM sealed_$form
WHERE $kept
