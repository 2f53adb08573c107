SELECT key_number, $item AS option_number, COUNT(*) AS n
FROM rated_$form
GROUP BY key_number, $item
