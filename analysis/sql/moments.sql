-- Per ratee and rater class: over the ballots that count, the sums of the points y and of the
-- valued answers n of every dimension, and of all their products. Integers, so shards add up.
SELECT $group AS number, $sums
FROM (SELECT unit, key_number, $dimensions FROM rated_$form WHERE status IN ($counting)) by_ballot
GROUP BY $group
