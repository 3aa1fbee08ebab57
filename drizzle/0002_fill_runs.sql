-- Read from the index that the next migration drops. `offset` counts without gaps, so each group is a run.
INSERT INTO `runs` (`room_id`, `last`, `ids`)
SELECT `room_id`, max(`offset`), json_group_array(`id` ORDER BY `offset`)
FROM `events`
GROUP BY `room_id`, (`offset` - 1) / 128;
