-- Taken out by an official act (the whole ballot, or its rows on one ratee), or by a rule that the
-- scheme names. One reason a row: an act goes before a rule.
CREATE TABLE void_$form AS
SELECT round_number, ballot, ratee, MIN(reason) AS reason
FROM (
  SELECT a.round_number AS round_number, a.ballot AS ballot, a.ratee AS ratee,
         CONCAT('act:', e.rule) AS reason
  FROM answers_$form a JOIN exclusions e
    ON e.round_number = a.round_number AND e.ballot = a.ballot AND e.ratee IN ('', a.ratee)
  UNION ALL
  SELECT round_number, ballot, ratee, CONCAT('rule:', rule) AS reason
  FROM flags_$form
  WHERE rule IN ($void_rules)
) reasons
GROUP BY round_number, ballot, ratee
