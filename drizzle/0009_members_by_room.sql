CREATE TABLE `__new_members` (
	`room_id` integer NOT NULL,
	`user_id` text NOT NULL,
	`role` text,
	`time` integer NOT NULL,
	PRIMARY KEY(`room_id`, `user_id`)
);
--> statement-breakpoint
INSERT INTO `rooms` (`name`, `trimmed_offset`) SELECT DISTINCT `room`, coalesce((SELECT `offset` FROM `removed_rooms` WHERE `name` = `room`), 0) FROM `members` WHERE `room` NOT IN (SELECT `name` FROM `rooms`);--> statement-breakpoint
INSERT INTO `__new_members` (`room_id`, `user_id`, `role`, `time`) SELECT `rooms`.`id`, `user_id`, `role`, `time` FROM `members` INNER JOIN `rooms` ON `rooms`.`name` = `members`.`room`;--> statement-breakpoint
DROP TABLE `members`;--> statement-breakpoint
ALTER TABLE `__new_members` RENAME TO `members`;--> statement-breakpoint
CREATE INDEX `members_by_user` ON `members` (`user_id`,`room_id`);
