-- The combinations that occur, numbered; `unit` numbers the ratee and rater class within.
CREATE TABLE keys_$form AS
SELECT round_number, ratee, rater_class, stratum, channel, evidence, status,
       COUNT(*) AS n,
       CAST(ROW_NUMBER() OVER (ORDER BY round_number, ratee, rater_class, stratum, channel,
                               evidence, status) - 1 AS INTEGER) AS key_number,
       CAST(DENSE_RANK() OVER (ORDER BY ratee, rater_class) - 1 AS INTEGER) AS unit
FROM judged_$form
GROUP BY round_number, ratee, rater_class, stratum, channel, evidence, status
