-- Per ratee and rater class: for every two items the rows with both valued, and over those the
-- sums of the points and of their products. Integers, so shards add up.
SELECT unit, $sums
FROM (SELECT unit, $items FROM rated_$form WHERE status IN ($counting)) by_ballot
GROUP BY unit
ORDER BY unit
