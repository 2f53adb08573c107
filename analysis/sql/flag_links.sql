-- Ballots that came by a link at which a screen points.
SELECT a.round_number AS round_number, a.ballot AS ballot, a.ratee AS ratee,
       a.rater_class AS rater_class, f.rule AS rule, a.link AS subject
FROM answers_$form a JOIN flagged_links f ON f.round_number = a.round_number AND f.link = a.link
