-- Answers equal to a pattern at which a screen points.
SELECT a.round_number AS round_number, a.ballot AS ballot, a.ratee AS ratee,
       a.rater_class AS rater_class, 'repeated_pattern' AS rule, f.pattern AS subject
FROM (SELECT round_number, ballot, ratee, rater_class, $pattern AS pattern FROM answers_$form) a
JOIN flagged_patterns_$form f
  ON f.ratee = a.ratee AND f.rater_class = a.rater_class AND f.pattern = a.pattern
