-- Whole answers that at least ten ballots of one ratee and rater class share, constant ones left
-- out; with the sizes that say how often such an answer comes elsewhere.
SELECT ratee, rater_class, pattern, n, of_ratee, of_class, of_pattern, patterns
FROM (
  SELECT ratee, rater_class, pattern, n,
         CAST(SUM(n) OVER (PARTITION BY ratee, rater_class) AS BIGINT) AS of_ratee,
         CAST(SUM(n) OVER (PARTITION BY rater_class) AS BIGINT) AS of_class,
         CAST(SUM(n) OVER (PARTITION BY rater_class, pattern) AS BIGINT) AS of_pattern,
         COUNT(*) OVER () AS patterns
  FROM (
    SELECT ratee, rater_class, pattern, COUNT(*) AS n
    FROM (SELECT ratee, rater_class, $pattern AS pattern
          FROM answers_$form WHERE $most > $least) varied
    GROUP BY ratee, rater_class, pattern
  ) counted
) sized
WHERE n >= 10
ORDER BY ratee, rater_class, pattern
