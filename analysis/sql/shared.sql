-- Per pair of scores that the same ballots take part in, the sum of the products of what a ballot
-- adds to the error of each, in whole numbers, which add up to the same in any order. A pair is
-- listed once, a score with itself too.
WITH deviations AS (
  SELECT s.path AS path, s.ratee AS ratee, r.round_number AS round_number, r.ballot AS ballot,
         $deviation AS z
  FROM (SELECT round_number, ballot, unit, $dimensions
        FROM rated_$form WHERE status IN ($counting)) r
  JOIN $scores s ON s.unit = r.unit
)
SELECT a.path AS path, a.ratee AS first, b.ratee AS second,
       CAST(SUM(CAST(a.z AS DECIMAL(19, 0)) * CAST(b.z AS DECIMAL(19, 0))) AS DOUBLE) AS product
FROM deviations a JOIN deviations b
  ON b.path = a.path AND b.round_number = a.round_number AND b.ballot = a.ballot
 AND b.ratee >= a.ratee
GROUP BY a.path, a.ratee, b.ratee
ORDER BY a.path, a.ratee, b.ratee
