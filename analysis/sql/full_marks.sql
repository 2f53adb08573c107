-- Per link and ratee: ballots with an answer, and those that give nothing but the best option.
SELECT round_number, link, ratee, COUNT(*) AS n,
       CAST(SUM(CASE WHEN $full THEN 1 ELSE 0 END) AS BIGINT) AS n_full
FROM answers_$form
WHERE link <> '' AND $answered > 0
GROUP BY round_number, link, ratee
