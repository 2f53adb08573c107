SELECT round_number, ratee, rater_class, stratum, channel, evidence, status, n, unit
FROM keys_$form
ORDER BY key_number
