ALTER TABLE `events` ADD `ordinal` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `log_position` ADD `trimmed_position` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `log_position` ADD `trimmed_ordinal` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Entries that made several events gave all of them one position.
UPDATE `events` SET `ordinal` = (
	SELECT count(*) FROM `events` AS `earlier`
	WHERE `earlier`.`id` < `events`.`id` AND `earlier`.`id` >= `events`.`id` - 1024 AND `earlier`.`position` = `events`.`position`
) WHERE `position` = (SELECT `position` FROM `events` AS `earlier` WHERE `earlier`.`id` < `events`.`id` ORDER BY `id` DESC LIMIT 1);
