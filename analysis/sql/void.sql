-- Taken out by an official act (the whole ballot, or its rows on one ratee), by a rule that the
-- scheme names, or by people's decision on a finding. One reason a row: an act goes before a rule
-- of the scheme, and that before a decision ("act:" < "rule:" < "said:").
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
  UNION ALL
  SELECT f.round_number AS round_number, f.ballot AS ballot, f.ratee AS ratee,
         CONCAT('said:', f.rule) AS reason
  FROM flags_$form f JOIN decided_$form d
    ON d.rule = f.rule AND d.round_number IN (-1, f.round_number)
   AND d.rater_class IN ('', f.rater_class) AND d.subject IN ('', f.subject)
   AND d.ratee IN ('', f.ratee)
) reasons
GROUP BY round_number, ballot, ratee
