CREATE TABLE `events` (
	`id` integer PRIMARY KEY NOT NULL,
	`position` integer NOT NULL,
	`room_id` integer NOT NULL,
	`offset` integer NOT NULL,
	`count` integer NOT NULL,
	`time` integer NOT NULL,
	`kind` text NOT NULL,
	`sender` text,
	`client_id` text,
	`entry` text NOT NULL,
	`alias` text,
	`silent` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_room` ON `events` (`room_id`,`offset`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_alias` ON `events` (`room_id`,`alias`) WHERE alias is not null;--> statement-breakpoint
CREATE TABLE `log_position` (
	`id` integer PRIMARY KEY NOT NULL,
	`position` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `members` (
	`room` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text,
	`time` integer NOT NULL,
	PRIMARY KEY(`room`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `members_by_user` ON `members` (`user_id`);--> statement-breakpoint
CREATE TABLE `receipts` (
	`room_id` integer NOT NULL,
	`offset` integer NOT NULL,
	`user_id` text NOT NULL,
	`time` integer NOT NULL,
	PRIMARY KEY(`room_id`, `offset`, `user_id`)
);
--> statement-breakpoint
CREATE TABLE `rooms` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`title` text,
	`open` integer DEFAULT false NOT NULL,
	`trimmed_offset` integer DEFAULT 0 NOT NULL,
	`trimmed_count` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rooms_name_unique` ON `rooms` (`name`);--> statement-breakpoint
CREATE TABLE `state` (
	`room_id` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`room_id`, `key`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`last_active` integer,
	`revoked_before` integer
);
