CREATE TABLE `removed_rooms` (
	`name` text PRIMARY KEY NOT NULL,
	`offset` integer NOT NULL
);
