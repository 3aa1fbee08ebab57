ALTER TABLE `log_position` ADD `hash` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `log_position` ADD `log_id` text;--> statement-breakpoint
ALTER TABLE `log_position` ADD `dedup_seed` text;--> statement-breakpoint
INSERT INTO `log_position` (`id`, `position`) VALUES (1, 0) ON CONFLICT DO NOTHING;--> statement-breakpoint
UPDATE `log_position` SET `position` = max(`position`, coalesce((SELECT `position` FROM `events` ORDER BY `id` DESC LIMIT 1), 0));
