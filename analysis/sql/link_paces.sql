-- Per link: ballots, and those that were fast.
SELECT round_number, link, COUNT(*) AS n,
       CAST(SUM(CASE WHEN pace = 'fast' THEN 1 ELSE 0 END) AS BIGINT) AS n_fast
FROM answers_$form
WHERE link <> ''
GROUP BY round_number, link
ORDER BY round_number, link
