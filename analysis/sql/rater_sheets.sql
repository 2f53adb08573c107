-- Every row of a questionnaire whose ballots rate several ratees; the rater is a number that says
-- nothing.
SELECT CAST(DENSE_RANK() OVER (ORDER BY round_number, ballot) - 1 AS BIGINT) AS rater, unit, $items
FROM rated_$form
WHERE status IN ($counting)
ORDER BY rater, unit
