CREATE TABLE `runs` (
	`room_id` integer NOT NULL,
	`last` integer NOT NULL,
	`ids` text NOT NULL,
	PRIMARY KEY(`room_id`, `last`)
);
