SELECT round_number, ballot, ratee, rater_class, '$rule' AS rule, '' AS subject
FROM answers_$form
WHERE $condition
