CREATE TABLE rated_$form AS
SELECT k.key_number AS key_number, k.unit AS unit, k.status AS status,
       j.round_number AS round_number, j.ballot AS ballot, $items
FROM judged_$form j JOIN keys_$form k
  ON k.round_number = j.round_number AND k.ratee = j.ratee AND k.rater_class = j.rater_class
 AND k.stratum = j.stratum AND k.channel = j.channel AND k.evidence = j.evidence
 AND k.status = j.status
