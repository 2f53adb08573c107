-- How many ballots carry the same whole answer, per ratee and rater class; constant ones left out.
SELECT ratee, rater_class, pattern, COUNT(*) AS n
FROM (SELECT ratee, rater_class, $pattern AS pattern
      FROM answers_$form WHERE $most > $least) varied
GROUP BY ratee, rater_class, pattern
