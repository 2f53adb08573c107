-- All but one of the answers of one device on one ratee. The file has no order of arrival, so the
-- one that counts is the one with the smallest random ballot id among those not void.
CREATE TABLE repeated_$form AS
SELECT round_number, ballot, ratee
FROM (
  SELECT a.round_number AS round_number, a.ballot AS ballot, a.ratee AS ratee,
         ROW_NUMBER() OVER (PARTITION BY a.round_number, a.same_device, a.ratee
                            ORDER BY a.ballot) AS place
  FROM answers_$form a LEFT JOIN void_$form v
    ON v.round_number = a.round_number AND v.ballot = a.ballot AND v.ratee = a.ratee
  WHERE a.same_device <> 0 AND v.ballot IS NULL
) numbered
WHERE place > 1
