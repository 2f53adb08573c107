-- Every row with what became of it; no row has two statuses.
CREATE TABLE judged_$form AS
SELECT a.round_number AS round_number, $ballot AS ballot, a.ratee AS ratee,
       a.rater_class AS rater_class,
       a.stratum AS stratum, a.channel AS channel, a.evidence AS evidence,
       CASE WHEN v.reason LIKE 'act:%' THEN 'void'
            WHEN v.reason LIKE 'rule:%' THEN 'screened'
            WHEN v.ballot IS NOT NULL THEN 'excluded'
            WHEN r.ballot IS NOT NULL THEN 'duplicate'
            WHEN f.ballot IS NOT NULL THEN 'doubtful' ELSE 'valid' END AS status,
       $items
FROM answers_$form a
LEFT JOIN void_$form v
  ON v.round_number = a.round_number AND v.ballot = a.ballot AND v.ratee = a.ratee
LEFT JOIN repeated_$form r
  ON r.round_number = a.round_number AND r.ballot = a.ballot AND r.ratee = a.ratee
LEFT JOIN (SELECT DISTINCT round_number, ballot, ratee FROM flags_$form
           WHERE rule IN ($doubtful_rules)) f
  ON f.round_number = a.round_number AND f.ballot = a.ballot AND f.ratee = a.ratee
