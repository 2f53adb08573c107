SELECT round_number, rater_class, rule, COUNT(*) AS n
FROM flags_$form
GROUP BY round_number, rater_class, rule
