SELECT ratee, rater_class, pace, $items FROM answers_$form
