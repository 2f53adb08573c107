-- The scored answers that count, by ratee and rater class; nothing else of a row.
SELECT unit, $items
FROM rated_$form
WHERE status IN ($counting)
ORDER BY unit
