-- Every row with what became of it. A void row and a repeated one are never the same.
CREATE TABLE judged_$form AS
SELECT a.round_number AS round_number, a.ratee AS ratee, a.rater_class AS rater_class,
       a.stratum AS stratum, a.channel AS channel, a.evidence AS evidence,
       CASE WHEN v.ballot IS NOT NULL THEN 'void'
            WHEN r.ballot IS NOT NULL THEN 'duplicate' ELSE 'valid' END AS status,
       $items
FROM answers_$form a
LEFT JOIN void_$form v
  ON v.round_number = a.round_number AND v.ballot = a.ballot AND v.ratee = a.ratee
LEFT JOIN repeated_$form r
  ON r.round_number = a.round_number AND r.ballot = a.ballot AND r.ratee = a.ratee
