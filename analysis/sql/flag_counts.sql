SELECT round_number, rater_class, rule, COUNT(*) AS n
FROM flags_$form
WHERE rule <> 'repeated_pattern'
GROUP BY round_number, rater_class, rule
