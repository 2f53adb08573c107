SELECT round_number, ballot, ratee, rater_class, '$rule' AS rule
FROM answers_$form
WHERE $condition
