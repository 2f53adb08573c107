SELECT v.round_number AS round_number, a.rater_class AS rater_class, v.reason AS reason,
       COUNT(*) AS n
FROM void_$form v JOIN answers_$form a
  ON v.round_number = a.round_number AND v.ballot = a.ballot AND v.ratee = a.ratee
GROUP BY v.round_number, a.rater_class, v.reason
