SELECT round_number, ballot, ratee, rule
FROM flags_$form
ORDER BY round_number, ballot, ratee, rule
